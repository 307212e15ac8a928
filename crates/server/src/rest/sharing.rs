//! Pages on another host may use the interface where the operator has said so (Cross-Origin Resource Sharing). Others cannot read an answer.

use std::time::Duration;

use axum::http::{Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::state::AppState;

/// How long a browser need not ask again before a call.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Tells browsers which pages may read answers. There are no credentials to be shared: keys and tokens are in bodies and `Authorization`.
pub(super) fn layer(state: AppState) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| state.origins.lists(origin)))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([header::RETRY_AFTER])
        .max_age(REMEMBERED)
}

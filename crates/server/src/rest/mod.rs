//! The REST interface.

mod description;
mod request;
mod sessions;
mod sharing;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use perkoon_protocol::{ErrorCode, rest::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{refusal::Refusal, state::AppState};

/// Bytes in a request's body, at most. The bodies of this interface have a few hundred.
const BODY_BYTES: usize = 16 << 10;

/// Everything below `/api`. A request, its body included, may take as long as the state's patience.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let (calls, described) = OpenApiRouter::new()
        .routes(routes!(sessions::create))
        .routes(routes!(sessions::join))
        .routes(routes!(sessions::status))
        .routes(routes!(sessions::close))
        .split_for_parts();
    let document = description::document(described);
    calls
        .route("/v1/openapi.json", get(async move || document.clone()))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(state.patience.request, in_time))
        // Outermost: a page elsewhere has to be able to read refusals, too.
        .layer(sharing::layer(state.clone()))
}

/// No call has this path.
pub(crate) async fn not_found() -> Refusal {
    Refusal::invalid(StatusCode::NOT_FOUND, "There is no such call.")
}

async fn not_allowed() -> Refusal {
    Refusal::invalid(StatusCode::METHOD_NOT_ALLOWED, "This call takes another method.")
}

pub(crate) async fn in_time(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::from(Problem { status: 408, ..Problem::new(ErrorCode::Timeout) }).into_response(),
    }
}

//! `/mcp`: the Model Context Protocol over streamable HTTP, for agents that have neither a shell nor a browser of their own. It makes
//! sessions and looks after them; files never come here.
//!
//! Nothing is kept between two requests, in the older revisions of the protocol either: any server with the same sessions can answer.

mod access;
mod answers;
mod arguments;
mod tools;

use std::sync::Arc;

use axum::{Router, middleware};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use self::tools::Tools;
use crate::{rest, state::AppState};

/// Bytes in a request's body, at most. Those of these tools have a few hundred.
const BODY_BYTES: usize = 64 << 10;

/// The endpoint. A request, its body included, may take as long as one of the REST interface.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let tools = Tools::new(state.clone());
    let service = StreamableHttpService::new(move || Ok(tools.clone()), Arc::<NeverSessionManager>::default(), settings());
    Router::new()
        .route_service("/mcp", service)
        .layer(middleware::from_fn_with_state(state.patience.request, rest::in_time))
        .layer(middleware::from_fn_with_state(state.clone(), access::admit))
}

/// Whom a request may come from is checked before it gets here, for all requests in the same way and in words.
fn settings() -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(BODY_BYTES)
        .disable_allowed_hosts()
        .disable_allowed_origins()
}

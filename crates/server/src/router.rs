//! Which request goes where, and what every answer has.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::{any, get},
};

use crate::{a2a, headers, mcp, metrics, rest, socket, state::AppState, static_files};

/// The whole service.
pub fn app(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::for_everybody))
        .route("/socket", any(socket::upgrade))
        .merge(a2a::routes(state.patience.request))
        .nest("/api", rest::routes(&state))
        .merge(mcp::routes(&state))
        .fallback(static_files::respond)
        .layer(middleware::from_fn_with_state(state.clone(), common))
        .with_state(state)
}

/// What those hear who look after the server, at an address that nobody else reaches.
pub(crate) fn operations(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::for_operations))
        .with_state(state)
}

/// The process runs and answers.
async fn healthy() -> &'static str {
    "ok\n"
}

/// Whether new clients should come here.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if !state.is_ready() {
        (StatusCode::SERVICE_UNAVAILABLE, "about to stop\n")
    } else if !state.hub.is_reachable() {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

/// Headers for every answer, and a line in the log that names the route but never what was asked of it: paths hold codes.
async fn common(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let route = route.as_ref().map_or("static", MatchedPath::as_str);
    let elapsed = started.elapsed();
    tracing::debug!(%method, route, status = response.status().as_u16(), ?elapsed, "answered");
    state.metrics.answered(route, &method, response.status(), elapsed);
    let headers = response.headers_mut();
    headers::protect(headers);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

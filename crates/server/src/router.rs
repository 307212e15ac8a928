//! Which request goes where, and what every answer has.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{any, get},
};

use crate::{a2a, headers, rest, socket, state::AppState, static_files};

/// The whole service.
pub fn app(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(healthy))
        .route("/socket", any(socket::upgrade))
        .merge(a2a::routes(state.patience.request))
        .nest("/api", rest::routes(state.patience.request))
        .fallback(static_files::respond)
        .layer(middleware::from_fn(common))
        .with_state(state)
}

/// The process runs and answers.
async fn healthy() -> &'static str {
    "ok\n"
}

/// Headers for every answer, and a line in the log that names the route but never what was asked of it: paths hold codes.
async fn common(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let route = route.as_ref().map_or("static", MatchedPath::as_str);
    tracing::debug!(%method, route, status = response.status().as_u16(), elapsed = ?started.elapsed(), "answered");
    let headers = response.headers_mut();
    headers::protect(headers);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

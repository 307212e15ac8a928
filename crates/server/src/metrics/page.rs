//! `/metrics`.

use axum::{
    extract::{Extension, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::encoding::prometheus_text;

use super::MetricsAccess;
use crate::{connection::Connection, refusal::Refusal, rest, state::AppState};

/// On the listener for everybody.
pub(crate) async fn for_everybody(
    State(state): State<AppState>,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
) -> Response {
    if state.metrics_access == MetricsAccess::Off {
        return rest::not_found().await.into_response();
    }
    let from = connection.map(|Extension(connection)| connection.address());
    if !state.metrics_access.admits(from, &headers) {
        let detail = "Only programs on the server's own machine may read its metrics. Its operator can allow more with --metrics all, or \
                      serve them at an address of their own with --metrics-listen.";
        return Refusal::invalid(StatusCode::FORBIDDEN, detail).into_response();
    }
    for_operations(State(state)).await
}

/// For whoever reaches it.
pub(crate) async fn for_operations(State(state): State<AppState>) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(prometheus_text::CONTENT_TYPE))];
    (kind, state.metrics.text(state.levels())).into_response()
}

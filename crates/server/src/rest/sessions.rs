//! The calls on sessions.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use perkoon_protocol::rest::{CreatedSession, JoinedSession, SessionStatus};

use super::{
    Refusal,
    request::{Body, Code, bearer},
};
use crate::{client::Client, limit::Budget, sessions, state::AppState};

pub(super) async fn create(
    State(state): State<AppState>,
    client: Client,
    body: Body,
) -> Result<(StatusCode, Json<CreatedSession>), Refusal> {
    let created = sessions::create(&state, client, &body.json_or_default()?)?;
    Ok((StatusCode::CREATED, Json(created)))
}

pub(super) async fn join(
    State(state): State<AppState>,
    client: Client,
    Code(code): Code,
    body: Body,
) -> Result<Json<JoinedSession>, Refusal> {
    sessions::admit(&state, Budget::Join, client)?;
    sessions::join(&state, code, body.json()?).map(Json)
}

pub(super) async fn status(
    State(state): State<AppState>,
    client: Client,
    Code(code): Code,
) -> Result<Json<SessionStatus>, Refusal> {
    sessions::status(&state, client, code).map(Json)
}

pub(super) async fn close(State(state): State<AppState>, Code(code): Code, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    sessions::close(&state, code, bearer(&headers))?;
    Ok(StatusCode::NO_CONTENT)
}

//! The calls on sessions.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use perkoon_protocol::rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, SessionStatus};

use super::{
    Refusal,
    description::{CloseRefusals, CreateRefusals, JoinRefusals, SessionPath, StatusRefusals},
    request::{Body, Code, bearer},
};
use crate::{client::Client, limit::Budget, sessions, state::AppState};

/// Make a session
///
/// Every part of the body may be left out, and so may the body.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    operation_id = "createSession",
    request_body = Option<CreateSession>,
    responses(
        (
            status = 201,
            description = "The session, with all that its sender and its receiver need.",
            body = CreatedSession,
            links(
                ("status" = (operation_id = "sessionStatus", parameters(("code" = "$response.body#/session_code")))),
                ("join" = (operation_id = "joinSession", parameters(("code" = "$response.body#/session_code")))),
            )
        ),
        CreateRefusals
    )
)]
pub(super) async fn create(
    State(state): State<AppState>,
    client: Client,
    body: Body,
) -> Result<(StatusCode, Json<CreatedSession>), Refusal> {
    let created = sessions::create(&state, client, &body.json_or_default()?).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Join a session
///
/// The answer's token is the first message of the signalling socket (`/socket`). It is good once and for a minute.
#[utoipa::path(
    post,
    path = "/v1/sessions/{code}/join",
    operation_id = "joinSession",
    params(SessionPath),
    request_body = JoinSession,
    responses((status = 200, description = "A seat to take.", body = JoinedSession), JoinRefusals)
)]
pub(super) async fn join(
    State(state): State<AppState>,
    client: Client,
    Code(code): Code,
    body: Body,
) -> Result<Json<JoinedSession>, Refusal> {
    sessions::admit(&state, Budget::Join, client).await?;
    sessions::join(&state, code, body.json()?).await.map(Json)
}

/// See what a session is doing
#[utoipa::path(
    get,
    path = "/v1/sessions/{code}/status",
    operation_id = "sessionStatus",
    params(SessionPath),
    responses((status = 200, description = "The session as it is now.", body = SessionStatus), StatusRefusals)
)]
pub(super) async fn status(
    State(state): State<AppState>,
    client: Client,
    Code(code): Code,
) -> Result<Json<SessionStatus>, Refusal> {
    sessions::status(&state, client, code).await.map(Json)
}

/// End a session
///
/// Before its time, and for good. A transfer that runs goes on: it needs no server.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{code}",
    operation_id = "closeSession",
    params(SessionPath),
    security(("sender_key" = [])),
    responses((status = 204, description = "The session is no more."), CloseRefusals)
)]
pub(super) async fn close(State(state): State<AppState>, Code(code): Code, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    sessions::close(&state, code, bearer(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}

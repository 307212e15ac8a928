//! The server's REST interface.

use gloo::net::http::Request;
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    json::{self, FromValue},
    rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, Problem},
};
use serde::Serialize;

use crate::state::Failure;

/// Makes a session.
///
/// # Errors
/// The server's problem, or `SIGNALING_LOST` when it cannot be reached.
pub async fn create(wanted: &CreateSession) -> Result<CreatedSession, Failure> {
    post("/api/v1/sessions", wanted).await
}

/// Asks for a seat in a session.
///
/// # Errors
/// As for [`create`].
pub async fn join(code: SessionCode, role: Role, sender_key: Option<String>) -> Result<JoinedSession, Failure> {
    post(&format!("/api/v1/sessions/{code}/join"), &JoinSession { role, sender_key }).await
}

async fn post<B: Serialize, A: FromValue>(path: &str, body: &B) -> Result<A, Failure> {
    let lost = |_| Failure::from(ErrorCode::SignalingLost);
    let request = Request::post(path).json(body).map_err(|_| Failure::from(ErrorCode::Internal))?;
    let response = request.send().await.map_err(lost)?;
    let text = response.text().await.map_err(lost)?;
    if response.ok() { json::decode(&text).ok_or_else(|| ErrorCode::SignalingLost.into()) } else { Err(problem(&text)) }
}

/// A proxy in front of a stopped server answers with a page of its own, which is no problem document.
fn problem(text: &str) -> Failure {
    json::decode(text).map_or(ErrorCode::SignalingLost, |problem: Problem| problem.code).into()
}

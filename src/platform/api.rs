//! The server's REST interface.

use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    json::{self, FromValue},
    rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, Problem},
};
use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::{call_async, object, property, server, window};
use crate::state::Failure;

/// How long the server may take. A network that has gone keeps a browser waiting for minutes.
const ANSWER_MS: u32 = 8_000;

/// Makes a session.
///
/// # Errors
/// The server's problem, or `SIGNALING_LOST` when it cannot be reached.
pub async fn create(wanted: &CreateSession) -> Result<CreatedSession, Failure> {
    post("/api/v1/sessions", wanted).await
}

/// Asks for a seat in a session; `token` is that of the seat this page had before its socket was lost.
///
/// # Errors
/// As for [`create`].
pub async fn join(
    code: SessionCode,
    role: Role,
    sender_key: Option<String>,
    token: Option<String>,
) -> Result<JoinedSession, Failure> {
    post(&format!("/api/v1/sessions/{code}/join"), &JoinSession { role, sender_key, token }).await
}

async fn post<B: Serialize, A: FromValue>(path: &str, body: &B) -> Result<A, Failure> {
    let (ok, text) = exchange(path, json::encode(body)).await.map_err(|_| Failure::from(ErrorCode::SignalingLost))?;
    if ok { json::decode(&text).ok_or_else(|| ErrorCode::SignalingLost.into()) } else { Err(problem(&text)) }
}

/// Posts JSON; answers with whether the server agreed and what it said.
async fn exchange(path: &str, body: String) -> Result<(bool, String), JsValue> {
    let headers = object(&[("Content-Type", "application/json".into())]);
    let signal = AbortSignal::timeout_with_u32(ANSWER_MS);
    let options =
        object(&[("method", "POST".into()), ("headers", headers.into()), ("body", body.into()), ("signal", signal.into())]);
    let address = [server().as_str(), path].concat();
    let response = call_async(&window(), "fetch", &[address.into(), options.into()]).await?;
    let text = call_async(&response, "text", &[]).await?.as_string().unwrap_or_default();
    Ok((property(&response, "ok").is_truthy(), text))
}

/// A proxy in front of a stopped server answers with a page of its own, which is no problem document.
fn problem(text: &str) -> Failure {
    json::decode(text).map_or(ErrorCode::SignalingLost, |problem: Problem| problem.code).into()
}

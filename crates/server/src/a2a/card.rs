//! The agent card, at the path of 1.0 and at the one before it. Clients of both versions find in it what theirs names.

use std::sync::OnceLock;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{skills::Skill, version::Version};
use crate::{
    state::AppState,
    static_files::{is_known, tag},
};

pub(super) const PATH: &str = "/.well-known/agent-card.json";
/// Where clients before 0.3 look.
pub(super) const FORMER_PATH: &str = "/.well-known/agent.json";
pub(super) const NAME: &str = "Perkoon";
pub(super) const DESCRIPTION: &str = "Moves files from one device to another, straight from browser to browser over WebRTC: between people, agents and \
     pipelines. No account, no upload, no size limit. Makes sessions, and says how to send and receive in them.";

/// The card changes with the server's settings only.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What is served; made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Card(OnceLock<(Bytes, HeaderValue)>);

pub(super) async fn get(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let (body, tag) = state.card.0.get_or_init(|| {
        let body = Bytes::from(of(&state.origin, &state.pages).to_string());
        let tag = tag(&Sha256::digest(&body).into());
        (body, HeaderValue::from_str(&tag).expect("a tag is ASCII"))
    });
    let known = tag.to_str().is_ok_and(|tag| is_known(&headers, tag));
    let described = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, CACHE)];
    if known {
        return (StatusCode::NOT_MODIFIED, described).into_response();
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (described, json, body.clone()).into_response()
}

fn of(origin: &str, pages: &str) -> Value {
    let url = format!("{origin}/a2a");
    let interface = |version: Version| json!({ "url": url, "protocolBinding": "JSONRPC", "protocolVersion": version.as_str() });
    json!({
        "name": NAME,
        "description": DESCRIPTION,
        "version": env!("CARGO_PKG_VERSION"),
        "documentationUrl": format!("{pages}/llms.txt"),
        "provider": { "organization": NAME, "url": pages },
        "defaultInputModes": ["application/json"],
        "defaultOutputModes": ["application/json", "text/plain"],
        "skills": Skill::ALL.map(skill),
        // 1.0 has the last of these; 0.3 the one before it.
        "capabilities": {
            "streaming": false, "pushNotifications": false, "stateTransitionHistory": false, "extendedAgentCard": false,
        },
        // 1.0.
        "supportedInterfaces": Version::ALL.map(interface),
        // 0.3.
        "protocolVersion": "0.3.0",
        "url": url,
        "preferredTransport": "JSONRPC",
        "additionalInterfaces": [{ "url": url, "transport": "JSONRPC" }],
        "supportsAuthenticatedExtendedCard": false,
    })
}

/// A skill as the card lists it.
pub(super) fn skill(skill: Skill) -> Value {
    let (name, description, tags, mut example): (_, _, &[&str], _) = match skill {
        Skill::Describe => ("Describe", "Says what this agent can do and how.", &["help", "discovery"], json!({})),
        Skill::SendFiles => (
            "Send files",
            "Makes a session for a sender and a receiver, and answers with the links, the sender's key, commands and what to do next. All \
             parameters may be left out: name, password_protected, ttl_s (60 to 604800) and clientCapabilities.",
            &["files", "transfer", "send", "p2p", "webrtc"],
            json!({ "name": "quarterly-report", "clientCapabilities": { "shellAccess": true, "nodeJs": true } }),
        ),
        Skill::ReceiveFiles => (
            "Receive files",
            "Says how to receive in the session whose session_code is given.",
            &["files", "transfer", "receive", "p2p", "webrtc"],
            json!({ "session_code": "K7MX4QPR9W2N" }),
        ),
        Skill::SessionStatus => (
            "Session status",
            "Says who is in the session whose session_code is given: waiting, active, complete or expired.",
            &["files", "transfer", "status"],
            json!({ "session_code": "K7MX4QPR9W2N" }),
        ),
    };
    example["skill"] = skill.id().into();
    json!({
        "id": skill.id(),
        "name": name,
        "description": description,
        "tags": tags,
        "examples": [example.to_string()],
        "inputModes": ["application/json"],
        "outputModes": ["application/json", "text/plain"],
    })
}

//! Decoders of the wire: JSON, messages, bodies, session codes.

use std::fmt::Debug;

use perkoon_protocol::SessionCode;
use perkoon_protocol::control::ControlMessage;
use perkoon_protocol::json::{self, FromValue, Value};
use perkoon_protocol::rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, Problem, SessionStatus};
use perkoon_protocol::signal::{ClientMessage, ServerMessage};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any JSON at all, as the messages are read from it.
#[derive(Debug, PartialEq, Eq)]
struct Anything(Value);

impl FromValue for Anything {
    fn from_value(value: Value) -> Option<Self> {
        Some(Self(value))
    }
}

/// The project's own JSON reader and `serde_json` read the same from every text.
pub fn json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let own = json::decode::<Anything>(text).map(|Anything(value)| value);
    match serde_json::from_str::<Value>(text) {
        Ok(value) => assert_eq!(own.as_ref(), Some(&value)),
        // `docs/decisions/0002-own-json-reader.md`: the one difference there may be.
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(_) => assert_eq!(own, None),
    }
}

/// What a peer says on the control channel.
pub fn control_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let version = ControlMessage::spoken_version(text);
    let Ok(message) = ControlMessage::decode(text) else { return };
    let encoded = message.encode();
    assert!(encoded.len() <= text.len(), "the shortest text is the own one");
    assert_eq!(ControlMessage::decode(&encoded).as_ref(), Ok(&message));
    if let ControlMessage::Hello { version: spoken, .. } = message {
        assert_eq!(version, Some(spoken));
    } else {
        assert_eq!(version, None);
    }
}

/// What a client says on the signalling socket. The server reads it with `serde_json`.
pub fn signal_client(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        reads_back::<ClientMessage>(text);
    }
}

/// What the server, or a peer through it, says on the signalling socket.
pub fn signal_server(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        reads_back::<ServerMessage>(text);
    }
}

/// The bodies of the REST interface, in both directions.
pub fn rest_body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    reads_back_with_serde::<CreateSession>(text);
    reads_back_with_serde::<JoinSession>(text);
    reads_back_with_serde::<SessionStatus>(text);
    reads_back::<CreatedSession>(text);
    reads_back::<JoinedSession>(text);
    reads_back::<Problem>(text);
}

/// What people and addresses call a session.
pub fn session_code(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(code) = text.parse::<SessionCode>() {
        assert_eq!(code.as_str().parse(), Ok(code));
        assert_eq!(code.grouped().to_lowercase().parse(), Ok(code));
    }
}

/// The own reader and `serde_json` come to the same message, and it survives being written.
fn reads_back<T: FromValue + DeserializeOwned + Serialize + Debug + PartialEq>(text: &str) {
    let own: Option<T> = json::decode(text);
    reads_back_with_serde::<T>(text);
    if let Some(own) = own {
        assert_eq!(serde_json::from_str::<T>(&serde_json::to_string(&own).expect("plain data")).ok(), Some(own));
    }
}

fn reads_back_with_serde<T: DeserializeOwned + Serialize + Debug + PartialEq>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        let written = serde_json::to_string(&value).expect("plain data");
        assert_eq!(serde_json::from_str::<T>(&written).ok(), Some(value));
    }
}

//! Bodies of the REST interface (`/api/v1`), shared by the server and the page.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::json::{Fields, FromValue, Value, deserialize_from_value, take};
use crate::{ErrorCode, Role, SessionCode};

/// `POST /api/v1/sessions`: what the caller wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CreateSession {
    /// A label for the caller's own use, at most 100 characters; never shown to the receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 100))]
    pub name: Option<String>,
    /// Whether the sender is going to ask for a password: a hint for the receiver's page.
    pub password_protected: bool,
    /// Seconds the session lives: 60 to 604800, a week. Without it the server decides, mostly a day.
    #[serde(deserialize_with = "whole", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 60, maximum = 604_800))]
    pub ttl_s: Option<u64>,
}

/// Numbers in JSON are of one kind: `60.0` is as whole as `60`.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let Some(number) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if number.fract() != 0.0 || !(0.0..=MOST).contains(&number) {
        return Err(D::Error::custom("no whole number"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was looked at")]
    Ok(Some(number as u64))
}

/// `POST /api/v1/sessions`: the new session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CreatedSession {
    /// The session's code.
    pub session_code: SessionCode,
    /// The link a receiver opens.
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub share_url: String,
    /// The link a sender opens in a browser; its fragment holds the key.
    #[cfg_attr(feature = "schema", schema(format = "uri"))]
    pub sender_url: String,
    /// Proves that the holder may send in this session.
    pub sender_key: String,
    /// RFC 3339 time of expiry, UTC.
    #[cfg_attr(feature = "schema", schema(format = "date-time"))]
    pub expires_at: String,
}

/// `POST /api/v1/sessions/{code}/join`: who wants in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinSession {
    /// The seat wanted.
    pub role: Role,
    /// The key that the session was made with; a sender needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_key: Option<String>,
    /// The token that the caller took its seat with, when its socket is lost: it gets the same seat and id, whoever else waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// `POST /api/v1/sessions/{code}/join`: the seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JoinedSession {
    /// This participant's id in the session.
    pub participant_id: String,
    /// The socket's first message carries it. Valid once and for a minute.
    pub token: String,
    /// STUN and TURN servers, as `RTCPeerConnection` takes them.
    pub ice_servers: Vec<IceServer>,
    /// Whether the sender said that there would be a password.
    pub password_protected: bool,
    /// RFC 3339 time of expiry, UTC.
    #[cfg_attr(feature = "schema", schema(format = "date-time"))]
    pub expires_at: String,
}

/// One entry of `RTCConfiguration.iceServers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` addresses.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What a session is doing, as far as the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// Nobody is receiving yet.
    Waiting,
    /// Sender and receiver are both present.
    Active,
    /// The last transfer was completed.
    Complete,
    /// The session's time is over.
    Expired,
}

/// `GET /api/v1/sessions/{code}/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionStatus {
    /// The session's code.
    pub session_code: SessionCode,
    /// What the session is doing.
    pub status: SessionState,
    /// How many participants are present.
    pub participants: u32,
    /// Whether the sender said that there would be a password.
    pub password_protected: bool,
    /// RFC 3339 time of creation, UTC.
    #[cfg_attr(feature = "schema", schema(format = "date-time"))]
    pub created_at: String,
    /// RFC 3339 time of expiry, UTC.
    #[cfg_attr(feature = "schema", schema(format = "date-time"))]
    pub expires_at: String,
}

/// RFC 9457 problem details, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the status and `code` say it all.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schema(format = "uri-reference"))]
    pub kind: String,
    /// The code's name in words.
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "schema", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// A sentence a person understands.
    pub detail: String,
    /// The error code.
    pub code: ErrorCode,
    /// Seconds to wait before trying again, with `RATE_LIMITED`, and with `SIGNALING_LOST` when the server itself has lost touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// The problem that reports `code` with the code's own sentence.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: code.as_str().to_owned(),
            status: code.http_status(),
            detail: code.sentence().to_owned(),
            code,
            retry_after: None,
        }
    }
}

deserialize_from_value!(CreatedSession, JoinedSession, IceServer, Problem);

/// A newer server may answer with more fields, here and in the other answers.
impl FromValue for CreatedSession {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(take!(fields, Self { session_code, share_url, sender_url, sender_key, expires_at }))
    }
}

impl FromValue for JoinedSession {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(take!(fields, Self { participant_id, token, ice_servers, password_protected, expires_at }))
    }
}

impl FromValue for IceServer {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(take!(fields, Self { urls, username, credential }))
    }
}

impl FromValue for Problem {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let kind = fields.take("type")?;
        let (title, status, detail) = (fields.take("title")?, fields.take("status")?, fields.take("detail")?);
        Some(Self { kind, title, status, detail, code: fields.take("code")?, retry_after: fields.take("retry_after")? })
    }
}

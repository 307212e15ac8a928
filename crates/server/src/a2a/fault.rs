//! What can be wrong with a call, in the codes of JSON-RPC 2.0 and A2A.

use axum::{extract::rejection::BytesRejection, http::StatusCode};
use perkoon_protocol::ErrorCode;
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

/// Whose error codes a detail names.
const A2A: &str = "a2a-protocol.org";
const PERKOON: &str = "perkoon";

/// The kinds of faults that this agent has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Parse,
    InvalidRequest,
    MethodNotFound,
    InvalidParams,
    TaskNotFound,
    PushNotificationNotSupported,
    UnsupportedOperation,
    ContentTypeNotSupported,
    ExtendedCardNotConfigured,
    VersionNotSupported,
    /// What Perkoon itself refuses: its own error code says why.
    Refused,
}

impl Kind {
    pub(super) const fn code(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::TaskNotFound => -32001,
            Self::PushNotificationNotSupported => -32003,
            Self::UnsupportedOperation => -32004,
            Self::ContentTypeNotSupported => -32005,
            Self::ExtendedCardNotConfigured => -32007,
            Self::VersionNotSupported => -32009,
            Self::Refused => -32000,
        }
    }

    /// The name that A2A gives its own errors in their details.
    const fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::TaskNotFound => "TASK_NOT_FOUND",
            Self::PushNotificationNotSupported => "PUSH_NOTIFICATION_NOT_SUPPORTED",
            Self::UnsupportedOperation => "UNSUPPORTED_OPERATION",
            Self::ContentTypeNotSupported => "CONTENT_TYPE_NOT_SUPPORTED",
            Self::ExtendedCardNotConfigured => "EXTENDED_AGENT_CARD_NOT_CONFIGURED",
            Self::VersionNotSupported => "VERSION_NOT_SUPPORTED",
            Self::Parse | Self::InvalidRequest | Self::MethodNotFound | Self::InvalidParams | Self::Refused => return None,
        })
    }
}

/// A call that is not granted.
#[derive(Debug)]
pub(super) struct Fault {
    pub kind: Kind,
    /// A sentence that says what to do about it. It never quotes the request.
    pub message: String,
    /// Objects with an `@type`, as A2A 1.0 has them.
    details: Vec<Value>,
    pub status: StatusCode,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u64>,
}

impl Fault {
    pub(super) fn new(kind: Kind, message: &str) -> Self {
        let details = kind.reason().map(|reason| error_info(reason, A2A, &Map::new()));
        let details = details.into_iter().collect();
        Self { kind, message: message.to_owned(), details, status: StatusCode::OK, retry_after: None }
    }

    /// A parameter is wrong; `fault` goes on after its name.
    pub(super) fn of_field(field: &str, fault: &str) -> Self {
        let violation = json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{ "field": field, "description": format!("{field} {fault}.") }],
        });
        Self { details: vec![violation], ..Self::new(Kind::InvalidParams, &format!("{field} {fault}.")) }
    }

    /// The body did not arrive as it should.
    pub(super) fn of_body(rejection: &BytesRejection) -> Self {
        let (status, sentence) = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
            _ => (StatusCode::BAD_REQUEST, "The body did not arrive whole."),
        };
        Self { status, ..Self::new(Kind::InvalidRequest, sentence) }
    }

    /// The request took too long to arrive.
    pub(super) fn too_slow() -> Self {
        Self { status: StatusCode::REQUEST_TIMEOUT, ..Self::new(Kind::InvalidRequest, "The request took too long to arrive.") }
    }

    /// The fault with more said about it, for programs.
    pub(super) fn with_metadata(self, metadata: &Map<String, Value>) -> Self {
        let details = self.kind.reason().map(|reason| error_info(reason, A2A, metadata));
        Self { details: details.into_iter().collect(), ..self }
    }

    /// The error object.
    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.kind.code(), "message": self.message });
        if !self.details.is_empty() {
            error["data"] = json!(self.details);
        }
        error
    }
}

/// What REST would tell as problem details. The budget's refusal is one of the whole request, and so has its HTTP status.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let problem = refusal.problem();
        let kind = match problem.code {
            ErrorCode::InvalidRequest | ErrorCode::InvalidCode => Kind::InvalidParams,
            _ => Kind::Refused,
        };
        let mut metadata = Map::new();
        metadata.insert("retryable".to_owned(), problem.code.retryable().to_string().into());
        let mut details = Vec::new();
        if let Some(seconds) = problem.retry_after {
            metadata.insert("retry_after".to_owned(), seconds.to_string().into());
            details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s") }));
        }
        details.insert(0, error_info(problem.code.as_str(), PERKOON, &metadata));
        // Who has to wait is told so where proxies and libraries look for it.
        let waits = problem.retry_after.and_then(|_| StatusCode::from_u16(problem.status).ok());
        let status = waits.unwrap_or(StatusCode::OK);
        Self { kind, message: problem.detail.clone(), details, status, retry_after: problem.retry_after }
    }
}

/// `google.rpc.ErrorInfo`; its metadata are strings.
fn error_info(reason: &str, domain: &str, metadata: &Map<String, Value>) -> Value {
    let mut info = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": domain });
    if !metadata.is_empty() {
        info["metadata"] = json!(metadata);
    }
    info
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_says_how_long_to_wait() {
        let fault = Fault::from(Refusal::rate_limited(Duration::from_millis(1_001)));
        assert_eq!((fault.status, fault.retry_after), (StatusCode::TOO_MANY_REQUESTS, Some(2)));
        let error = fault.to_json();
        assert_eq!(error["code"], -32000);
        assert_eq!(error["data"][0]["reason"], "RATE_LIMITED");
        assert_eq!(error["data"][0]["metadata"], json!({ "retryable": "true", "retry_after": "2" }));
        assert_eq!(error["data"][1]["retryDelay"], "2s");
    }

    #[test]
    fn every_detail_says_what_it_is() {
        for fault in [
            Fault::new(Kind::TaskNotFound, "x"),
            Fault::of_field("message", "is missing"),
            Fault::from(Refusal::from(ErrorCode::SessionNotFound)),
        ] {
            let error = fault.to_json();
            assert!(error["data"].as_array().is_some_and(|all| all.iter().all(|detail| detail["@type"].is_string())), "{error}");
        }
        assert_eq!(Fault::new(Kind::Parse, "x").to_json().get("data"), None);
    }
}

//! What requests bring: a code, a body, a key.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use perkoon_protocol::{ErrorCode, SessionCode};
use serde::de::DeserializeOwned;

use super::Refusal;

/// The code in the path, in any form that people type.
pub(super) struct Code(pub SessionCode);

impl<S: Send + Sync> FromRequestParts<S> for Code {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| ErrorCode::InvalidCode)?;
        Ok(Self(text.parse().map_err(|_| ErrorCode::InvalidCode)?))
    }
}

/// A body that arrived whole and small enough, whatever is in it.
pub(super) struct Body(Result<Bytes, Refusal>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))))
    }
}

impl Body {
    /// The JSON in it.
    pub(super) fn json<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        object(&self.0?)
    }

    /// The JSON in it; an empty body says nothing special.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(self) -> Result<T, Refusal> {
        match self.0?.as_ref() {
            [] => Ok(T::default()),
            body => object(body),
        }
    }
}

/// An array in place of the object would otherwise pass as the object's fields in order.
fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    match body.trim_ascii_start() {
        [b'{', ..] => serde_json::from_slice(body).map_err(|_| not_json()),
        _ => Err(not_json()),
    }
}

/// The parser's own message may quote the body, keys included: it is not passed on.
fn not_json() -> Refusal {
    Refusal::invalid(StatusCode::BAD_REQUEST, "The body is not the JSON object that this call takes.")
}

fn unreadable(rejection: &BytesRejection) -> Refusal {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::invalid(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        _ => Refusal::invalid(StatusCode::BAD_REQUEST, "The body did not arrive whole."),
    }
}

/// The key in `Authorization: Bearer KEY`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

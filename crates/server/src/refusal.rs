//! Refusals: every error as the problem that it is, on whatever surface it is told. REST tells it as RFC 9457 problem details.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use perkoon_protocol::{ErrorCode, rest::Problem};

use crate::store::{Denial, Unavailable};

/// How long to wait when the server itself is full.
const FULL_RETRY: Duration = Duration::from_secs(60);

/// How long to wait when the store is away, in seconds: it is looked for all the time.
const STORE_RETRY: u64 = 5;

/// A request that is not granted.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl Refusal {
    /// The request itself is wrong; `detail` says how.
    pub(crate) fn invalid(status: StatusCode, detail: &str) -> Self {
        Problem { status: status.as_u16(), detail: detail.to_owned(), ..Problem::new(ErrorCode::InvalidRequest) }.into()
    }

    /// The address has used up its budget.
    pub(crate) fn rate_limited(wait: Duration) -> Self {
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
        Problem { retry_after: Some(seconds), ..Problem::new(ErrorCode::RateLimited) }.into()
    }

    /// The address has as many sockets as it may.
    pub(crate) fn crowded() -> Self {
        Self::unavailable("Too many pages are open from your network. Close some, or wait a minute and try again.")
    }

    /// The server holds as much as it may.
    pub(crate) fn full() -> Self {
        Self::unavailable("This server is full right now. Wait a minute and try again.")
    }

    /// What the client is told, for surfaces that tell it in a form of their own.
    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }

    fn unavailable(detail: &str) -> Self {
        let Self(problem) = Self::rate_limited(FULL_RETRY);
        Problem { detail: detail.to_owned(), ..*problem }.into()
    }
}

impl From<Unavailable> for Refusal {
    fn from(Unavailable: Unavailable) -> Self {
        let detail = "This server has lost touch with where it keeps sessions. Try again in a few seconds. No file was lost.";
        Problem { detail: detail.to_owned(), retry_after: Some(STORE_RETRY), ..Problem::new(ErrorCode::SignalingLost) }.into()
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Wait(wait) => Self::rate_limited(wait),
            Denial::Unavailable => Unavailable.into(),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::RateLimited => Self::full(),
            _ => Problem::new(code).into(),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(problem).expect("a problem has string keys");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

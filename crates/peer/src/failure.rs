//! Why something failed, for people and for scripts.

use perkoon_protocol::ErrorCode;

/// A failure, in words for people and a code for scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub code: ErrorCode,
    /// A sentence a person understands.
    pub message: String,
    /// Whether the same attempt may work later.
    pub retryable: bool,
}

impl Failure {
    /// A failure in words of its own.
    pub fn in_words(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..code.into() }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: code.sentence().to_owned(), retryable: code.retryable() }
    }
}

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
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: code.retryable() }
    }

    /// The same for words that the program has: the page, whose size counts, takes one copy of this for all of them.
    pub fn in_words(code: ErrorCode, message: &str) -> Self {
        Self::new(code, message)
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::in_words(code, code.sentence())
    }
}

//! Why a transfer or the whole connection has to end.

use perkoon_protocol::ErrorCode;

/// Something that ends the transfer, or with a code of [`Fault::ends_connection`] everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: ErrorCode,
    /// For the peer's log.
    pub reason: &'static str,
    /// For the person at this end.
    pub message: String,
}

/// Either all is well or the transfer ends.
pub(crate) type Checked<T = ()> = Result<T, Fault>;

impl Fault {
    pub fn new(code: ErrorCode, reason: &'static str) -> Self {
        Self { code, reason, message: code.sentence().to_owned() }
    }

    /// The peer broke the protocol.
    pub fn protocol(reason: &'static str) -> Self {
        Self::new(ErrorCode::ProtocolError, reason)
    }

    /// A file could not be served; people are told which.
    pub fn file(code: ErrorCode, name: &str) -> Self {
        let mut fault = Self::new(code, "a file cannot be served");
        if let Some(rest) = code.sentence().strip_prefix("A file ") {
            fault.message = ["“", &crate::names::displayed(name), "” ", rest].concat();
        }
        fault
    }

    /// After these nothing the peer says can be relied on.
    pub fn ends_connection(code: ErrorCode) -> bool {
        matches!(code, ErrorCode::ProtocolError | ErrorCode::VersionMismatch | ErrorCode::WrongPassword)
    }
}

/// `Err` with a broken protocol unless the condition holds.
pub(crate) fn ensure(condition: bool, reason: &'static str) -> Checked {
    if condition { Ok(()) } else { Err(Fault::protocol(reason)) }
}

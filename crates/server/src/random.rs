//! The system's cryptographic source of randomness.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use perkoon_protocol::SessionCode;

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    bytes
}

pub(crate) fn session_code() -> SessionCode {
    SessionCode::generate(|| bytes::<1>()[0])
}

/// An identifier of 72 random bits, 12 characters.
pub(crate) fn participant_id() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<9>())
}

//! What the fuzzers run: one function for each decoder and each state machine that takes what a peer or client may send.
//!
//! A target takes any bytes and must not panic. What it finds wrong (a message that does not read back, a name that is not safe, more
//! memory than the limits say) it turns into a panic itself. `fuzz/` hands these functions to `cargo fuzz`; the tests of this crate run
//! the committed corpus through them.

mod core;
mod names;
mod server;
mod wire;

pub use crate::core::{receiver, sender};
pub use names::safe_names;
pub use server::{sender_key, server_request, token};
pub use wire::{control_message, json, rest_body, session_code, signal_client, signal_server};

/// A target's name, which its corpus has too, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("control_message", control_message),
    ("json", json),
    ("receiver", receiver),
    ("rest_body", rest_body),
    ("safe_names", safe_names),
    ("sender", sender),
    ("sender_key", sender_key),
    ("server_request", server_request),
    ("session_code", session_code),
    ("signal_client", signal_client),
    ("signal_server", signal_server),
    ("token", token),
];

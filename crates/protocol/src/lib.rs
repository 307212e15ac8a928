//! Everything Perkoon peers and servers say to one another.
//!
//! A leaf crate without IO: session codes, REST bodies, signalling messages, control messages, error
//! codes and limits. `docs/PROTOCOL.md` describes the same in prose; `tests/golden/` holds it to the letter.

pub mod code;
pub mod control;
pub mod error;
pub mod json;
pub mod limits;
pub mod rest;
pub mod signal;

pub use code::{InvalidCode, SessionCode};
pub use error::ErrorCode;

use json::named_on_the_wire;

/// Version of the peer-to-peer protocol, spoken in both peers' `hello`. Peers of different versions do not talk.
pub const PROTOCOL_VERSION: u32 = 3;

/// Which end of a session a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Has the files.
    Sender,
    /// Wants the files.
    Receiver,
}

named_on_the_wire!(Role);

impl Role {
    /// Both ends.
    pub const ALL: &'static [Self] = &[Self::Sender, Self::Receiver];

    /// The role's name on the wire and in the page's hooks: `sender` or `receiver`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
        }
    }

    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }
}

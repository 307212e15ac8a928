//! How the two ends of a session make sure that nobody stands between them.
//!
//! Without a password people compare [`words`]. With one, both ends prove that they know it, in an exchange ([`Pake`]) that tells
//! nobody anything about it: one guess a run is all that an attacker has. `docs/PROTOCOL.md` says what the two are bound to.

#[cfg(feature = "cpace")]
pub mod cpace;
#[cfg(feature = "cpace")]
mod exchange;
mod pake;
mod word_list;

#[cfg(feature = "cpace")]
pub use exchange::Exchange;
pub use pake::Pake;
pub use word_list::words;

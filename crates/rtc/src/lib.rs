//! WebRTC for native peers: one peer connection with its control channel and lanes, as `src/platform/rtc.rs` is it for the page.
//!
//! The stack is sans-IO (`rtc`, see docs/decisions/0014) and runs on a thread of its own, with the sockets: [`Peer`] tells the thread what to
//! do, and the thread tells whoever made the peer what happens.

mod candidates;
mod certificate;
mod channels;
mod description;
mod event;
mod flight;
mod gathering;
mod gauge;
mod pace;
mod payload;
mod peer;
mod reflexive;
mod relay;
mod servers;
mod socket;
mod stack;
mod stream;

pub use certificate::Certificate;
pub use event::RtcEvent;
pub use payload::Chunk;
pub use peer::{Configuration, Peer};

/// Why there can be no peer connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stack refused.
    #[error("WebRTC: {0}")]
    Stack(#[from] rtc::shared::error::Error),
    /// A key could not be made.
    #[error("cryptography: {0}")]
    Cryptography(String),
    /// The system refused a thread or a socket.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

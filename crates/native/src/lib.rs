//! A native Perkoon peer: it sends and receives like a page does, with files and a native WebRTC connection below it.
//!
//! [`send`] and [`receive`] each do one transfer. Their futures are not `Send`: poll them on a thread with a current-thread runtime.

mod driver;
mod server;
mod sink;
mod source;
mod told;

use std::{future::Future, time::Duration};

pub use perkoon_peer::{Failure, connecting::Connection, secret::Secret};
use perkoon_protocol::SessionCode;

pub use server::Server;
pub use sink::Destination;
pub use source::Source;
pub use told::{Done, DoneFile, OfferedFile, Progress, Told};

/// What is to be sent.
pub struct Sending {
    /// The server that brings the two together.
    pub server: Server,
    /// The files.
    pub source: Source,
    /// The sender's seat in a session made elsewhere; none: a new session.
    pub seat: Option<Seat>,
    /// What protects the session.
    pub secret: Option<Secret>,
    /// How long to wait for a receiver.
    pub patience: Duration,
}

/// The sender's seat in a session that was made elsewhere.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The session.
    pub code: SessionCode,
    /// What shows that the seat is this program's.
    pub sender_key: String,
}

/// What is to be received.
pub struct Receiving {
    /// The server that brings the two together.
    pub server: Server,
    /// The session.
    pub code: SessionCode,
    /// The password, or the secret of the link.
    pub secret: Option<Secret>,
    /// Where the files go.
    pub destination: Destination,
    /// How long to wait for a sender, and for its offer.
    pub patience: Duration,
}

/// Sends, until the receiver has everything. `stop` ending cancels the transfer, tells the other side, and comes to `CANCELLED`.
///
/// # Errors
/// Whatever ends the transfer early, with a sentence for people.
pub async fn send(sending: Sending, tell: impl FnMut(Told), stop: impl Future<Output = ()>) -> Result<Done, Failure> {
    driver::send(sending, tell, stop).await
}

/// Receives everything that is offered. `stop` as for [`send`].
///
/// # Errors
/// As for [`send`]. No file that looks finished is left then, nor is a file that was there before touched.
pub async fn receive(receiving: Receiving, tell: impl FnMut(Told), stop: impl Future<Output = ()>) -> Result<Done, Failure> {
    driver::receive(receiving, tell, stop).await
}

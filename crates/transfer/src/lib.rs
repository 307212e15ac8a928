//! The sans-IO core of a transfer: no sockets, files, threads, clocks or tasks, so that a browser, a native program and a test
//! harness drive the very same code.
//!
//! # Driving it
//!
//! Make one [`Sender`] or one [`Receiver`] for a session. It outlives its peer connections, one after the other. Whatever happens, the driver calls `handle` with it and then
//! `poll` until that gives `None`, doing what each output says, in order. Nothing else moves the machine: it sets no timers.
//!
//! - `Connected` comes when the control channel is open, `Disconnected` when it or the peer connection is gone for good. A transfer that
//!   runs is then [`Event::Interrupted`], and goes on with the next `Connected` or ends with `Abandon`. Lanes and reads of the connection
//!   before are forgotten: their late answers must not be handed in, except for what the sink says.
//! - `Connected` says whom the connection connects. Nothing about files is said before the two ends trust each other: `Password` is the answer
//!   to [`Event::PasswordAsked`] and [`Event::PasswordWrong`], and at the sender it comes before the first connection.
//! - A machine that failed with `PROTOCOL_ERROR` or `VERSION_MISMATCH` is spent: make a new one, and tell it the password again.
//! - Outputs only ask. The answers ([`SenderInput::Read`], [`ReceiverInput::Written`], …) may come whenever they are ready.
//! - Control texts may pile up faster than the control channel takes them (an offer of many files): the driver queues them.
//! - One transfer runs at a time. After a terminal event ([`Event::is_terminal`]) the same machine takes the next one.
//! - After [`ReceiverOutput::Discard`] or [`ReceiverOutput::Shelve`] the sink is dead: what it still has to say about old writes must not be handed in.
//!
//! The receiver **pulls**: it requests pieces as its window and its disk allow, and the sender answers each request with exactly
//! those bytes. `docs/PROTOCOL.md` describes what goes over the wire.

pub mod digest;
mod event;
mod fault;
mod link;
mod manifest;
pub mod names;
mod payload;
pub mod progress;
mod receiver;
mod sender;
mod trust;

pub use event::{Event, Millis};
pub use manifest::offer_digest;
pub use payload::Payload;
pub use receiver::{Receiver, ReceiverInput, ReceiverOutput};
pub use sender::{LANE_FIRST_BYTES, LANE_HIGH_WATER, READ_AHEAD_BYTES, Sender, SenderInput, SenderOutput};
pub use trust::{Binding, Failures, Fingerprint, Meeting, Password};

pub use perkoon_protocol::control::{Entry, Hash, TransferId};
pub use perkoon_trust::Pake;

//! Signalling messages on `/socket`: JSON text, one object a message.
//!
//! The first message of a client is [`ClientMessage::Hello`]; the server answers [`ServerMessage::Welcome`] and from then on relays
//! [`Signal`]s between the two seats of the room. The server neither reads nor keeps a signal.

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Role};

/// From a page or program to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message: takes the seat that the token was given for.
    Hello {
        /// From the answer to `join`.
        token: String,
    },
    /// For the participant `to`.
    Signal {
        /// A participant's id.
        to: String,
        /// What to pass on.
        signal: Signal,
    },
    /// How the transfer stands, as far as seats are concerned.
    Report {
        /// What has happened.
        state: ReportState,
    },
    /// The participant leaves for good (a closed socket alone may be a lost connection).
    Leave,
}

/// What a receiver tells the server, so that seats free up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// The receiver accepted: the seat is held until the transfer ends.
    Accepted,
    /// The receiver declined, or the transfer was cancelled or failed: the seat is free for the next.
    Rejected,
    /// Everything arrived: the seat is free for the next.
    Complete,
}

/// From the server to a page or program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to `hello`.
    Welcome {
        /// This participant's id.
        id: String,
        /// Everyone present, this participant included.
        participants: Vec<Participant>,
    },
    /// Someone took a seat.
    Joined {
        /// Who.
        participant: Participant,
    },
    /// Someone's seat is empty.
    Left {
        /// Who.
        id: String,
    },
    /// From another participant.
    Signal {
        /// Who sent it.
        from: String,
        /// What was sent.
        signal: Signal,
    },
    /// Something failed. Unless the code is `RATE_LIMITED` or `INVALID_REQUEST`, the socket is closed next.
    Error {
        /// Why.
        code: ErrorCode,
        /// A sentence a person understands.
        message: String,
    },
}

/// Who is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Random, unique in the room.
    pub id: String,
    /// The seat.
    pub role: Role,
}

/// What peers tell each other to connect. `connection` is a number the offering side (the sender) counts up with each peer
/// connection it makes, so that a late message of an earlier one is recognised and dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signal {
    /// An SDP offer, from the sender.
    Offer {
        /// Which peer connection.
        connection: u32,
        /// The session description.
        sdp: String,
    },
    /// An SDP answer, from the receiver.
    Answer {
        /// Which peer connection.
        connection: u32,
        /// The session description.
        sdp: String,
    },
    /// A trickled ICE candidate; an empty `candidate` ends them.
    Candidate {
        /// Which peer connection.
        connection: u32,
        /// The `candidate` attribute.
        candidate: String,
        /// The media section's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sdp_mid: Option<String>,
        /// The media section's index.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sdp_m_line_index: Option<u16>,
    },
}

/// WebSocket close codes of `/socket` (the range 4000–4999 is for applications, RFC 6455 section 7.4.2). A client learns the same
/// from the [`ServerMessage::Error`] before it.
pub mod close {
    /// The first message was no valid hello.
    pub const NOT_WELCOME: u16 = 4001;
    /// A newer socket of the same sender took over.
    pub const REPLACED: u16 = 4002;
    /// The seat went to the next receiver.
    pub const SEAT_TAKEN: u16 = 4003;
    /// The session was deleted.
    pub const SESSION_CLOSED: u16 = 4004;
    /// Messages too large, too many or malformed.
    pub const MISBEHAVED: u16 = 4005;
    /// The client read too slowly.
    pub const TOO_SLOW: u16 = 4006;
    /// The server is going away (RFC 6455's own code).
    pub const GOING_AWAY: u16 = 1001;
}

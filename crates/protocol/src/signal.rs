//! Signalling messages on `/socket`: JSON text, one object a message.
//!
//! The first message of a client is [`ClientMessage::Hello`]; the server answers [`ServerMessage::Welcome`] and from then on relays
//! [`Signal`]s between the two seats of the room. The server neither reads nor keeps a signal.

use serde::Serialize;

use crate::json::{Fields, FromValue, Value, deserialize_from_value, named_on_the_wire, take};
use crate::{ErrorCode, Role};

/// From a page or program to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportState {
    /// The receiver accepted: the seat is held until the transfer ends.
    Accepted,
    /// The receiver declined, or the transfer was cancelled or failed: the seat is free for the next.
    Rejected,
    /// Everything arrived: the seat is free for the next.
    Complete,
}

impl ReportState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Accepted, Self::Rejected, Self::Complete];

    /// The state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Complete => "complete",
        }
    }
}

named_on_the_wire!(ReportState);

/// From the server to a page or program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Nothing is heard from someone any more: the seat is empty, and they may well come back.
    Lost {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Random, unique in the room.
    pub id: String,
    /// The seat.
    pub role: Role,
}

/// What peers tell each other to connect. `connection` is a number the offering side (the sender) counts up with each peer
/// connection it makes, so that a late message of an earlier one is recognised and dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
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
        #[serde(skip_serializing_if = "Option::is_none")]
        sdp_mid: Option<String>,
        /// The media section's index.
        #[serde(skip_serializing_if = "Option::is_none")]
        sdp_m_line_index: Option<u16>,
    },
}

deserialize_from_value!(ClientMessage, ServerMessage, Participant, Signal);

/// A client sends exactly these fields.
impl FromValue for ClientMessage {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let message = match fields.take::<String>("type")?.as_str() {
            "hello" => take!(fields, Self::Hello { token }),
            "signal" => take!(fields, Self::Signal { to, signal }),
            "report" => take!(fields, Self::Report { state }),
            "leave" => Self::Leave,
            _ => return None,
        };
        fields.are_taken().then_some(message)
    }
}

/// A newer server may send more fields.
impl FromValue for ServerMessage {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let message = match fields.take::<String>("type")?.as_str() {
            "welcome" => take!(fields, Self::Welcome { id, participants }),
            "joined" => take!(fields, Self::Joined { participant }),
            "left" => take!(fields, Self::Left { id }),
            "lost" => take!(fields, Self::Lost { id }),
            "signal" => take!(fields, Self::Signal { from, signal }),
            "error" => take!(fields, Self::Error { code, message }),
            _ => return None,
        };
        Some(message)
    }
}

impl FromValue for Participant {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(take!(fields, Self { id, role }))
    }
}

/// A peer sends exactly these fields.
impl FromValue for Signal {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let signal = match fields.take::<String>("kind")?.as_str() {
            "offer" => take!(fields, Self::Offer { connection, sdp }),
            "answer" => take!(fields, Self::Answer { connection, sdp }),
            "candidate" => take!(fields, Self::Candidate { connection, candidate, sdp_mid, sdp_m_line_index }),
            _ => return None,
        };
        fields.are_taken().then_some(signal)
    }
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

//! Control messages: JSON text on the control data channel, one object a message.
//!
//! File bytes never travel here. A request names its file, range and lane; the bytes come on the lane, their hash here.

use serde::{Serialize, Serializer};

use crate::json::{self, Fields, FromValue, Value, deserialize_from_value, named_on_the_wire, take};
use crate::{ErrorCode, Role, limits};

/// A message on the control channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ControlMessage {
    /// First message of both sides.
    Hello {
        /// [`crate::PROTOCOL_VERSION`].
        version: u32,
        /// The speaker's role.
        role: Role,
        /// Name and version of the program, for people reading logs; at most 64 characters.
        agent: String,
        /// The speaker trusts these two ends already: it met the same two fingerprints before, and as far as there is a password, the
        /// other side proved then that it knows it.
        known: bool,
        /// Sender: what fixes the nonce it will reveal; see [`ControlMessage::Nonce`].
        #[serde(skip_serializing_if = "Option::is_none")]
        commitment: Option<Hash>,
        /// Sender: whether the receiver has to know a password.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        protected: bool,
    },
    /// Both: 32 random bytes. The receiver says its own once it has the sender's commitment, the sender reveals its own after that.
    Nonce {
        /// The bytes.
        nonce: Hash,
    },
    /// Both, the receiver first: a share of the password-authenticated key exchange.
    Share {
        /// The encoded group element.
        share: Hash,
    },
    /// Both, the receiver first: proof that the speaker has come to the common key.
    Confirm {
        /// A code of the role and of everything said before, under that key.
        tag: Hash,
    },
    /// Sender: how often the receiver may yet try a password. Said when one was wrong, and when the session is locked or unlocked.
    Attempts {
        /// None left: the session is locked.
        left: u32,
    },
    /// Both, once they trust each other: how the last transfer stands for the speaker, if there was one on an earlier connection.
    Standing {
        /// How it stands.
        #[serde(skip_serializing_if = "Option::is_none")]
        standing: Option<Standing>,
    },
    /// Sender: files to take. `files` entries follow in `entries` messages.
    Offer {
        /// The transfer's id: 32 lower-case hexadecimal digits, random.
        transfer: TransferId,
        /// How many files.
        files: u32,
        /// Bytes of all files together.
        bytes: u64,
    },
    /// Sender: the next files of the offer, in order.
    Entries {
        /// Which transfer.
        transfer: TransferId,
        /// Index of the first entry of this message; equals the number of entries sent before.
        first: u32,
        /// At most [`limits::ENTRIES_PER_MESSAGE`].
        entries: Vec<Entry>,
    },
    /// Receiver: yes, requests follow.
    Accept {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Receiver: no.
    Reject {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Receiver: send me exactly these bytes on this lane.
    Request {
        /// Which transfer.
        transfer: TransferId,
        /// Counts up from 0 in each transfer.
        request: u32,
        /// Index of the file in the offer.
        file: u32,
        /// First byte; a multiple of [`limits::PIECE_BYTES`].
        offset: u64,
        /// [`limits::PIECE_BYTES`], or less at the end of the file.
        length: u32,
        /// The lane to send on: the number in the label of a data channel the receiver opened.
        lane: u16,
    },
    /// Receiver: I have this piece from an earlier attempt. What does it hash to now?
    Check {
        /// Which transfer.
        transfer: TransferId,
        /// Counts up together with the requests.
        request: u32,
        /// Index of the file in the offer.
        file: u32,
        /// First byte; a multiple of [`limits::PIECE_BYTES`].
        offset: u64,
        /// [`limits::PIECE_BYTES`], or less at the end of the file.
        length: u32,
        /// What it hashes to at the receiver.
        hash: Hash,
    },
    /// Sender: the hash of a piece that was requested or is to be checked.
    Piece {
        /// Which transfer.
        transfer: TransferId,
        /// Which request.
        request: u32,
        /// BLAKE3 chaining value of the piece, or root hash of a file of one piece.
        hash: Hash,
    },
    /// Sender: a requested piece cannot be served; an empty message stands for it on the lane.
    Unavailable {
        /// Which transfer.
        transfer: TransferId,
        /// Which request.
        request: u32,
        /// `FILE_CHANGED` or `FILE_UNREADABLE`.
        code: ErrorCode,
    },
    /// Receiver: the pieces of these requests are verified and written.
    Written {
        /// Which transfer.
        transfer: TransferId,
        /// Bytes of the transfer verified and written so far.
        bytes: u64,
    },
    /// Receiver: a whole file is verified and flushed.
    FileDone {
        /// Which transfer.
        transfer: TransferId,
        /// Index of the file in the offer.
        file: u32,
        /// The file's BLAKE3 digest, the one `b3sum` prints.
        hash: Hash,
    },
    /// Either: requests stop until `resume`.
    Pause {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Whoever paused: go on.
    Resume {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Either: the transfer ends here by someone's wish.
    Cancel {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Receiver: every file is verified, flushed and published.
    Complete {
        /// Which transfer.
        transfer: TransferId,
    },
    /// Either: the transfer, or without an id the whole connection, has failed.
    Error {
        /// Which transfer.
        #[serde(skip_serializing_if = "Option::is_none")]
        transfer: Option<TransferId>,
        /// Why.
        code: ErrorCode,
        /// For a log, at most [`limits::ERROR_MESSAGE_CHARS`] characters; never shown as more than text.
        message: String,
    },
}

/// How a transfer stands for one side, said when the two connect anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which transfer.
    pub transfer: TransferId,
    /// Whether it goes on.
    pub state: StandingState,
    /// Receiver: bytes verified so far, counted through the files in the order of the offer. Sender: bytes it knows to be written.
    pub bytes: u64,
    /// Files the receiver has verified and flushed, as far as the speaker knows: the first so many of the offer.
    pub files: u32,
    /// Receiver: BLAKE3 hash of the hashes of the pieces that make up `bytes`, one after the other; none when there are none. A sender
    /// that has lost its memory reads them again and compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pieces: Option<Hash>,
}

/// Whether a transfer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingState {
    /// The speaker would go on with it.
    Open,
    /// The same, and the speaker holds it.
    Paused,
    /// It is complete.
    Complete,
    /// Someone ended it.
    Cancelled,
    /// It has failed.
    Failed,
}

named_on_the_wire!(StandingState);

impl StandingState {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Open, Self::Paused, Self::Complete, Self::Cancelled, Self::Failed];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether the speaker would go on.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Open | Self::Paused)
    }
}

/// One file of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Relative path, outermost folder first, the file's name last; at least one part. A receiver never uses it as it is.
    pub path: Vec<String>,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
}

/// A control message that breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`limits::CONTROL_MESSAGE_BYTES`].
    #[error("a control message of {0} bytes is over the limit")]
    TooLong(usize),
    /// Not one of the messages.
    #[error("not a control message")]
    Malformed,
}

impl ControlMessage {
    /// The text to send.
    pub fn encode(&self) -> String {
        json::encode(self)
    }

    /// Reads what a peer sent.
    ///
    /// # Errors
    /// When the text is too long or not one of the messages. Values are checked for shape only; whether a request or an offer
    /// makes sense is for the transfer core to say.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        if text.len() > limits::CONTROL_MESSAGE_BYTES {
            return Err(DecodeError::TooLong(text.len()));
        }
        json::decode(text).ok_or(DecodeError::Malformed)
    }

    /// The version a `hello` speaks, even one that has fields this version does not know. It tells a peer of another version from
    /// one that talks nonsense.
    pub fn spoken_version(text: &str) -> Option<u32> {
        if text.len() > limits::CONTROL_MESSAGE_BYTES {
            return None;
        }
        let mut fields: Fields = json::decode(text)?;
        let kind: String = fields.take("type")?;
        if kind == "hello" { fields.take("version") } else { None }
    }

    /// The transfer the message belongs to; none for those before it and for an error of the whole connection.
    pub fn transfer(&self) -> Option<TransferId> {
        match *self {
            Self::Hello { .. }
            | Self::Nonce { .. }
            | Self::Share { .. }
            | Self::Confirm { .. }
            | Self::Attempts { .. }
            | Self::Standing { .. } => None,
            Self::Error { transfer, .. } => transfer,
            Self::Offer { transfer, .. }
            | Self::Entries { transfer, .. }
            | Self::Accept { transfer }
            | Self::Reject { transfer }
            | Self::Request { transfer, .. }
            | Self::Check { transfer, .. }
            | Self::Piece { transfer, .. }
            | Self::Unavailable { transfer, .. }
            | Self::Written { transfer, .. }
            | Self::FileDone { transfer, .. }
            | Self::Pause { transfer }
            | Self::Resume { transfer }
            | Self::Cancel { transfer }
            | Self::Complete { transfer } => Some(transfer),
        }
    }
}

deserialize_from_value!(ControlMessage, Entry, Standing, TransferId, Hash);

impl FromValue for ControlMessage {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let message = match fields.take::<String>("type")?.as_str() {
            "hello" => Self::Hello {
                version: fields.take("version")?,
                role: fields.take("role")?,
                agent: fields.take("agent")?,
                known: fields.take("known")?,
                commitment: fields.take("commitment")?,
                protected: fields.take::<Option<bool>>("protected")?.unwrap_or(false),
            },
            "nonce" => take!(fields, Self::Nonce { nonce }),
            "share" => take!(fields, Self::Share { share }),
            "confirm" => take!(fields, Self::Confirm { tag }),
            "attempts" => take!(fields, Self::Attempts { left }),
            "standing" => take!(fields, Self::Standing { standing }),
            "offer" => take!(fields, Self::Offer { transfer, files, bytes }),
            "entries" => take!(fields, Self::Entries { transfer, first, entries }),
            "accept" => take!(fields, Self::Accept { transfer }),
            "reject" => take!(fields, Self::Reject { transfer }),
            "request" => take!(fields, Self::Request { transfer, request, file, offset, length, lane }),
            "check" => take!(fields, Self::Check { transfer, request, file, offset, length, hash }),
            "piece" => take!(fields, Self::Piece { transfer, request, hash }),
            "unavailable" => take!(fields, Self::Unavailable { transfer, request, code }),
            "written" => take!(fields, Self::Written { transfer, bytes }),
            "file_done" => take!(fields, Self::FileDone { transfer, file, hash }),
            "pause" => take!(fields, Self::Pause { transfer }),
            "resume" => take!(fields, Self::Resume { transfer }),
            "cancel" => take!(fields, Self::Cancel { transfer }),
            "complete" => take!(fields, Self::Complete { transfer }),
            "error" => take!(fields, Self::Error { transfer, code, message }),
            _ => return None,
        };
        fields.are_taken().then_some(message)
    }
}

impl FromValue for Standing {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let standing = take!(fields, Self { transfer, state, bytes, files, pieces });
        fields.are_taken().then_some(standing)
    }
}

impl FromValue for Entry {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        let entry = take!(fields, Self { path, size, modified });
        fields.are_taken().then_some(entry)
    }
}

/// The bytes that lower-case hexadecimal digits stand for.
fn from_hexadecimal<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

/// Bytes as lower-case hexadecimal digits, two each.
pub fn to_hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

macro_rules! hexadecimal {
    ($(#[doc = $doc:literal])+ $name:ident, $bytes:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $bytes]);

        impl FromValue for $name {
            fn from_value(value: Value) -> Option<Self> {
                from_hexadecimal(String::from_value(value)?.as_bytes()).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&to_hexadecimal(&self.0))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&to_hexadecimal(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

hexadecimal! {
    /// A transfer's id: 128 random bits, written as 32 lower-case hexadecimal digits.
    TransferId, 16
}

hexadecimal! {
    /// A BLAKE3 chaining value or digest, or another 32 bytes, written as 64 lower-case hexadecimal digits.
    Hash, 32
}

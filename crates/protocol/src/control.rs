//! Control messages: JSON text on the control data channel, one object a message.
//!
//! File bytes never travel here. A request names its file, range and lane; the bytes come on the lane, their hash here.

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Role, limits};

/// A message on the control channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ControlMessage {
    /// First message of both sides.
    Hello {
        /// [`crate::PROTOCOL_VERSION`].
        version: u32,
        /// The speaker's role.
        role: Role,
        /// Name and version of the program, for people reading logs; at most 64 characters.
        agent: String,
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
    /// Sender: the hash of a requested piece.
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transfer: Option<TransferId>,
        /// Why.
        code: ErrorCode,
        /// For a log, at most [`limits::ERROR_MESSAGE_CHARS`] characters; never shown as more than text.
        message: String,
    },
}

/// One file of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Relative path, outermost folder first, the file's name last; at least one part. A receiver never uses it as it is.
    pub path: Vec<String>,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
}

/// A control message that breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`limits::CONTROL_MESSAGE_BYTES`].
    #[error("a control message of {0} bytes is over the limit")]
    TooLong(usize),
    /// Not one of the messages.
    #[error("not a control message: {0}")]
    Malformed(String),
}

impl ControlMessage {
    /// The text to send.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("control messages have string keys only")
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
        serde_json::from_str(text).map_err(|error| DecodeError::Malformed(error.to_string()))
    }

    /// The version a `hello` speaks, even one that has fields this version does not know. It tells a peer of another version from
    /// one that talks nonsense.
    pub fn spoken_version(text: &str) -> Option<u32> {
        #[derive(Deserialize)]
        struct Greeting {
            r#type: String,
            version: u32,
        }

        if text.len() > limits::CONTROL_MESSAGE_BYTES {
            return None;
        }
        serde_json::from_str(text).ok().filter(|greeting: &Greeting| greeting.r#type == "hello").map(|greeting| greeting.version)
    }

    /// The transfer the message belongs to; none for a `hello` and for an error of the whole connection.
    pub fn transfer(&self) -> Option<TransferId> {
        match *self {
            Self::Hello { .. } => None,
            Self::Error { transfer, .. } => transfer,
            Self::Offer { transfer, .. }
            | Self::Entries { transfer, .. }
            | Self::Accept { transfer }
            | Self::Reject { transfer }
            | Self::Request { transfer, .. }
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

macro_rules! hexadecimal {
    ($(#[doc = $doc:literal])+ $name:ident, $bytes:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $bytes]);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let wrong = || format!("expected {} lower-case hexadecimal digits", 2 * $bytes);
                let digits = text.as_bytes();
                if digits.len() != 2 * $bytes || digits.iter().any(|d| !matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(wrong());
                }
                let mut bytes = [0; $bytes];
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    let digit = |d: u8| if d <= b'9' { d - b'0' } else { d - b'a' + 10 };
                    *byte = digit(pair[0]) << 4 | digit(pair[1]);
                }
                Ok(Self(bytes))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
    /// A BLAKE3 chaining value or digest, written as 64 lower-case hexadecimal digits.
    Hash, 32
}

//! What a transfer tells the program around it.

use perkoon_protocol::control::{Entry, Hash, StandingState, TransferId};
use perkoon_protocol::{ErrorCode, Role};

/// Milliseconds on any monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// Milliseconds from `earlier` to this moment; 0 when the clock went backwards.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What a transfer tells the program around it. A transfer ends with exactly one terminal event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Receiver: whether the sender asks for a password.
    Protected(bool),
    /// Receiver: the sender has set a password, and none is at hand that could be tried.
    PasswordAsked,
    /// A password was wrong. Receiver: the next one is awaited.
    PasswordWrong {
        /// How many more may be tried; none: the session is locked until the sender unlocks it.
        left: u32,
    },
    /// Both ends know the password: nobody is between them.
    Proven,
    /// There is no password. Nobody is between the two ends if both are told the same.
    Compare {
        /// For each of these, one of the 256 words that people compare.
        words: [u8; 4],
    },
    /// The two ends trust each other, and the peer has said how things stand.
    Greeted {
        /// Name and version of the peer's program: hostile text, for logs.
        agent: String,
    },
    /// Receiver: a whole, valid offer. Sender: the offer went out.
    Offered {
        /// The transfer's id.
        transfer: TransferId,
        /// The files, as the sender names them; empty on the sender's side, which has them.
        files: Vec<Entry>,
        /// Bytes of all files together.
        bytes: u64,
    },
    /// The receiver said yes.
    Accepted,
    /// The receiver said no. Terminal.
    Rejected,
    /// The whole transfer. Receiver: bytes arrived, verified or not yet. Sender: what the receiver has verified and written.
    Progress {
        /// Never more than the offer's bytes, and equal to them before [`Event::Complete`].
        bytes: u64,
    },
    /// One file. On the sender's side the written bytes are counted towards the files in the order of the offer.
    FileProgress {
        /// Index in the offer.
        file: u32,
        /// Never more than the file's size.
        bytes: u64,
    },
    /// A whole file is verified and flushed at the receiver.
    FileDone {
        /// Index in the offer.
        file: u32,
        /// The file's BLAKE3 digest, the one `b3sum` prints.
        hash: Hash,
    },
    /// Someone paused; while both do, told again with the one left when the other resumes.
    Paused {
        /// Who holds the transfer.
        by: Role,
    },
    /// Nobody pauses any more.
    Resumed,
    /// The connection is gone. Another one may go on with the transfer from where it is.
    Interrupted,
    /// Another connection goes on with the transfer.
    Continued,
    /// Every file is verified, flushed and published at the receiver. Terminal.
    Complete,
    /// Someone ended the transfer. Terminal.
    Cancelled {
        /// Who.
        by: Role,
    },
    /// The transfer failed; without a transfer, the connection did. Terminal.
    Failed {
        /// Why.
        code: ErrorCode,
        /// A sentence a person understands.
        message: String,
    },
}

impl Event {
    /// How a transfer stands that ended with this.
    pub(crate) const fn standing(&self) -> StandingState {
        match self {
            Self::Complete => StandingState::Complete,
            Self::Rejected | Self::Cancelled { .. } => StandingState::Cancelled,
            _ => StandingState::Failed,
        }
    }

    /// Whether the transfer has ended with this.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Rejected | Self::Complete | Self::Cancelled { .. } | Self::Failed { .. })
    }
}

//! What happens to a session, as told by the driver.

use std::rc::Rc;

use perkoon_protocol::{Role, SessionCode};

use super::{Awaited, Connection, Failure, FileId, FileView, ParticipantView, SaveMethod};

/// Something that changes the View.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The page asks the server for a seat.
    Entering {
        /// The seat.
        role: Role,
        /// The session, unless it is being made.
        code: Option<SessionCode>,
    },
    /// The page has its seat.
    Entered {
        /// The session.
        code: SessionCode,
        /// The link for the receiver.
        share_url: String,
        /// RFC 3339.
        expires_at: String,
        /// Whether the sender asks for a password.
        password_protected: bool,
    },
    /// Who is in the room now.
    Participants(Vec<ParticipantView>),
    /// How the peers are connected.
    Path(Connection),
    /// They are no longer, and nothing is known of whoever comes next.
    Unlinked,
    /// Receiver: the sender says whether it asks for a password.
    Protected(bool),
    /// Receiver: a password is asked for.
    PasswordAsked,
    /// Receiver: a password is tried.
    PasswordTried,
    /// Receiver: a password could not be tried, and is asked for again.
    PasswordUntried(Failure),
    /// A password was wrong.
    PasswordWrong {
        /// How many more may be tried.
        left: u32,
        /// What is wrong with that at this end, if anything.
        failure: Option<Failure>,
    },
    /// Sender: passwords may be tried again.
    Unlocked,
    /// The other side knows the password too.
    Proven,
    /// The words that people compare.
    Words(Rc<[String]>),
    /// The session is over for this page; what was transferred stays shown.
    Closed,
    /// The person left: back to an empty page.
    Left,
    /// Sender: files queued.
    FilesAdded(Vec<FileView>),
    /// Sender: a file taken off the queue.
    FileRemoved(FileId),
    /// Sender: files that are needed again to go on with what was being sent; `None` when that is over.
    Awaiting(Option<Awaited>),
    /// Sender: back to the queue, keeping it.
    Requeued,
    /// Sender: back to an empty queue.
    Emptied,
    /// Start pressed.
    Starting,
    /// The offer went out, or came in.
    Offered {
        /// The transfer's id.
        transfer: String,
        /// The receiver's view of the files; the sender has its own.
        files: Option<Vec<FileView>>,
        /// Bytes of all files.
        bytes: u64,
    },
    /// Receiver: a part of what is offered is here from an earlier attempt.
    Earlier {
        /// How much.
        bytes: u64,
    },
    /// The receiver said yes.
    Accepted {
        /// How the files are kept, receiver only.
        method: Option<SaveMethod>,
    },
    /// The receiver said no.
    Rejected,
    /// Bytes moved.
    Progress(Progress),
    /// Bytes of one file moved.
    FileProgress {
        /// Index in the offer.
        file: usize,
        /// Bytes of it transferred.
        bytes: u64,
    },
    /// A file is verified and flushed.
    FileDone {
        /// Index in the offer.
        file: usize,
        /// Hexadecimal BLAKE3 digest.
        blake3: String,
    },
    /// Receiver: everything is here and is being copied to the place the person picked.
    Copied {
        /// Bytes that are there.
        bytes: u64,
    },
    /// Someone paused.
    Paused {
        /// Who.
        by: Role,
    },
    /// Nobody pauses any more.
    Resumed,
    /// The connection broke; another one is being made.
    Interrupted,
    /// Another connection goes on with the transfer.
    Continued,
    /// Everything is there.
    Complete {
        /// Since the receiver's yes.
        duration_ms: u64,
    },
    /// Someone cancelled.
    Cancelled,
    /// It failed.
    Failed(Failure),
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Bytes transferred of all files.
    pub bytes: u64,
    /// Bytes a second.
    pub speed: f64,
    /// Seconds left.
    pub eta: Option<f64>,
    /// Whether half a second has passed since the last sample of the graph.
    pub sample: bool,
}

//! The View: everything a person or a script can see of a session.

use std::rc::Rc;

use perkoon_peer::{Failure, connecting::Connection};
use perkoon_protocol::{Role, SessionCode};

/// Everything the components render and `window.__perkoon` publishes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The session this page is in.
    pub session: Option<SessionView>,
    /// Everyone present, this page included.
    pub participants: Vec<ParticipantView>,
    /// The transfer this page is preparing, doing or has done.
    pub transfer: TransferView,
    /// Queued (sender) or offered (receiver) files. An entry is shared until it changes.
    pub files: Vec<Rc<FileView>>,
    /// Sender: files that are needed again to go on.
    pub awaited: Option<Awaited>,
    /// How it stands with the password, in a session that has one.
    pub password: PasswordStage,
    /// What the two people compare where there is no password.
    pub words: Option<Rc<[String]>>,
}

/// How it stands with the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordStage {
    /// Nothing has been asked, or tried.
    #[default]
    Untried,
    /// Receiver: it is asked for.
    Asked,
    /// Receiver: one is being tried.
    Tried,
    /// One was wrong.
    Wrong {
        /// How many more may be tried; none: the sender has to unlock the session.
        left: u32,
    },
    /// The other side has proved that it knows it too.
    Proven,
}

/// What was being sent when the sender's page was loaded again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The first file's name.
    pub first: String,
    /// How many files.
    pub files: usize,
    /// Whether the page can find them again by itself, once it is let.
    pub reopenable: bool,
}

/// A session this page is in.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// `None` while the server is still making one.
    pub code: Option<SessionCode>,
    /// This page's role.
    pub role: Role,
    /// How the session stands.
    pub status: SessionStatus,
    /// The link for the receiver; empty while the code is unknown.
    pub share_url: String,
    /// RFC 3339, UTC; empty while unknown.
    pub expires_at: String,
    /// Whether the sender asks for a password.
    pub password_protected: bool,
    /// How the peers are connected, once they are.
    pub connection: Option<Connection>,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// Asking the server.
    Creating,
    /// In the room, alone.
    Waiting,
    /// In the room with the other side.
    Connected,
    /// Left, replaced, expired or lost.
    Closed,
}

/// Someone in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantView {
    /// The id the server gave.
    pub id: String,
    /// The seat.
    pub role: Role,
    /// Whether this is the page itself.
    pub own: bool,
    /// Whether the peer connection to them is open (always true for the page itself).
    pub connected: bool,
}

/// A transfer's words, as in `window.__perkoon.transfer.status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferStatus {
    /// Sender: no files. Receiver: not joined.
    #[default]
    Idle,
    /// Sender: files queued. Receiver: joined, nothing offered.
    Ready,
    /// Start pressed, peers not connected yet.
    Connecting,
    /// The receiver is being asked.
    Offered,
    /// The receiver said yes.
    Accepted,
    /// Bytes are moving.
    Transferring,
    /// Someone paused.
    Paused,
    /// The connection broke and is being mended.
    Reconnecting,
    /// Every byte verified, flushed and taken by the browser.
    Complete,
    /// The receiver said no.
    Rejected,
    /// Someone cancelled.
    Cancelled,
    /// It failed; the failure says why.
    Error,
}

impl TransferStatus {
    /// Every status, in the order in which a transfer meets them.
    pub const ALL: [Self; 12] = [
        Self::Idle,
        Self::Ready,
        Self::Connecting,
        Self::Offered,
        Self::Accepted,
        Self::Transferring,
        Self::Paused,
        Self::Reconnecting,
        Self::Complete,
        Self::Rejected,
        Self::Cancelled,
        Self::Error,
    ];

    /// The word for scripts and `data-status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Ready => "ready",
            Self::Connecting => "connecting",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Transferring => "transferring",
            Self::Paused => "paused",
            Self::Reconnecting => "reconnecting",
            Self::Complete => "complete",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Error => "error",
        }
    }

    /// Whether the transfer has ended, one way or the other.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Rejected | Self::Cancelled | Self::Error)
    }

    /// Whether bytes are, or should be, moving: from the receiver's yes to the end.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Accepted | Self::Transferring | Self::Paused | Self::Reconnecting)
    }
}

/// The transfer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransferView {
    /// Known once offered.
    pub id: Option<String>,
    /// How it stands.
    pub status: TransferStatus,
    /// Bytes transferred of all files.
    pub bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// Receiver, while it is asked: bytes that are here from an earlier attempt.
    pub earlier_bytes: u64,
    /// Receiver, once everything is here: bytes that are copied to the place the person picked.
    pub copied_bytes: Option<u64>,
    /// Bytes a second over the last few seconds.
    pub speed: f64,
    /// Speeds of the past, oldest first, for the graph: at most 60, one every half second.
    pub speed_history: Vec<f64>,
    /// Seconds left, when they can be guessed.
    pub eta: Option<f64>,
    /// Milliseconds from the receiver's yes to the end, once it has ended.
    pub duration_ms: Option<u64>,
    /// Who paused, while paused.
    pub paused_by: Option<Role>,
    /// Why it ended before everything was there.
    pub error: Option<Failure>,
}

impl TransferView {
    /// Share of the bytes transferred, 0 to 100, one decimal; 100 only when complete.
    pub fn percent(&self) -> f64 {
        if self.status == TransferStatus::Complete {
            return 100.0;
        }
        if self.total_bytes == 0 {
            return 0.0;
        }
        let share = self.bytes as f64 / self.total_bytes as f64;
        ((share * 1000.0).floor() / 10.0).min(99.9)
    }
}

/// A file's number on this page, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// Queued on the sender's page.
    Queued,
    /// Part of an offer not yet answered.
    Offered,
    /// Accepted, its bytes not all there yet.
    Transferring,
    /// Verified and flushed.
    Complete,
    /// Not transferred and not going to be.
    Failed,
}

impl FileStatus {
    /// The word for scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Offered => "offered",
            Self::Transferring => "transferring",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }
}

/// How a received file is kept, as in `files[i].method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveMethod {
    /// Origin private file system, then saved through the service worker.
    Opfs,
    /// Streamed through the service worker into the browser's download.
    SwDownload,
    /// Collected in memory.
    MemoryBuffer,
    /// Written to a place the person picked.
    FileSystemAccess,
    /// Origin private file system, then copied to a place the person picked.
    CopiedToPlace,
}

impl SaveMethod {
    /// The word for scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opfs => "opfs",
            Self::SwDownload => "sw-download",
            Self::MemoryBuffer => "memory-buffer",
            Self::FileSystemAccess | Self::CopiedToPlace => "fsapi",
        }
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// Its number on this page.
    pub id: FileId,
    /// The last part of its path.
    pub name: String,
    /// Its relative path, parts joined by `/`; safe to show as text and, on the receiver's side, to save under.
    pub path: String,
    /// The name suggested to the receiver's browser.
    pub saved_as: Option<String>,
    /// Bytes.
    pub size: u64,
    /// How it stands.
    pub status: FileStatus,
    /// Bytes transferred.
    pub bytes: u64,
    /// Its BLAKE3 digest in hexadecimal, once known.
    pub blake3: Option<String>,
    /// How it is kept, receiver only.
    pub method: Option<SaveMethod>,
}

//! What a transfer tells the program around it, and what comes of it.

use std::{path::PathBuf, time::Duration};

use perkoon_peer::connecting::Connection;
use perkoon_protocol::{Role, SessionCode};

/// What a transfer tells while it goes on, in this order where there is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Sender: the session is there, made or taken over, and its link can be shared.
    Session {
        /// The code.
        code: SessionCode,
        /// The link for the receiver.
        share_url: String,
        /// RFC 3339 time at which the session ends.
        expires_at: String,
    },
    /// Receiver: the session was joined.
    Joined {
        /// The code.
        code: SessionCode,
    },
    /// The other side is in the session.
    PeerFound,
    /// The two are connected.
    Connected(Connection),
    /// There is no password. Nobody is between the two ends if both are told the same words.
    Words([&'static str; 4]),
    /// Both ends have proven that they know the password: nobody is between them.
    Proven,
    /// Sender: the receiver has tried a wrong password.
    PasswordRefused {
        /// How many more may be tried.
        left: u32,
    },
    /// The files are on offer: the sender waits for the receiver's answer.
    Offered {
        /// The files, with paths that are safe at this end.
        files: Vec<OfferedFile>,
        /// Bytes of all of them.
        bytes: u64,
    },
    /// The receiver said yes.
    Accepted,
    /// Bytes moved, or time has passed without: at most ten times a second.
    Progress(Progress),
    /// Someone holds the transfer.
    Paused {
        /// Who.
        by: Role,
    },
    /// Nobody holds it any more.
    Resumed,
    /// The connection is lost; the transfer waits for another one.
    Interrupted,
    /// Another connection goes on with it.
    Continued,
}

/// A file on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedFile {
    /// Relative path, parts joined by `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Bytes transferred of all files.
    pub bytes: u64,
    /// Bytes of all files.
    pub total: u64,
    /// Bytes a second, over the last seconds.
    pub speed: f64,
    /// Seconds left, where that can be said.
    pub eta: Option<f64>,
}

impl Progress {
    /// Share of the bytes, 0 to 100, one decimal; 100 only with the last byte.
    pub fn percent(&self) -> f64 {
        if self.bytes >= self.total {
            return 100.0;
        }
        ((self.bytes as f64 / self.total as f64 * 1000.0).floor() / 10.0).min(99.9)
    }
}

/// A transfer that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// From the receiver's yes to the end.
    pub duration: Duration,
    /// Bytes of all files.
    pub bytes: u64,
    /// The files, in the order of the offer.
    pub files: Vec<DoneFile>,
}

impl Done {
    /// Bytes a second from the receiver's yes to the end.
    pub fn speed(&self) -> f64 {
        self.bytes as f64 / self.duration.as_secs_f64().max(0.001)
    }
}

/// A file that was transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneFile {
    /// Relative path, parts joined by `/`.
    pub path: String,
    /// Receiver: where it is; none when it went to a stream.
    pub saved_to: Option<PathBuf>,
    /// Bytes.
    pub size: u64,
    /// Hexadecimal BLAKE3 digest, the one `b3sum` prints.
    pub blake3: String,
}

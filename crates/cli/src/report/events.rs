//! The events that programs read: one JSON object a line, its `event` first. `crates/cli/tests/events.jsonl` has one of each.

use perkoon_native::{Connection, Done, DoneFile, OfferedFile, Progress, Told};
use perkoon_peer::Failure;
use perkoon_protocol::Role;
use serde::{Serialize, Serializer};

use super::contents::Contents;
use crate::exit::Exit;

/// Everything that is said with `--json`, with its fields in their order.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<'a> {
    /// Send: the files are there and can be read.
    FileReady(Contents),
    /// Send: the link can be shared.
    SessionCreated { session_code: &'a str, share_url: &'a str, expires_at: &'a str, password_protected: bool },
    /// Send: follows at once.
    WaitingForReceiver,
    /// Send: someone has opened the link.
    ReceiverConnected,
    /// Receive: this end is in the session.
    SessionJoined { session_code: &'a str },
    /// Receive: the sender is in the session.
    SenderFound,
    /// The two have a connection of their own.
    WebrtcConnected { connection: &'static str },
    /// There is no password: the same words on both sides mean that nobody is in between.
    VerificationWords { words: [&'static str; 4] },
    /// Both ends have proven the password.
    PasswordVerified,
    /// Send: the receiver's was wrong, and it may try so many more.
    PasswordRefused { left: u32 },
    /// Send: the files are on offer.
    WaitingForAcceptance,
    /// Send: the receiver wants them.
    TransferAccepted,
    /// Receive: what is coming.
    ReceivingFile(Contents),
    /// Bytes moved: `speed` in bytes a second, `eta` in seconds, null where that cannot be said.
    Progress {
        #[serde(serialize_with = "short")]
        percent: f64,
        speed: u64,
        eta: Option<u64>,
        bytes: u64,
        total_bytes: u64,
    },
    /// Someone holds the transfer.
    TransferPaused { by: Role },
    /// Nobody holds it any more.
    TransferResumed,
    /// The connection is gone, and may come back.
    ConnectionLost,
    /// It has.
    ConnectionRestored,
    /// Every byte is there. `output` is the folder that a receive has put the files into, null where they went to standard output.
    TransferComplete {
        duration_ms: u64,
        speed: u64,
        bytes: u64,
        files: Vec<File<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<Option<String>>,
    },
    /// The last event of whatever fails.
    Error { message: &'a str, code: &'static str, exit_code: u8, retryable: bool },
}

/// A transferred file. A receive's `path` is where it lies, null where its bytes went to standard output; a send's is its place in what was sent.
#[derive(Debug, Serialize)]
pub(super) struct File<'a> {
    name: &'a str,
    path: Option<String>,
    size: u64,
    blake3: &'a str,
}

impl Event<'_> {
    /// The line, without its end.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always have a JSON form")
    }
}

/// The files that a sender has found.
pub(super) fn ready(files: &[OfferedFile]) -> Event<'static> {
    Event::FileReady(Contents::of(files))
}

/// What programs are told of something that happened. Nothing is told of an acceptance to the receiver, which has accepted itself.
pub(super) fn told(role: Role, protected: bool, told: &Told) -> Vec<Event<'_>> {
    vec![match told {
        Told::Session { code, share_url, expires_at } => {
            let created =
                Event::SessionCreated { session_code: code.as_str(), share_url, expires_at, password_protected: protected };
            return vec![created, Event::WaitingForReceiver];
        }
        Told::Joined { code } => Event::SessionJoined { session_code: code.as_str() },
        Told::PeerFound if role == Role::Sender => Event::ReceiverConnected,
        Told::PeerFound => Event::SenderFound,
        Told::Connected(Connection::Direct) => Event::WebrtcConnected { connection: "direct" },
        Told::Connected(Connection::Relayed) => Event::WebrtcConnected { connection: "relayed" },
        Told::Words(words) => Event::VerificationWords { words: *words },
        Told::Proven => Event::PasswordVerified,
        Told::PasswordRefused { left } => Event::PasswordRefused { left: *left },
        Told::Offered { .. } if role == Role::Sender => Event::WaitingForAcceptance,
        Told::Offered { files, .. } => Event::ReceivingFile(Contents::of(files)),
        Told::Accepted if role == Role::Sender => Event::TransferAccepted,
        Told::Accepted => return Vec::new(),
        Told::Progress(progress) => progressed(progress),
        Told::Paused { by } => Event::TransferPaused { by: *by },
        Told::Resumed => Event::TransferResumed,
        Told::Interrupted => Event::ConnectionLost,
        Told::Continued => Event::ConnectionRestored,
    }]
}

/// How far the bytes are.
pub(super) fn progressed(progress: &Progress) -> Event<'static> {
    Event::Progress {
        percent: progress.percent(),
        speed: whole(progress.speed),
        eta: progress.eta.filter(|eta| eta.is_finite()).map(|eta| whole(eta.ceil())),
        bytes: progress.bytes,
        total_bytes: progress.total,
    }
}

/// The last of a transfer that has moved bytes, for who was not told that they are all there.
pub(super) fn last_progress(done: &Done) -> Option<Event<'static>> {
    let last = Progress { bytes: done.bytes, total: done.bytes, speed: done.speed(), eta: Some(0.0) };
    (done.bytes > 0).then(|| progressed(&last))
}

/// The end of a send, or of a receive into `output`.
pub(super) fn complete<'a>(role: Role, done: &'a Done, output: Option<&str>) -> Event<'a> {
    Event::TransferComplete {
        duration_ms: u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX),
        speed: whole(done.speed()),
        bytes: done.bytes,
        files: done.files.iter().map(|file| transferred(role, file)).collect(),
        output: (role == Role::Receiver).then(|| output.map(str::to_owned)),
    }
}

fn transferred(role: Role, file: &DoneFile) -> File<'_> {
    let DoneFile { path, saved_to, size, blake3 } = file;
    let place = match role {
        Role::Sender => Some(path.clone()),
        Role::Receiver => saved_to.as_ref().map(|place| place.display().to_string()),
    };
    File { name: path.rsplit('/').next().unwrap_or(path), path: place, size: *size, blake3 }
}

/// The end of whatever fails.
pub(super) fn failed(failure: &Failure, exit: Exit) -> Event<'_> {
    Event::Error {
        message: &failure.message,
        code: failure.code.as_str(),
        exit_code: exit.number(),
        retryable: failure.retryable,
    }
}

/// As other programs write numbers: 100 and not 100.0.
fn short<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 { serializer.serialize_u64(whole(*number)) } else { serializer.serialize_f64(*number) }
}

/// The nearest whole number that is none below zero.
fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests;

//! From a View to the plain data scripts get, and from two Views to what happened in between.

use perkoon_protocol::{ErrorCode, Role};
use serde::Serialize;

use super::event_names;
use crate::state::{
    Connection, FileStatus, FileView, ParticipantView, SessionStatus, SessionView, TransferStatus, TransferView, View,
};

/// `window.__perkoon` without its `files`, which are objects with methods.
#[derive(Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Of the program.
    pub version: &'static str,
    /// `null` before there is one.
    pub session: Option<SessionSnapshot>,
    /// Everyone present.
    pub participants: Vec<ParticipantSnapshot>,
    /// The transfer.
    pub transfer: TransferSnapshot,
}

/// `session`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSnapshot {
    code: String,
    role: Role,
    status: &'static str,
    share_url: String,
    expires_at: String,
    password_protected: bool,
    connection: Option<&'static str>,
    /// Four words, for people to compare.
    verification: Option<Vec<String>>,
}

/// One of `participants`.
#[derive(Debug, PartialEq, Serialize)]
pub struct ParticipantSnapshot {
    id: String,
    role: Role,
    #[serde(rename = "self")]
    own: bool,
    connected: bool,
}

/// `transfer`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferSnapshot {
    id: Option<String>,
    status: &'static str,
    percent: f64,
    bytes_transferred: u64,
    total_bytes: u64,
    speed: f64,
    eta: Option<f64>,
    duration_ms: Option<u64>,
    error: Option<ErrorSnapshot>,
}

/// `transfer.error`.
#[derive(Debug, PartialEq, Serialize)]
pub struct ErrorSnapshot {
    code: ErrorCode,
    message: String,
    retryable: bool,
}

/// One of `files`, without its methods.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSnapshot {
    id: String,
    name: String,
    path: String,
    saved_as: Option<String>,
    size: u64,
    status: &'static str,
    bytes_transferred: u64,
    blake3: Option<String>,
    method: Option<&'static str>,
}

impl From<&View> for Snapshot {
    fn from(view: &View) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            session: view.session.as_ref().map(|session| SessionSnapshot::new(session, view.words.as_deref())),
            participants: view.participants.iter().map(Into::into).collect(),
            transfer: (&view.transfer).into(),
        }
    }
}

impl SessionSnapshot {
    fn new(session: &SessionView, words: Option<&[String]>) -> Self {
        let status = match session.status {
            SessionStatus::Creating => "creating",
            SessionStatus::Waiting => "waiting",
            SessionStatus::Connected => "connected",
            SessionStatus::Closed => "closed",
        };
        let connection = session.connection.map(|connection| match connection {
            Connection::Direct => "direct",
            Connection::Relayed => "relayed",
        });
        Self {
            code: session.code.map(|code| code.to_string()).unwrap_or_default(),
            role: session.role,
            status,
            share_url: session.share_url.clone(),
            expires_at: session.expires_at.clone(),
            password_protected: session.password_protected,
            connection,
            verification: words.map(Into::into),
        }
    }
}

impl From<&ParticipantView> for ParticipantSnapshot {
    fn from(participant: &ParticipantView) -> Self {
        let ParticipantView { id, role, own, connected } = participant.clone();
        Self { id, role, own, connected }
    }
}

impl From<&TransferView> for TransferSnapshot {
    fn from(transfer: &TransferView) -> Self {
        Self {
            id: transfer.id.clone(),
            status: transfer.status.as_str(),
            percent: transfer.percent(),
            bytes_transferred: transfer.bytes,
            total_bytes: transfer.total_bytes,
            speed: transfer.speed,
            eta: transfer.eta,
            duration_ms: transfer.duration_ms,
            error: transfer.error.as_ref().map(|error| ErrorSnapshot {
                code: error.code,
                message: error.message.clone(),
                retryable: error.retryable,
            }),
        }
    }
}

impl From<&FileView> for FileSnapshot {
    fn from(file: &FileView) -> Self {
        Self {
            id: file.id.0.to_string(),
            name: file.name.clone(),
            path: file.path.clone(),
            saved_as: file.saved_as.clone(),
            size: file.size,
            status: file.status.as_str(),
            bytes_transferred: file.bytes,
            blake3: file.blake3.clone(),
            method: file.method.map(|method| method.as_str()),
        }
    }
}

/// What a script is told as a DOM event; the event's `detail` is the matching part of the object.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// `detail` is `session`.
    Session(&'static str),
    /// `detail` is one of `participants`, by id.
    Participant(&'static str, ParticipantView),
    /// `detail` is `transfer`.
    Transfer(&'static str),
    /// `detail` is one of `files`, by position.
    File(&'static str, usize),
}

/// What happened between two Views, in the order to tell it.
pub fn happenings(before: &View, after: &View) -> Vec<Happening> {
    let mut told = Vec::new();
    let code = |view: &View| view.session.as_ref().and_then(|session| session.code);
    if code(after).is_some() && code(after) != code(before) && is_sender(after) {
        told.push(Happening::Session(event_names::SESSION_CREATED));
    }
    told.extend(participants(&before.participants, &after.participants, event_names::PARTICIPANT_JOINED));
    told.extend(participants(&after.participants, &before.participants, event_names::PARTICIPANT_LEFT));
    told.extend(files(before, after));
    told.extend(transfer(&before.transfer, &after.transfer).map(Happening::Transfer));
    told
}

fn is_sender(view: &View) -> bool {
    view.session.as_ref().is_some_and(|session| session.role == Role::Sender)
}

fn participants<'a>(
    without: &'a [ParticipantView],
    with: &'a [ParticipantView],
    name: &'static str,
) -> impl Iterator<Item = Happening> + 'a {
    let new = with.iter().filter(|one| without.iter().all(|other| other.id != one.id));
    new.map(move |one| Happening::Participant(name, one.clone()))
}

fn files<'a>(before: &'a View, after: &'a View) -> impl Iterator<Item = Happening> + 'a {
    after.files.iter().enumerate().filter_map(|(index, file)| {
        let earlier = before.files.get(index).map(|file| file.status);
        match file.status {
            status if earlier == Some(status) => None,
            FileStatus::Complete => Some(Happening::File(event_names::FILE_READY, index)),
            FileStatus::Failed => Some(Happening::File(event_names::FILE_ERROR, index)),
            _ => None,
        }
    })
}

fn transfer(before: &TransferView, after: &TransferView) -> Option<&'static str> {
    if before.status == after.status {
        // A wrong password leaves the status as it is.
        let failed = after.error.is_some() && before.error != after.error;
        let moved = before.bytes != after.bytes;
        return if failed { Some(event_names::TRANSFER_ERROR) } else { moved.then_some(event_names::TRANSFER_PROGRESS) };
    }
    match after.status {
        TransferStatus::Offered => Some(event_names::TRANSFER_OFFERED),
        TransferStatus::Accepted => Some(event_names::TRANSFER_ACCEPTED),
        TransferStatus::Rejected => Some(event_names::TRANSFER_REJECTED),
        TransferStatus::Transferring => Some(event_names::TRANSFER_PROGRESS),
        TransferStatus::Paused => Some(event_names::TRANSFER_PAUSED),
        TransferStatus::Complete => Some(event_names::TRANSFER_COMPLETE),
        TransferStatus::Error | TransferStatus::Cancelled => Some(event_names::TRANSFER_ERROR),
        TransferStatus::Idle | TransferStatus::Ready | TransferStatus::Connecting | TransferStatus::Reconnecting => None,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::state::{FileId, SaveMethod};

    fn file(status: FileStatus) -> Rc<FileView> {
        Rc::new(FileView {
            id: FileId(3),
            name: "b.txt".into(),
            path: "a/b.txt".into(),
            saved_as: Some("b.txt".into()),
            size: 7,
            status,
            bytes: 7,
            blake3: Some("ab".into()),
            method: Some(SaveMethod::SwDownload),
        })
    }

    #[test]
    fn an_empty_page_is_idle_with_nulls() {
        let text = serde_json::to_value(Snapshot::from(&View::default())).expect("plain data");
        let transfer = serde_json::json!({
            "id": null, "status": "idle", "percent": 0.0, "bytesTransferred": 0, "totalBytes": 0, "speed": 0.0,
            "eta": null, "durationMs": null, "error": null,
        });
        assert_eq!(text["transfer"], transfer);
        assert_eq!(text["session"], serde_json::Value::Null);
        assert_eq!(text["participants"], serde_json::json!([]));
    }

    #[test]
    fn a_file_has_the_contracts_names() {
        let text = serde_json::to_value(FileSnapshot::from(&*file(FileStatus::Complete))).expect("plain data");
        let wanted = serde_json::json!({
            "id": "3", "name": "b.txt", "path": "a/b.txt", "savedAs": "b.txt", "size": 7, "status": "complete",
            "bytesTransferred": 7, "blake3": "ab", "method": "sw-download",
        });
        assert_eq!(text, wanted);
    }

    #[test]
    fn files_are_ready_before_the_transfer_is_complete() {
        let before = View { files: vec![file(FileStatus::Transferring)], ..View::default() };
        let mut after = View { files: vec![file(FileStatus::Complete)], ..View::default() };
        after.transfer.status = TransferStatus::Complete;
        let wanted = [Happening::File("perkoon:file:ready", 0), Happening::Transfer("perkoon:transfer:complete")];
        assert_eq!(happenings(&before, &after), wanted);
    }

    #[test]
    fn a_wrong_password_is_told_as_an_error_each_time() {
        let (before, mut after) = (View::default(), View::default());
        after.transfer.error = Some(ErrorCode::WrongPassword.into());
        assert_eq!(happenings(&before, &after), [Happening::Transfer("perkoon:transfer:error")]);
        assert_eq!(happenings(&after, &before), [], "the next one is being tried");
    }

    #[test]
    fn the_words_are_the_sessions_verification() {
        let mut view = View { words: Some(["one".to_owned(), "two".to_owned()].into()), ..View::default() };
        crate::state::reduce(&mut view, crate::state::Event::Entering { role: Role::Sender, code: None });
        let published =
            |view: &View| serde_json::to_value(Snapshot::from(view)).expect("plain data")["session"]["verification"].clone();
        assert_eq!(published(&view), serde_json::Value::Null, "a new session has none");
        view.words = Some(["one".to_owned(), "two".to_owned()].into());
        assert_eq!(published(&view), serde_json::json!(["one", "two"]));
    }

    #[test]
    fn someone_coming_and_going_is_told_once_each() {
        let other = ParticipantView { id: "b".into(), role: Role::Receiver, own: false, connected: false };
        let with = View { participants: vec![other.clone()], ..View::default() };
        let joined = Happening::Participant("perkoon:participant:joined", other.clone());
        assert_eq!(happenings(&View::default(), &with), [joined]);
        let left = Happening::Participant("perkoon:participant:left", other);
        assert_eq!(happenings(&with, &View::default()), [left]);
        assert_eq!(happenings(&with, &with), []);
    }
}

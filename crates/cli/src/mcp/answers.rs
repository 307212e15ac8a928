//! What the tools answer, with the schema that agents read.

use perkoon_native::{Connection, Done, DoneFile};
use perkoon_protocol::rest::{SessionState, SessionStatus};
use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;

use super::{
    state::{STATUSES, State},
    words,
};

/// Files that are listed, at most: an agent has to read them all.
const LISTED: usize = 100;

/// A file that is sent.
#[derive(Serialize, JsonSchema)]
pub(super) struct Sent {
    /// 12 letters and digits by which the receiver finds the session.
    session_code: String,
    /// The link for the receiver: it works in any browser, and with receive_file.
    #[schemars(url)]
    share_url: String,
    /// "complete" when the receiver has everything. With wait false: how the transfer stands now.
    #[schemars(extend("enum" = STATUSES))]
    status: &'static str,
    /// When the session stops taking people in.
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    #[serde(flatten)]
    done: Option<Transferred>,
    /// What to do now.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<&'static str>,
}

/// Files that were received.
#[derive(Serialize, JsonSchema)]
pub(super) struct Received {
    /// The code of the session that they came in.
    session_code: String,
    /// "complete": every byte is there and was verified.
    #[schemars(extend("const" = "complete"))]
    status: &'static str,
    #[serde(flatten)]
    done: Transferred,
}

/// What a transfer comes to.
#[derive(Serialize, JsonSchema)]
struct Transferred {
    /// Bytes of all files.
    #[schemars(with = "i64", range(min = 0))]
    bytes: u64,
    /// Milliseconds from the receiver's yes to the end.
    #[schemars(with = "i64", range(min = 0))]
    duration_ms: u64,
    /// Bytes a second.
    #[schemars(with = "i64", range(min = 0))]
    speed: u64,
    /// The files; of very many, the first 100.
    files: Vec<File>,
    /// How many there are.
    #[schemars(with = "i32", range(min = 1))]
    file_count: usize,
}

/// A file that was transferred.
#[derive(Serialize, JsonSchema)]
struct File {
    /// Its name, with the folders that it was sent in.
    path: String,
    /// Bytes.
    #[schemars(with = "i64", range(min = 0))]
    size: u64,
    /// Hexadecimal BLAKE3 digest, the one that b3sum prints.
    blake3: String,
    /// Where it is now. Of received files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_to: Option<String>,
}

/// A session as it is now.
#[derive(Serialize, JsonSchema)]
pub(super) struct Session {
    /// The session's code.
    session_code: String,
    status: SessionIs,
    /// How many are there now: the sender, the receiver, or both.
    #[schemars(with = "Option<i32>", range(min = 0, max = 2))]
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<u32>,
    /// Whether the sender said that it would set a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_protected: Option<bool>,
    /// When the session stops taking people in.
    #[schemars(extend("format" = "date-time"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// This program's own transfer in the session, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<Transfer>,
}

/// What a session is doing.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SessionIs {
    /// Somebody is missing.
    Waiting,
    /// Sender and receiver are both there.
    Active,
    /// The last transfer was completed.
    Complete,
    /// The session's time is over.
    Expired,
    /// The server has no session with this code.
    NotFound,
    /// The server cannot be asked, and there is a transfer of this program to tell of.
    Unknown,
}

/// A transfer of this program's own.
#[derive(Serialize, JsonSchema)]
struct Transfer {
    /// What this program does.
    #[schemars(extend("enum" = ["send", "receive"]))]
    direction: &'static str,
    /// How it stands; in the end complete, rejected, cancelled or error.
    #[schemars(extend("enum" = STATUSES))]
    status: &'static str,
    /// Share of the bytes that are through.
    #[schemars(range(min = 0.0, max = 100.0))]
    percent: f64,
    /// The link for the receiver, of a send.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_url: Option<String>,
    /// Whether the bytes go from device to device, or through a relay, which cannot read them.
    #[schemars(extend("enum" = ["direct", "relayed"]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'static str>,
    /// Of a transfer without a password: the people at both ends are told the same words if nobody is in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_words: Option<Vec<&'static str>>,
    /// What it has come to, once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Transferred>,
    /// Why it has failed, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Sent {
    /// Of a send that has a session.
    pub(super) fn of(state: State) -> Self {
        let status = state.status();
        let done = state.outcome.and_then(Result::ok).map(Transferred::of);
        let next_step = done.is_none().then_some(
            "Give share_url to the receiver now. The file is sent in the background: call check_session with the session_code to see how it goes.",
        );
        Self {
            session_code: state.code.map(|code| code.to_string()).unwrap_or_default(),
            share_url: state.share_url.unwrap_or_default(),
            status,
            expires_at: state.expires_at.unwrap_or_default(),
            done,
            next_step,
        }
    }
}

impl Received {
    pub(super) fn of(session_code: String, done: Done) -> Self {
        Self { session_code, status: "complete", done: Transferred::of(done) }
    }
}

impl Transferred {
    fn of(done: Done) -> Self {
        Self {
            bytes: done.bytes,
            duration_ms: u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX),
            speed: done.speed().round() as u64,
            file_count: done.files.len(),
            files: done.files.into_iter().take(LISTED).map(File::of).collect(),
        }
    }
}

impl File {
    fn of(DoneFile { path, saved_to, size, blake3 }: DoneFile) -> Self {
        Self { path, size, blake3, saved_to: saved_to.map(|place| place.display().to_string()) }
    }
}

impl Session {
    /// As the server tells of it.
    pub(super) fn of(status: SessionStatus, own: Option<State>) -> Self {
        Self {
            session_code: status.session_code.to_string(),
            status: match status.status {
                SessionState::Waiting => SessionIs::Waiting,
                SessionState::Active => SessionIs::Active,
                SessionState::Complete => SessionIs::Complete,
                SessionState::Expired => SessionIs::Expired,
            },
            participants: Some(status.participants),
            password_protected: Some(status.password_protected),
            expires_at: Some(status.expires_at),
            transfer: own.map(Transfer::of),
        }
    }

    /// Where the server does not tell.
    pub(super) fn untold(session_code: String, status: SessionIs, own: Option<State>) -> Self {
        let transfer = own.map(Transfer::of);
        Self { session_code, status, participants: None, password_protected: None, expires_at: None, transfer }
    }
}

impl Transfer {
    fn of(state: State) -> Self {
        let (status, percent) = (state.status(), state.percent());
        let (result, error) = match state.outcome {
            None => (None, None),
            Some(Ok(done)) => (Some(Transferred::of(done)), None),
            Some(Err(failure)) => (None, Some(words::of_tool(failure))),
        };
        Self {
            direction: match state.role {
                perkoon_protocol::Role::Sender => "send",
                perkoon_protocol::Role::Receiver => "receive",
            },
            status,
            percent,
            share_url: state.share_url,
            connection: state.connection.map(|connection| match connection {
                Connection::Direct => "direct",
                Connection::Relayed => "relayed",
            }),
            verification_words: state.words.map(Vec::from),
            result,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use perkoon_native::Told;
    use perkoon_protocol::{ErrorCode, Role};
    use serde_json::json;

    use super::*;

    const CODE: &str = "K7MX4QPR9W2N";
    const LINK: &str = "https://perkoon.example/K7MX4QPR9W2N";

    fn sending() -> State {
        let mut state = State::new(Role::Sender, None);
        let (code, expires_at) = (CODE.parse().expect("a code"), "2026-11-28T08:00:00Z".to_owned());
        state.take(Told::Session { code, share_url: LINK.to_owned(), expires_at });
        state
    }

    fn done(files: usize) -> Done {
        let file = |number| DoneFile {
            path: format!("{number}.txt"),
            saved_to: Some(PathBuf::from(format!("/in/{number}.txt"))),
            size: 2,
            blake3: "ab".to_owned(),
        };
        Done { duration: Duration::from_millis(500), bytes: 1000, files: (0..files).map(file).collect() }
    }

    #[test]
    fn a_send_in_the_background_says_what_to_do_next() {
        let answer = serde_json::to_value(Sent::of(sending())).expect("JSON");
        assert_eq!((&answer["share_url"], &answer["status"]), (&json!(LINK), &json!("waiting")));
        assert!(answer["next_step"].as_str().is_some_and(|step| step.contains("check_session")), "{answer}");
        assert!(answer.get("bytes").is_none());
    }

    #[test]
    fn a_send_that_is_complete_says_what_was_sent() {
        let mut state = sending();
        state.outcome = Some(Ok(done(1)));
        let answer = serde_json::to_value(Sent::of(state)).expect("JSON");
        assert_eq!(
            (&answer["status"], &answer["duration_ms"], &answer["speed"]),
            (&json!("complete"), &json!(500), &json!(2000))
        );
        assert!(answer.get("next_step").is_none());
    }

    #[test]
    fn of_many_files_some_are_listed() {
        let answer = serde_json::to_value(Received::of(CODE.to_owned(), done(101))).expect("JSON");
        assert_eq!((answer["files"].as_array().map(Vec::len), &answer["file_count"]), (Some(100), &json!(101)));
        assert_eq!(answer["files"][1], json!({ "path": "1.txt", "size": 2, "blake3": "ab", "saved_to": "/in/1.txt" }));
    }

    #[test]
    fn a_session_tells_of_this_programs_own_transfer() {
        let mut state = sending();
        state.outcome = Some(Err(ErrorCode::PeerRejected.into()));
        let answer = serde_json::to_value(Session::untold(CODE.to_owned(), SessionIs::NotFound, Some(state))).expect("JSON");
        assert_eq!((&answer["status"], &answer["transfer"]["status"]), (&json!("not_found"), &json!("rejected")));
        assert!(answer["transfer"]["error"].as_str().is_some_and(|error| error.contains("declined")), "{answer}");
        assert_eq!(answer["transfer"]["share_url"], LINK);
    }
}

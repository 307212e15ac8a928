//! What the tools answer, with the schema that agents read.

use perkoon_protocol::rest::{CreatedSession, SessionState, SessionStatus};
use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;

use crate::{config::RequestLimits, state::Shared};

/// A new session.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Session {
    /// 12 letters and digits by which the receiver finds the session.
    session_code: String,
    /// The link for the receiver.
    #[schemars(url)]
    share_url: String,
    /// The link for the sender. It holds the key: give it to nobody else.
    #[schemars(url)]
    sender_url: String,
    /// Proves that its holder may send in this session. A secret.
    sender_key: String,
    /// When the session stops taking people in.
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// What to do now, in order.
    next_steps: Vec<String>,
}

impl From<CreatedSession> for Session {
    fn from(created: CreatedSession) -> Self {
        let CreatedSession { session_code, share_url, sender_url, sender_key, expires_at } = created;
        let next_steps = vec![
            format!(
                "Have whoever has the files open {sender_url} in a browser, accept the terms, press Start and add the files. The page has \
                 to stay open until the transfer is complete."
            ),
            format!(
                "Give {share_url} (or the code {session_code}) to the receiver, who opens it in a browser and accepts the files."
            ),
            "Call check_session to see whether the two are there and whether the transfer is complete.".to_owned(),
        ];
        Self { session_code: session_code.to_string(), share_url, sender_url, sender_key, expires_at, next_steps }
    }
}

/// A session as it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Status {
    /// The session's code.
    session_code: String,
    status: State,
    /// How many are there now: the sender, the receiver, or both.
    #[schemars(with = "i32", range(min = 0, max = 2))]
    participants: u32,
    /// Whether the sender said that it would set a password.
    password_protected: bool,
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    /// When the session stops taking people in.
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
}

/// What a session is doing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Somebody is missing.
    Waiting,
    /// Sender and receiver are both there.
    Active,
    /// The last transfer was completed.
    Complete,
    /// The session's time is over.
    Expired,
}

impl From<SessionStatus> for Status {
    fn from(status: SessionStatus) -> Self {
        Self {
            session_code: status.session_code.to_string(),
            status: match status.status {
                SessionState::Waiting => State::Waiting,
                SessionState::Active => State::Active,
                SessionState::Complete => State::Complete,
                SessionState::Expired => State::Expired,
            },
            participants: status.participants,
            password_protected: status.password_protected,
            created_at: status.created_at,
            expires_at: status.expires_at,
        }
    }
}

/// What this server is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Description {
    name: &'static str,
    version: &'static str,
    /// Where its pages are.
    #[schemars(url)]
    url: String,
    /// The whole guide for agents, in Markdown.
    #[schemars(url)]
    guide_url: String,
    summary: &'static str,
    /// How files are sent.
    send: Vec<String>,
    /// How files are received.
    receive: Vec<String>,
    limits: Limits,
}

/// What one network address may do in 60 seconds; 0 is any number.
#[derive(Debug, Serialize, JsonSchema)]
struct Limits {
    #[schemars(with = "i64", range(min = 0))]
    new_sessions: usize,
    #[schemars(with = "i64", range(min = 0))]
    joins: usize,
    #[schemars(with = "i64", range(min = 0))]
    status_checks: usize,
}

/// The whole in two sentences.
pub(super) const SUMMARY: &str = "Perkoon moves files from one device to another, straight from browser to browser over WebRTC: no account, \
     no upload, no size limit. This server makes the sessions in which the two meet, and never sees a file.";

impl Description {
    pub(super) fn of(state: &Shared) -> Self {
        let pages = &state.pages;
        let RequestLimits { creates, joins, statuses } = state.request_limits;
        Self {
            name: "perkoon",
            version: env!("CARGO_PKG_VERSION"),
            url: pages.clone(),
            guide_url: format!("{pages}/llms.txt"),
            summary: SUMMARY,
            send: vec![
                "Call create_session.".to_owned(),
                "Open its sender_url in a browser (a person, or a script that drives one: see guide_url), accept the terms, press Start, add \
                 the files, and start the transfer once the receiver is there."
                    .to_owned(),
                "Give its share_url to the receiver, and keep the sender's page open until the transfer is complete.".to_owned(),
            ],
            receive: vec![
                "Call check_session with the code that the sender gave you.".to_owned(),
                format!("Open {pages}/CODE in a browser and accept the files. Scripts add ?agent=true: then each file is a download."),
            ],
            limits: Limits { new_sessions: creates, joins, status_checks: statuses },
        }
    }
}

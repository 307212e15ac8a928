//! How a transfer stands, as far as it has been told. Pure.

use perkoon_native::{Connection, Done, Progress, Told};
use perkoon_peer::{Failure, format};
use perkoon_protocol::{ErrorCode, Role, SessionCode};

use crate::words;

/// A transfer as it stands.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What this end does.
    pub role: Role,
    /// The session; none while a sender has none yet.
    pub code: Option<SessionCode>,
    /// Sender: the link for the receiver.
    pub share_url: Option<String>,
    /// Sender: RFC 3339 time at which the session ends.
    pub expires_at: Option<String>,
    pub stage: Stage,
    /// Whether anything was offered.
    pub offered: bool,
    pub connection: Option<Connection>,
    /// Without a password: what both ends are told if nobody is in between.
    pub words: Option<[&'static str; 4]>,
    pub progress: Option<Progress>,
    /// What has come of it.
    pub outcome: Option<Result<Done, Failure>>,
}

/// What a transfer is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no seat in a session yet.
    Starting,
    /// The other side is not there.
    Waiting,
    /// The other side is there.
    Connecting,
    /// The receiver is asked.
    Offered,
    /// Bytes move.
    Transferring,
    /// Somebody holds it.
    Paused,
    /// The connection is lost.
    Reconnecting,
}

/// What [`State::status`] may be.
pub(super) const STATUSES: [&str; 10] =
    ["waiting", "connecting", "offered", "transferring", "paused", "reconnecting", "complete", "rejected", "cancelled", "error"];

impl State {
    pub(super) const fn new(role: Role, code: Option<SessionCode>) -> Self {
        Self {
            role,
            code,
            share_url: None,
            expires_at: None,
            stage: Stage::Starting,
            offered: false,
            connection: None,
            words: None,
            progress: None,
            outcome: None,
        }
    }

    /// Takes in what a transfer tells.
    pub(super) fn take(&mut self, told: Told) {
        match told {
            Told::Session { code, share_url, expires_at } => {
                (self.code, self.share_url, self.expires_at) = (Some(code), Some(share_url), Some(expires_at));
                self.stage = Stage::Waiting;
            }
            Told::Joined { code } => (self.code, self.stage) = (Some(code), Stage::Waiting),
            Told::PeerFound => self.stage = Stage::Connecting,
            Told::Connected(connection) => self.connection = Some(connection),
            Told::Words(words) => self.words = Some(words),
            Told::Proven | Told::PasswordRefused { .. } => {}
            Told::Offered { .. } => (self.stage, self.offered) = (Stage::Offered, true),
            Told::Accepted | Told::Resumed | Told::Continued => self.stage = Stage::Transferring,
            Told::Progress(progress) => self.progress = Some(progress),
            Told::Paused { .. } => self.stage = Stage::Paused,
            Told::Interrupted => self.stage = Stage::Reconnecting,
        }
    }

    /// Takes in what has come of it, in words that fit at this end.
    pub(super) fn end(&mut self, outcome: Result<Done, Failure>) {
        let in_words = |failure: Failure| {
            let cause = words::cause(&failure, self.role, self.offered, false);
            words::of_transfer(failure, self.role, cause)
        };
        self.outcome = Some(outcome.map_err(in_words));
    }

    /// The state in one word.
    pub(super) fn status(&self) -> &'static str {
        match (&self.outcome, self.stage) {
            (Some(Ok(_)), _) => "complete",
            (Some(Err(Failure { code: ErrorCode::PeerRejected, .. })), _) => "rejected",
            (Some(Err(Failure { code: ErrorCode::Cancelled, .. })), _) => "cancelled",
            (Some(Err(_)), _) => "error",
            (None, Stage::Starting | Stage::Waiting) => "waiting",
            (None, Stage::Connecting) => "connecting",
            (None, Stage::Offered) => "offered",
            (None, Stage::Transferring) => "transferring",
            (None, Stage::Paused) => "paused",
            (None, Stage::Reconnecting) => "reconnecting",
        }
    }

    /// Share of the bytes, 0 to 100; 100 only when everything is there.
    pub(super) fn percent(&self) -> f64 {
        match (&self.outcome, &self.progress) {
            (Some(Ok(_)), _) => 100.0,
            (_, Some(progress)) => progress.percent(),
            (_, None) => 0.0,
        }
    }

    /// The state in a sentence.
    pub(super) fn sentence(&self) -> String {
        match (self.stage, self.role) {
            (Stage::Starting, _) => "Asking the server for a session.".to_owned(),
            (Stage::Waiting, Role::Sender) => {
                format!("Waiting for the receiver. Give them this link: {}", self.share_url.as_deref().unwrap_or_default())
            }
            (Stage::Waiting, Role::Receiver) => "Waiting for the sender.".to_owned(),
            (Stage::Connecting, Role::Sender) => "The receiver is here.".to_owned(),
            (Stage::Connecting, Role::Receiver) => "The sender is here, and has offered nothing yet.".to_owned(),
            (Stage::Offered, Role::Sender) => "Waiting for the receiver to accept the file.".to_owned(),
            (Stage::Offered, Role::Receiver) => "Getting ready to receive.".to_owned(),
            (Stage::Transferring, _) => self.moved(),
            (Stage::Paused, _) => "The transfer is paused.".to_owned(),
            (Stage::Reconnecting, _) => "The connection is lost. Waiting for it to come back.".to_owned(),
        }
    }

    fn moved(&self) -> String {
        let Some(Progress { bytes, total, speed, .. }) = self.progress else { return "The transfer begins.".to_owned() };
        let percent = format::percent(self.percent());
        format!("{percent}: {} of {}, {}", format::bytes(bytes), format::bytes(total), format::speed(speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "K7MX4QPR9W2N";

    fn session() -> Told {
        Told::Session {
            code: CODE.parse().expect("a code"),
            share_url: format!("https://perkoon.example/{CODE}"),
            expires_at: "2026-11-28T08:00:00Z".to_owned(),
        }
    }

    fn progress(bytes: u64) -> Told {
        Told::Progress(Progress { bytes, total: 2 << 20, speed: 1024.0, eta: None })
    }

    #[test]
    fn a_send_is_told_of_from_the_link_to_the_end() {
        let mut state = State::new(Role::Sender, None);
        assert_eq!((state.status(), state.percent()), ("waiting", 0.0));
        for (told, status, sentence) in [
            (session(), "waiting", "https://perkoon.example/K7MX4QPR9W2N"),
            (Told::PeerFound, "connecting", "receiver is here"),
            (Told::Connected(Connection::Direct), "connecting", "receiver is here"),
            (Told::Offered { files: Vec::new(), bytes: 2 << 20 }, "offered", "to accept"),
            (Told::Accepted, "transferring", "begins"),
            (progress(1 << 20), "transferring", "50 %: 1.00 MiB of 2.00 MiB, 1.00 KiB/s"),
            (Told::Paused { by: Role::Receiver }, "paused", "paused"),
            (Told::Resumed, "transferring", "50 %"),
            (Told::Interrupted, "reconnecting", "lost"),
            (Told::Continued, "transferring", "50 %"),
        ] {
            state.take(told.clone());
            assert_eq!(state.status(), status, "{told:?}");
            assert!(STATUSES.contains(&status));
            assert!(state.sentence().contains(sentence), "{told:?}: {}", state.sentence());
        }
        state.outcome = Some(Ok(Done { duration: std::time::Duration::ZERO, bytes: 0, files: Vec::new() }));
        assert_eq!((state.status(), state.percent()), ("complete", 100.0));
    }

    #[test]
    fn how_a_transfer_has_failed_is_told() {
        let mut state = State::new(Role::Receiver, CODE.parse().ok());
        state.take(progress(1));
        for (code, status) in
            [(ErrorCode::PeerRejected, "rejected"), (ErrorCode::Cancelled, "cancelled"), (ErrorCode::Timeout, "error")]
        {
            state.outcome = Some(Err(code.into()));
            assert_eq!(state.status(), status);
            assert!(STATUSES.contains(&status));
            assert!(state.percent() < 100.0);
        }
    }
}

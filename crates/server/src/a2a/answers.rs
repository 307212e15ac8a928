//! What the skills answer: data for programs, and the same steps as text for whoever reads along.

use perkoon_protocol::{
    SessionCode,
    rest::{CreatedSession, SessionState, SessionStatus},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    card,
    skills::{Capabilities, Skill},
};
use crate::state::Shared;

/// An answer, before it is put into a message.
#[derive(Debug)]
pub(super) struct Answer {
    pub data: Value,
    pub text: String,
}

impl Answer {
    /// The steps are the text as well.
    fn new(data: &impl Serialize, next_steps: &[String]) -> Self {
        let data = serde_json::to_value(data).expect("an answer has string keys");
        Self { data, text: next_steps.join("\n") }
    }
}

/// How files are best moved by a client, judging by what it says it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    /// With the command line.
    Cli,
    /// In a browser that the client drives.
    Browser,
    /// By a person, in any browser.
    Person,
}

impl Way {
    const fn best(capabilities: Capabilities) -> Self {
        match capabilities {
            Capabilities { shell: true, .. } => Self::Cli,
            Capabilities { browser: true, .. } => Self::Browser,
            _ => Self::Person,
        }
    }

    /// This way first, then the others, the one for everybody before the one that takes a program.
    fn in_order(self, steps: impl Fn(Self) -> String) -> Vec<String> {
        let others = [Self::Person, Self::Cli, Self::Browser].into_iter().filter(|way| *way != self);
        let mut told: Vec<String> = std::iter::once(self).chain(others).map(steps).collect();
        for step in &mut told[1..] {
            step.insert_str(0, "Or: ");
        }
        told
    }
}

#[derive(Serialize)]
struct Cli {
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<String>,
    receive: String,
}

#[derive(Serialize)]
struct SendFiles<'a> {
    skill: &'static str,
    #[serde(flatten)]
    session: CreatedSession,
    receiver_url: &'a str,
    status_url: &'a str,
    recommended: Way,
    cli: Cli,
    next_steps: &'a [String],
}

/// Where things are: the two differ when the pages are on another host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    /// The server's own origin.
    server: &'a str,
    /// What the pages' addresses begin with.
    pages: &'a str,
}

impl<'a> Places<'a> {
    pub(super) fn of(state: &'a Shared) -> Self {
        Self { server: &state.origin, pages: &state.pages }
    }
}

/// `send-files`: a session for whoever has the files.
pub(super) fn send_files(Places { server, pages }: Places<'_>, session: CreatedSession, capabilities: Capabilities) -> Answer {
    let CreatedSession { session_code: code, share_url, sender_url, sender_key, .. } = session.clone();
    let send = format!("perkoon send FILE --session {code} --sender-key {sender_key} --json --timeout 1800 --server {server}");
    let recommended = Way::best(capabilities);
    let mut steps = recommended.in_order(|way| match way {
        Way::Cli => format!("With a shell: put the file's path in place of FILE and run `{send}`."),
        Way::Browser => format!(
            "With a browser that you drive: open {share_url}?agent=true#key={sender_key}, accept the terms, press Start, add the files and \
             start the transfer. {pages}/llms.txt has the hooks."
        ),
        Way::Person => format!(
            "Give sender_url to the person who has the files: {sender_url} opens in any browser, where they accept the terms, press Start \
             and add the files."
        ),
    });
    steps.push(format!("Give share_url to the receiver: {share_url} opens in any browser, and nothing has to be installed."));
    steps.push(
        "Whoever has sender_url or sender_key can send in this session: give them to nobody but the sender. Files go straight from one \
         side to the other, so both stay until the transfer is complete; session-status says how far it is."
            .to_owned(),
    );
    let data = SendFiles {
        skill: Skill::SendFiles.id(),
        receiver_url: &share_url,
        status_url: &status_url(server, code),
        session,
        recommended,
        cli: Cli { send: Some(send), receive: receive(server, code.as_str()) },
        next_steps: &steps,
    };
    Answer::new(&data, &steps)
}

#[derive(Serialize)]
struct ReceiveFiles<'a> {
    skill: &'static str,
    #[serde(flatten)]
    session: &'a SessionStatus,
    share_url: &'a str,
    receiver_url: &'a str,
    status_url: String,
    recommended: Way,
    cli: Cli,
    next_steps: &'a [String],
}

/// `receive-files`: how to receive in a session that somebody else has made.
pub(super) fn receive_files(Places { server, pages }: Places<'_>, session: &SessionStatus, capabilities: Capabilities) -> Answer {
    let url = format!("{pages}/{}", session.session_code);
    let receive = receive(server, session.session_code.as_str());
    let recommended = Way::best(capabilities);
    let mut steps = recommended.in_order(|way| match way {
        Way::Cli => format!("With a shell: run `{receive}`."),
        Way::Browser => format!(
            "With a browser that you drive: open {url}?agent=true and accept the offer once it is there; every file becomes a download. \
             {pages}/llms.txt has the hooks{}.",
            if capabilities.node { ", and a script that does it all for Node.js with Playwright" } else { "" }
        ),
        Way::Person => format!("Give {url} to the person who wants the files: it opens in any browser, where they accept the files."),
    });
    if session.password_protected {
        steps.push(
            "The sender said that there would be a password: ask them for it. A command reads it from PERKOON_PASSWORD."
                .to_owned(),
        );
    }
    steps.push(presence(session));
    let data = ReceiveFiles {
        skill: Skill::ReceiveFiles.id(),
        session,
        share_url: &url,
        receiver_url: &url,
        status_url: status_url(server, session.session_code),
        recommended,
        cli: Cli { send: None, receive },
        next_steps: &steps,
    };
    Answer::new(&data, &steps)
}

#[derive(Serialize)]
struct Looked<'a> {
    skill: &'static str,
    #[serde(flatten)]
    session: &'a SessionStatus,
    status_url: String,
    next_steps: &'a [String],
}

/// `session-status`: who is there, and how far they are.
pub(super) fn session_status(Places { server, .. }: Places<'_>, session: &SessionStatus) -> Answer {
    let status_url = status_url(server, session.session_code);
    let steps = [presence(session)];
    Answer::new(&Looked { skill: Skill::SessionStatus.id(), session, status_url, next_steps: &steps }, &steps)
}

fn presence(session: &SessionStatus) -> String {
    match (session.status, session.participants) {
        (SessionState::Waiting, 0) => "Nobody is there yet: the sender opens sender_url, the receiver share_url.",
        (SessionState::Waiting, _) => "One of the two is there and waits for the other.",
        (SessionState::Active, _) => "Sender and receiver are both there. Ask again to see when the transfer is complete.",
        (SessionState::Complete, _) => "The transfer is complete.",
        (SessionState::Expired, _) => "The session has expired and lets nobody in any more: make a new one with send-files.",
    }
    .to_owned()
}

/// `describe`: what there is here, for who has not read the card.
pub(super) fn describe(Places { server, pages }: Places<'_>) -> Answer {
    let steps = [
        format!("Perkoon at {pages} moves files from one device to another, straight over WebRTC: no account, no upload, no size limit."),
        "To send files, or to have somebody send you some, call send-files. It makes a session and answers with the links for both sides."
            .to_owned(),
        "To receive with a code that you were given, call receive-files with session_code.".to_owned(),
        "To see how far a session is, call session-status with session_code, or fetch its status_url.".to_owned(),
        "With clientCapabilities, such as {\"shellAccess\":true,\"browser\":false}, the way that suits you comes first in every answer."
            .to_owned(),
    ];
    let data = json!({
        "skill": Skill::Describe.id(),
        "name": card::NAME,
        "version": env!("CARGO_PKG_VERSION"),
        "description": card::DESCRIPTION,
        "skills": Skill::ALL.map(card::skill),
        "agent_card": format!("{server}{}", card::PATH),
        "openapi": format!("{server}/api/v1/openapi.json"),
        "guide": format!("{pages}/llms.txt"),
        "create_url": format!("{pages}/create"),
        "cli": {
            "send": format!("perkoon send FILE --json --timeout 1800 --server {server}"),
            "receive": receive(server, "CODE"),
        },
        "next_steps": steps,
    });
    Answer::new(&data, &steps)
}

fn receive(server: &str, code: &str) -> String {
    format!("perkoon receive {code} --json --overwrite --output ./received/ --server {server}")
}

fn status_url(server: &str, code: SessionCode) -> String {
    format!("{server}/api/v1/sessions/{code}/status")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places<'_> = Places { server: "https://s.example", pages: "https://p.example" };

    fn created() -> CreatedSession {
        CreatedSession {
            session_code: "K7MX4QPR9W2N".parse().expect("a code"),
            share_url: "https://p.example/K7MX4QPR9W2N".to_owned(),
            sender_url: "https://p.example/K7MX4QPR9W2N#key=KEY".to_owned(),
            sender_key: "KEY".to_owned(),
            expires_at: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn what_the_client_can_do_comes_first() {
        let first = |shell, browser| {
            let answer = send_files(PLACES, created(), Capabilities { shell, browser, node: false });
            (answer.data["recommended"].clone(), answer.data["next_steps"][0].as_str().expect("a step").to_owned())
        };
        let (way, step) = first(true, true);
        assert_eq!(way, "cli");
        assert!(step.contains(
            "`perkoon send FILE --session K7MX4QPR9W2N --sender-key KEY --json --timeout 1800 --server https://s.example`"
        ));
        let (way, step) = first(false, true);
        assert_eq!(way, "browser");
        assert!(step.contains("https://p.example/K7MX4QPR9W2N?agent=true#key=KEY"), "{step}");
        let (way, step) = first(false, false);
        assert_eq!(way, "person");
        assert!(step.contains("https://p.example/K7MX4QPR9W2N#key=KEY"), "{step}");
    }

    #[test]
    fn every_answer_has_all_the_contract_names() {
        let answer = send_files(PLACES, created(), Capabilities::default());
        for name in ["session_code", "share_url", "sender_url", "receiver_url", "sender_key", "cli", "next_steps", "expires_at"] {
            assert!(!answer.data[name].is_null(), "{name}");
        }
        assert_eq!(answer.text.lines().count(), answer.data["next_steps"].as_array().expect("steps").len());
    }
}

//! One line of each event, as it was agreed on with whoever reads them.

use std::{path::PathBuf, time::Duration};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, SessionCode};

use super::*;

const GOLDEN: &str = include_str!("../../../tests/events.jsonl");

fn lines<'a>(events: impl IntoIterator<Item = Event<'a>>) -> Vec<String> {
    events.into_iter().map(|event| event.line()).collect()
}

fn code() -> SessionCode {
    "K7MX4QPR9W2N".parse().expect("a code")
}

fn files() -> Vec<OfferedFile> {
    ["photos/a.jpg", "photos/b.jpg"].map(|path| OfferedFile { path: path.to_owned(), size: 512 }).to_vec()
}

fn done(saved_to: Option<&str>) -> Done {
    let file = DoneFile {
        path: "photos/\"a\".jpg".to_owned(),
        saved_to: saved_to.map(PathBuf::from),
        size: 1024,
        blake3: "ab".repeat(32),
    };
    Done { duration: Duration::from_millis(2_000), bytes: 1024, files: vec![file] }
}

fn progress(bytes: u64, eta: Option<f64>) -> Told {
    Told::Progress(Progress { bytes, total: 1024, speed: 511.6, eta })
}

/// What is told to a sender, and to a receiver.
fn story(role: Role) -> Vec<Told> {
    let begun = match role {
        Role::Sender => Told::Session {
            code: code(),
            share_url: "https://perkoon.example/K7MX4QPR9W2N".to_owned(),
            expires_at: "2026-11-29T08:00:00Z".to_owned(),
        },
        Role::Receiver => Told::Joined { code: code() },
    };
    vec![
        begun,
        Told::PeerFound,
        Told::PasswordRefused { left: 4 },
        Told::Connected(Connection::Direct),
        Told::Connected(Connection::Relayed),
        Told::Words(["acid", "acorn", "acre", "act"]),
        Told::Proven,
        Told::Offered { files: files(), bytes: 1024 },
        Told::Accepted,
        progress(0, None),
        progress(432, Some(1.2)),
        Told::Paused { by: Role::Receiver },
        Told::Resumed,
        Told::Interrupted,
        Told::Continued,
        progress(1024, Some(0.0)),
    ]
}

#[test]
fn every_event_is_written_as_agreed() {
    let mut found = lines([ready(&files())]);
    for role in [Role::Sender, Role::Receiver] {
        for step in story(role) {
            found.extend(lines(told(role, true, &step)));
        }
    }
    found.extend(lines([
        complete(Role::Sender, &done(None), None),
        complete(Role::Receiver, &done(Some("/home/ada/received/photos/\"a\".jpg")), Some("/home/ada/received")),
        complete(Role::Receiver, &done(None), None),
        failed(&ErrorCode::SessionNotFound.into(), Exit::Network),
        failed(&Failure::new(ErrorCode::FileUnreadable, "Two\nlines and a \"quote\"."), Exit::NoSuchFile),
    ]));
    assert_eq!(found.join("\n") + "\n", GOLDEN);
}

#[test]
fn what_others_wrote_stays_within_its_line() {
    let Told::Offered { bytes, .. } = (Told::Offered { files: Vec::new(), bytes: 1 }) else { unreachable!() };
    let hostile = OfferedFile { path: "a\nb\u{1b}[2J".to_owned(), size: bytes };
    let line = ready(&[hostile]).line();
    assert!(line.chars().all(|c| !c.is_control()), "{line}");
}

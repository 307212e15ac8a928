//! The wire format, to the letter. What differs from these files is another version of the protocol.

use perkoon_protocol::control::{ControlMessage, Entry, Hash, Standing, StandingState, TransferId};
use perkoon_protocol::rest::{
    CreateSession, CreatedSession, IceServer, JoinSession, JoinedSession, Problem, SessionState, SessionStatus,
};
use perkoon_protocol::signal::{ClientMessage, Participant, ReportState, ServerMessage, Signal};
use perkoon_protocol::{ErrorCode, PROTOCOL_VERSION, Role, limits};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

const ID: TransferId =
    TransferId([0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0]);

/// A file of vectors: names and exact texts.
fn vectors(json: &str) -> Vec<(String, String)> {
    serde_json::from_str(json).expect("a list of pairs")
}

/// Every value has its vector, in the same order, and reads back as itself.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: &str, values: &[T]) {
    let vectors = vectors(json);
    for (value, (name, text)) in values.iter().zip(&vectors) {
        assert_eq!(&serde_json::to_string(value).expect("plain data"), text, "{name}");
        assert_eq!(&serde_json::from_str::<T>(text).expect(name), value, "{name}");
    }
    assert_eq!(values.len(), vectors.len());
}

fn hash() -> Hash {
    Hash(std::array::from_fn(|index| index as u8 * 7))
}

fn entry(path: &[&str], size: u64, modified: Option<i64>) -> Entry {
    Entry { path: path.iter().map(|part| (*part).to_owned()).collect(), size, modified }
}

fn hello(role: Role, agent: &str, known: bool, protected: bool) -> ControlMessage {
    let commitment = (role == Role::Sender).then(hash);
    ControlMessage::Hello { version: PROTOCOL_VERSION, role, agent: agent.to_owned(), known, commitment, protected }
}

fn standing(state: StandingState, bytes: u64, pieces: Option<Hash>) -> ControlMessage {
    ControlMessage::Standing { standing: Some(Standing { transfer: ID, state, bytes, files: 1, pieces }) }
}

fn control() -> Vec<ControlMessage> {
    vec![
        hello(Role::Sender, "perkoon-web/0.1.0", false, false),
        hello(Role::Sender, "", true, true),
        hello(Role::Receiver, "", false, false),
        ControlMessage::Nonce { nonce: hash() },
        ControlMessage::Share { share: hash() },
        ControlMessage::Confirm { tag: hash() },
        ControlMessage::Attempts { left: 4 },
        ControlMessage::Standing { standing: None },
        standing(StandingState::Open, 1_048_576, None),
        standing(StandingState::Paused, 3_145_728, Some(hash())),
        ControlMessage::Offer { transfer: ID, files: 2, bytes: 1_048_577 },
        ControlMessage::Entries {
            transfer: ID,
            first: 0,
            entries: vec![
                entry(&["photos", "sea \"at\" night \u{1f30a}.jpg"], 1_048_577, Some(1_700_000_000_123)),
                entry(&["empty"], 0, None),
            ],
        },
        ControlMessage::Entries { transfer: ID, first: 100, entries: vec![entry(&["b"], limits::FILE_BYTES, Some(-1))] },
        ControlMessage::Accept { transfer: ID },
        ControlMessage::Reject { transfer: ID },
        ControlMessage::Request { transfer: ID, request: 1, file: 0, offset: 1_048_576, length: 1, lane: 0 },
        ControlMessage::Check { transfer: ID, request: 2, file: 0, offset: 1_048_576, length: 1, hash: hash() },
        ControlMessage::Piece { transfer: ID, request: 1, hash: hash() },
        ControlMessage::Unavailable { transfer: ID, request: 1, code: ErrorCode::FileChanged },
        ControlMessage::Written { transfer: ID, bytes: 1_048_577 },
        ControlMessage::FileDone { transfer: ID, file: 0, hash: hash() },
        ControlMessage::Pause { transfer: ID },
        ControlMessage::Resume { transfer: ID },
        ControlMessage::Cancel { transfer: ID },
        ControlMessage::Complete { transfer: ID },
        ControlMessage::Error { transfer: Some(ID), code: ErrorCode::InsufficientStorage, message: "no room".to_owned() },
        ControlMessage::Error { transfer: None, code: ErrorCode::VersionMismatch, message: "another version".to_owned() },
    ]
}

#[test]
fn control_messages() {
    check(include_str!("golden/control.json"), &control());
    for message in control() {
        assert_eq!(ControlMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn broken_control_messages() {
    for (name, text) in vectors(include_str!("golden/control_rejects.json")) {
        assert!(ControlMessage::decode(&text).is_err(), "{name}: {text}");
    }
    let longest = format!("{}{}", ControlMessage::Cancel { transfer: ID }.encode(), " ".repeat(limits::CONTROL_MESSAGE_BYTES));
    assert!(ControlMessage::decode(&longest[..limits::CONTROL_MESSAGE_BYTES]).is_ok());
    assert!(ControlMessage::decode(&longest[..=limits::CONTROL_MESSAGE_BYTES]).is_err());
}

#[test]
fn a_hello_of_a_later_version_is_understood_that_far() {
    let later = r#"{"type":"hello","version":9,"role":"observer","features":["x"]}"#;
    assert_eq!(ControlMessage::spoken_version(later), Some(9));
    for text in [r#"{"type":"offer","version":9}"#, r#"{"type":"hello"}"#, r#"{"type":"hello","version":-1}"#, "9", ""] {
        assert_eq!(ControlMessage::spoken_version(text), None, "{text}");
    }
}

#[test]
fn messages_name_their_transfer() {
    for message in control() {
        let of_greeting = matches!(message, ControlMessage::Hello { .. } | ControlMessage::Standing { .. });
        let expected = (!of_greeting && message.encode().contains(&ID.to_string())).then_some(ID);
        assert_eq!(message.transfer(), expected, "{message:?}");
    }
}

fn client_messages() -> Vec<ClientMessage> {
    let to = || "p2".to_owned();
    vec![
        ClientMessage::Hello { token: "t0k3n".to_owned() },
        ClientMessage::Signal { to: to(), signal: Signal::Offer { connection: 1, sdp: "v=0\r\n".to_owned() } },
        ClientMessage::Signal { to: to(), signal: Signal::Answer { connection: 1, sdp: "v=0\r\n".to_owned() } },
        ClientMessage::Signal {
            to: to(),
            signal: Signal::Candidate {
                connection: 1,
                candidate: "candidate:1 1 udp 1 10.99.0.1 9 typ host".to_owned(),
                sdp_mid: Some("0".to_owned()),
                sdp_m_line_index: Some(0),
            },
        },
        ClientMessage::Signal {
            to: to(),
            signal: Signal::Candidate { connection: 1, candidate: String::new(), sdp_mid: None, sdp_m_line_index: None },
        },
        ClientMessage::Report { state: ReportState::Accepted },
        ClientMessage::Report { state: ReportState::Rejected },
        ClientMessage::Report { state: ReportState::Complete },
        ClientMessage::Leave,
        ClientMessage::Ping,
    ]
}

fn server_messages() -> Vec<ServerMessage> {
    let participant = |id: &str, role| Participant { id: id.to_owned(), role };
    vec![
        ServerMessage::Welcome {
            id: "p2".to_owned(),
            participants: vec![participant("p1", Role::Sender), participant("p2", Role::Receiver)],
        },
        ServerMessage::Joined { participant: participant("p2", Role::Receiver) },
        ServerMessage::Left { id: "p2".to_owned(), lost: false },
        ServerMessage::Left { id: "p2".to_owned(), lost: true },
        ServerMessage::Pong,
        ServerMessage::Signal { from: "p1".to_owned(), signal: Signal::Offer { connection: 1, sdp: "v=0\r\n".to_owned() } },
        ServerMessage::Error { code: ErrorCode::Replaced, message: "Taken over.".to_owned() },
    ]
}

#[test]
fn signalling_messages() {
    check(include_str!("golden/signal_client.json"), &client_messages());
    check(include_str!("golden/signal_server.json"), &server_messages());
    for (name, text) in vectors(include_str!("golden/signal_rejects.json")) {
        assert!(serde_json::from_str::<ClientMessage>(&text).is_err(), "{name}: {text}");
    }
}

#[test]
fn rest_bodies() {
    let code = || "K7MX4QPR9W2N".parse().expect("the seed's code");
    let expires_at = || "2026-01-02T03:04:05Z".to_owned();
    check(
        include_str!("golden/rest_create.json"),
        &[CreateSession::default(), CreateSession { name: Some("report".to_owned()), password_protected: true, ttl_s: Some(60) }],
    );
    let created = CreatedSession {
        session_code: code(),
        share_url: "http://127.0.0.1:8787/K7MX4QPR9W2N".to_owned(),
        sender_url: "http://127.0.0.1:8787/K7MX4QPR9W2N#key=k".to_owned(),
        sender_key: "k".to_owned(),
        expires_at: expires_at(),
    };
    check(include_str!("golden/rest_created.json"), &[created]);
    let joins = [
        JoinSession { role: Role::Receiver, sender_key: None, token: None },
        JoinSession { role: Role::Sender, sender_key: Some("k".to_owned()), token: None },
        JoinSession { role: Role::Receiver, sender_key: None, token: Some("t0k3n".to_owned()) },
    ];
    check(include_str!("golden/rest_join.json"), &joins);
    let stun = IceServer { urls: vec!["stun:stun.example.org".to_owned()], username: None, credential: None };
    let joined = JoinedSession {
        participant_id: "p1".to_owned(),
        token: "t0k3n".to_owned(),
        ice_servers: vec![stun],
        password_protected: false,
        expires_at: expires_at(),
    };
    check(include_str!("golden/rest_joined.json"), &[joined]);
    let status = SessionStatus {
        session_code: code(),
        status: SessionState::Active,
        participants: 2,
        password_protected: false,
        created_at: "2026-01-01T03:04:05Z".to_owned(),
        expires_at: expires_at(),
    };
    check(include_str!("golden/rest_status.json"), &[status]);
    check(include_str!("golden/rest_problem.json"), &[Problem { retry_after: Some(7), ..Problem::new(ErrorCode::RateLimited) }]);
}

/// Text that is nearly a message.
fn nearly() -> impl Strategy<Value = String> {
    let texts: Vec<String> = control().iter().map(ControlMessage::encode).collect();
    (proptest::sample::select(texts), any::<proptest::sample::Index>(), ".{0,3}", 0..4_usize).prop_map(
        |(text, at, insert, drop)| {
            let mut characters: Vec<char> = text.chars().collect();
            let start = at.index(characters.len());
            let end = characters.len().min(start + drop);
            characters.splice(start..end, insert.chars());
            characters.into_iter().collect()
        },
    )
}

proptest! {
    #[test]
    fn no_text_makes_decoding_panic(text in prop_oneof![any::<String>(), nearly()]) {
        if let Ok(message) = ControlMessage::decode(&text) {
            prop_assert_eq!(ControlMessage::decode(&message.encode()), Ok(message));
        }
        let _ = ControlMessage::spoken_version(&text);
    }
}

//! What a receiver does about a sender that misbehaves.

use perkoon_protocol::control::{ControlMessage, Hash};
use perkoon_protocol::limits::{
    ENTRIES_PER_MESSAGE, FILE_BYTES, LANE_MESSAGE_BYTES, OFFER_FILES, PIECE_BYTES, REQUESTS_IN_FLIGHT,
};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, ReceiverInput, ReceiverOutput, TransferId};

use crate::common::Random;
use crate::common::alone::{ID, LoneReceiver, entry, piece};
use crate::common::greeting::hello;

const PIECE: u64 = PIECE_BYTES as u64;
const OTHER: TransferId = TransferId([8; 16]);

type Deed = (&'static str, fn() -> LoneReceiver, fn(&mut LoneReceiver));

fn one_file() -> LoneReceiver {
    LoneReceiver::running(&[3000])
}

fn announced() -> LoneReceiver {
    let mut lone = LoneReceiver::greeted();
    lone.say(&ControlMessage::Offer { transfer: ID, files: 3, bytes: 10 });
    lone
}

fn after_one() -> LoneReceiver {
    let mut lone = LoneReceiver::offered(&[5]);
    lone.put(ReceiverInput::Reject);
    lone.told();
    lone
}

fn offer(files: u32, bytes: u64) -> ControlMessage {
    ControlMessage::Offer { transfer: ID, files, bytes }
}

fn entries(first: u32, sizes: &[u64]) -> ControlMessage {
    ControlMessage::Entries { transfer: ID, first, entries: sizes.iter().map(|size| entry("x", *size)).collect() }
}

fn path(parts: &[&str]) -> ControlMessage {
    let mut entry = entry("x", 1);
    entry.path = parts.iter().map(|part| (*part).to_owned()).collect();
    ControlMessage::Entries { transfer: ID, first: 0, entries: vec![entry] }
}

fn unavailable(request: u32, code: ErrorCode) -> ControlMessage {
    ControlMessage::Unavailable { transfer: ID, request, code }
}

const DEEDS: &[Deed] = &[
    ("no JSON", LoneReceiver::greeted, |lone| lone.text("hello?")),
    ("an unknown message", LoneReceiver::greeted, |lone| lone.text(r#"{"type":"eval","code":"1"}"#)),
    ("a message too long", LoneReceiver::greeted, |lone| lone.text(&" ".repeat(70_000))),
    ("an offer before hello", LoneReceiver::new, |lone| lone.say(&offer(1, 1))),
    ("a second hello", LoneReceiver::greeted, |lone| lone.say(&hello(Role::Sender))),
    ("a second receiver", LoneReceiver::new, |lone| lone.say(&hello(Role::Receiver))),
    ("a long agent", LoneReceiver::new, |lone| {
        let ControlMessage::Hello { version, role, known, commitment, protected, .. } = hello(Role::Sender) else { return };
        lone.say(&ControlMessage::Hello { version, role, agent: "x".repeat(65), known, commitment, protected });
    }),
    ("a receiver's message", LoneReceiver::greeted, |lone| lone.say(&ControlMessage::Accept { transfer: ID })),
    ("about nothing", LoneReceiver::greeted, |lone| lone.say(&ControlMessage::Cancel { transfer: ID })),
    ("about another transfer", one_file, |lone| lone.say(&ControlMessage::Cancel { transfer: OTHER })),
    ("no files", LoneReceiver::greeted, |lone| lone.say(&offer(0, 0))),
    ("too many files", LoneReceiver::greeted, |lone| lone.say(&offer(OFFER_FILES + 1, 0))),
    ("a million files", LoneReceiver::greeted, |lone| lone.say(&offer(1_000_000, 1_000_000))),
    ("too many bytes", LoneReceiver::greeted, |lone| lone.say(&offer(1, FILE_BYTES + 1))),
    ("2^60 bytes", LoneReceiver::greeted, |lone| lone.say(&offer(1, 1 << 60))),
    ("more bytes than a number holds", LoneReceiver::greeted, |lone| {
        lone.text(&offer(1, 7).encode().replace(":7", ":1e30"));
    }),
    ("an offer in an offer", announced, |lone| lone.say(&offer(1, 1))),
    ("an offer in a transfer", one_file, |lone| lone.say(&ControlMessage::Offer { transfer: OTHER, files: 1, bytes: 1 })),
    ("the same offer again", after_one, |lone| lone.say(&offer(1, 5))),
    ("no entries", announced, |lone| lone.say(&entries(0, &[]))),
    ("entries out of order", announced, |lone| lone.say(&entries(1, &[1]))),
    ("more entries than files", announced, |lone| lone.say(&entries(0, &[1, 1, 1, 7]))),
    ("more entries after the last", || LoneReceiver::offered(&[5]), |lone| lone.say(&entries(1, &[0]))),
    ("too many entries", LoneReceiver::greeted, |lone| {
        lone.say(&offer(1000, 0));
        lone.say(&entries(0, &[0; ENTRIES_PER_MESSAGE + 1]));
    }),
    ("sizes beyond the sum", announced, |lone| lone.say(&entries(0, &[11]))),
    ("a file of 2^60 bytes", announced, |lone| lone.say(&entries(0, &[1 << 60, 1]))),
    ("sizes that overflow", announced, |lone| lone.say(&entries(0, &[1, u64::MAX, 1]))),
    ("sizes below the sum", announced, |lone| lone.say(&entries(0, &[3, 3, 3]))),
    ("a file without a name", announced, |lone| lone.say(&path(&[]))),
    ("an empty part", announced, |lone| lone.say(&path(&["a", "", "b"]))),
    ("a deep path", announced, |lone| lone.say(&path(&["d"; 65]))),
    ("a long path", announced, |lone| lone.say(&path(&[&"x".repeat(4097)]))),
    ("paths of too many parts altogether", LoneReceiver::greeted, |lone| {
        lone.say(&offer(OFFER_FILES, 0));
        let mut deep = entry("d", 0);
        deep.path = vec!["d".to_owned(); 64];
        let entries = ControlMessage::Entries { transfer: ID, first: 0, entries: vec![deep; 100] }.encode();
        for first in (0..OFFER_FILES).step_by(100) {
            lone.text(&entries.replacen(":0,", &format!(":{first},"), 1));
        }
    }),
    ("bytes before the yes", || LoneReceiver::offered(&[5]), |lone| lone.bytes(b"12345")),
    ("bytes on a strange lane", one_file, |lone| lone.put(ReceiverInput::LaneMessage { lane: 1, payload: vec![0; 10] })),
    ("a hash before the yes", || LoneReceiver::offered(&[5]), |lone| lone.say(&piece(0, b"12345"))),
    ("a pause before the yes", || LoneReceiver::offered(&[5]), |lone| lone.say(&ControlMessage::Pause { transfer: ID })),
    ("more bytes than asked for", one_file, |lone| {
        lone.bytes(&[0; 3000]);
        lone.bytes(&[0; 1]);
    }),
    ("a message beyond its piece", one_file, |lone| lone.bytes(&[0; 3001])),
    (
        "a message across pieces",
        || LoneReceiver::running(&[2 * PIECE]),
        |lone| {
            (0..3).for_each(|_| lone.bytes(&[0; 256 << 10]));
            lone.bytes(&[0; (256 << 10) - 2000]);
            lone.bytes(&[0; 4000]);
        },
    ),
    ("a message too long for a lane", || LoneReceiver::running(&[2 * PIECE]), |lone| lone.bytes(&[0; LANE_MESSAGE_BYTES + 1])),
    (
        "fewer bytes than asked for, then those of the next piece",
        || LoneReceiver::running(&[3000, 3000]),
        |lone| {
            lone.bytes(&[0; 2000]);
            lone.bytes(&[0; 3000]);
        },
    ),
    ("crumbs", one_file, |lone| lone.bytes(&[0; 1023])),
    ("an empty message half-way", one_file, |lone| {
        lone.bytes(&[0; 2000]);
        lone.bytes(&[]);
    }),
    ("an empty message after the hash", one_file, |lone| {
        lone.say(&piece(0, &[0; 3000]));
        lone.bytes(&[]);
    }),
    ("bytes after an empty message", one_file, |lone| {
        lone.bytes(&[]);
        lone.bytes(&[0; 3000]);
    }),
    ("a hash after an empty message", one_file, |lone| {
        lone.bytes(&[]);
        lone.say(&piece(0, &[0; 3000]));
    }),
    ("a hash nobody asked for", one_file, |lone| lone.say(&piece(1, b""))),
    ("a hash from nowhere", one_file, |lone| lone.say(&piece(u32::MAX, b""))),
    ("a hash twice", one_file, |lone| {
        lone.say(&piece(0, &[0; 3000]));
        lone.say(&piece(0, &[0; 3000]));
    }),
    ("a hash for a piece long written", one_file, |lone| {
        lone.say(&piece(0, &[0; 3000]));
        lone.bytes(&[0; 3000]);
        lone.put(ReceiverInput::Written { file: 0, offset: 0 });
        lone.say(&piece(0, &[0; 3000]));
    }),
    ("unavailable for fun", one_file, |lone| lone.say(&unavailable(0, ErrorCode::Internal))),
    ("unavailable unasked", one_file, |lone| lone.say(&unavailable(5, ErrorCode::FileChanged))),
    ("unavailable half-way", one_file, |lone| {
        lone.bytes(&[0; 2000]);
        lone.say(&unavailable(0, ErrorCode::FileChanged));
    }),
    ("a pause twice", one_file, |lone| {
        lone.say(&ControlMessage::Pause { transfer: ID });
        lone.say(&ControlMessage::Pause { transfer: ID });
    }),
    ("a resume of nothing", one_file, |lone| lone.say(&ControlMessage::Resume { transfer: ID })),
];

#[test]
fn every_misdeed_ends_the_connection_for_both() {
    for (about, start, deed) in DEEDS {
        let mut lone = start();
        deed(&mut lone);
        let running = lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Discard));
        lone.told().assert_failed(about, ErrorCode::ProtocolError, None);
        assert_eq!(
            running,
            start().outputs.is_empty() && *about != "the same offer again",
            "{about}: unfinished files are thrown away"
        );

        // From then on it neither says nor hears anything.
        lone.say(&offer(1, 1));
        lone.say(&entries(0, &[1]));
        lone.bytes(&[0; 3000]);
        lone.put(ReceiverInput::Accept { kept: Vec::new() });
        lone.put(ReceiverInput::Disconnected);
        assert!(lone.outputs.is_empty(), "{about}: {:?}", lone.outputs);
    }
}

#[test]
fn another_version_is_told_apart_from_nonsense() {
    for text in [
        r#"{"type":"hello","version":2,"role":"sender","agent":"old"}"#,
        r#"{"type":"hello","version":4,"role":"sender","agent":"new","features":["resume"]}"#,
        r#"{"type":"hello","version":0}"#,
    ] {
        let mut lone = LoneReceiver::new();
        lone.text(text);
        lone.told().assert_failed(text, ErrorCode::VersionMismatch, None);
    }
    let mut lone = LoneReceiver::new();
    lone.text(r#"{"type":"hello","version":3,"role":"sender","agent":"new","known":false,"features":[]}"#);
    lone.told().assert_failed("a field too many", ErrorCode::ProtocolError, None);
}

#[test]
fn a_wrong_hash_throws_everything_away() {
    for hash_first in [true, false] {
        let mut lone = LoneReceiver::running(&[3000]);
        let wrong = ControlMessage::Piece { transfer: ID, request: 0, hash: Hash([1; 32]) };
        if hash_first {
            lone.say(&wrong);
        }
        lone.bytes(&[0; 3000]);
        if !hash_first {
            lone.say(&wrong);
        }
        assert!(lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Discard)));
        assert!(!lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Write { .. })));
        lone.told().assert_failed("a wrong hash", ErrorCode::IntegrityMismatch, Some(ID));
    }
}

#[test]
fn garbage_ends_the_connection_at_once() {
    let mut random = Random::new(1);
    for length in 0..2000 {
        let garbage: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        let mut lone = one_file();
        lone.text(&String::from_utf8_lossy(&garbage));
        lone.told().assert_failed("garbage", ErrorCode::ProtocolError, None);
    }
}

#[test]
fn a_flood_of_late_words_and_bytes_is_answered_by_nothing() {
    let mut lone = one_file();
    lone.put(ReceiverInput::Cancel);
    lone.outputs.clear();
    for request in 0..10_000 {
        lone.say(&piece(request, b""));
        lone.say(&unavailable(request, ErrorCode::FileChanged));
        lone.say(&ControlMessage::Error { transfer: Some(ID), code: ErrorCode::Internal, message: String::new() });
        lone.bytes(&[0; 1024]);
    }
    assert!(lone.outputs.is_empty(), "{:?}", lone.outputs);
    lone.say(&ControlMessage::Offer { transfer: OTHER, files: 1, bytes: 0 });
    lone.say(&ControlMessage::Entries { transfer: OTHER, first: 0, entries: vec![entry("x", 0)] });
    assert!(matches!(lone.told().events[..], [Event::Offered { transfer: OTHER, .. }]), "the next offer is heard none the less");
}

#[test]
fn pausing_and_resuming_without_end_is_told_and_answered_by_nothing() {
    let mut lone = one_file();
    for _ in 0..10_000 {
        lone.say(&ControlMessage::Pause { transfer: ID });
        lone.say(&ControlMessage::Resume { transfer: ID });
        let told = lone.told();
        assert_eq!((told.messages.len(), told.events.len()), (0, 2));
    }
}

#[test]
fn bytes_and_hash_come_in_any_order() {
    for order in 0..3 {
        let mut lone = LoneReceiver::running(&[3000]);
        for step in 0..3 {
            if step == order {
                lone.say(&piece(0, &[5; 3000]));
            }
            if step < 2 {
                lone.bytes(&[5; 1500]);
            }
        }
        let writes = lone.outputs.iter().filter(|output| matches!(output, ReceiverOutput::Write { .. })).count();
        assert_eq!(writes, 1, "hash as number {order}");
    }
}

#[test]
fn the_reason_for_an_empty_message_may_come_first_or_last() {
    for reason_first in [true, false] {
        let mut lone = LoneReceiver::running(&[3000]);
        if reason_first {
            lone.say(&unavailable(0, ErrorCode::FileUnreadable));
        }
        lone.bytes(&[]);
        if !reason_first {
            assert!(lone.outputs.is_empty(), "the reason is on its way");
            lone.say(&unavailable(0, ErrorCode::FileUnreadable));
        }
        let events = lone.told().events;
        assert!(
            matches!(&events[..], [Event::Failed { code: ErrorCode::FileUnreadable, message }] if message.starts_with("“a” "))
        );
    }
}

#[test]
fn what_is_late_is_not_wrong() {
    let mut lone = LoneReceiver::running(&[3000]);
    lone.put(ReceiverInput::Cancel);
    lone.outputs.clear();
    lone.bytes(&[0; 3000]);
    lone.say(&piece(0, &[0; 3000]));
    lone.say(&ControlMessage::Pause { transfer: ID });
    lone.say(&ControlMessage::Cancel { transfer: ID });
    lone.put(ReceiverInput::LaneClosed { lane: 0 });
    lone.put(ReceiverInput::Written { file: 0, offset: 0 });
    assert!(lone.outputs.is_empty(), "{:?}", lone.outputs);
}

#[test]
fn an_offer_taken_back_before_it_was_whole_leaves_no_trace() {
    let mut lone = announced();
    lone.told();
    lone.say(&ControlMessage::Cancel { transfer: ID });
    assert!(lone.outputs.is_empty());
    lone.say(&ControlMessage::Offer { transfer: OTHER, files: 1, bytes: 0 });
    lone.say(&ControlMessage::Entries { transfer: OTHER, first: 0, entries: vec![entry("x", 0)] });
    assert!(matches!(lone.told().events[..], [Event::Offered { transfer: OTHER, .. }]));
}

#[test]
fn a_lane_that_goes_alone_counts_as_a_lost_connection() {
    let mut lone = LoneReceiver::running(&[3000]);
    lone.put(ReceiverInput::LaneClosed { lane: 0 });
    lone.put(ReceiverInput::Disconnected);
    assert_eq!(lone.told().events, [Event::Interrupted]);
    lone.put(ReceiverInput::Abandon);
    assert!(matches!(lone.told().events[..], [Event::Failed { code: ErrorCode::PeerLeft, .. }]));
}

#[test]
fn the_peers_reason_is_told_in_our_words() {
    for transfer in [Some(ID), None] {
        let mut lone = LoneReceiver::running(&[3000]);
        lone.say(&ControlMessage::Error { transfer, code: ErrorCode::FileChanged, message: "<b>click</b>".to_owned() });
        let told = lone.told();
        let message = ErrorCode::FileChanged.sentence().to_owned();
        assert_eq!(told.events, [Event::Failed { code: ErrorCode::FileChanged, message }]);
        assert_eq!(told.messages, []);
    }
}

#[test]
fn no_more_requests_are_open_than_may_be() {
    let mut sizes = vec![15 * PIECE];
    sizes.extend([1; 80]);
    let mut lone = LoneReceiver::offered(&sizes);
    lone.put(ReceiverInput::Accept { kept: Vec::new() });
    let requests = lone.told().messages.iter().filter(|message| matches!(message, ControlMessage::Request { .. })).count();
    assert_eq!(requests, REQUESTS_IN_FLIGHT);
}

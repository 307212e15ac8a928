//! What a sender does about a receiver that misbehaves.

use perkoon_protocol::control::ControlMessage as Say;
use perkoon_protocol::control::{ControlMessage, Hash};
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, LANES, PIECE_BYTES, REQUESTS_IN_FLIGHT};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, LANE_FIRST_BYTES, LANE_HIGH_WATER, SenderInput, SenderOutput, TransferId};

use crate::common::Random;
use crate::common::alone::{ID, LoneSender, entry, piece, request};
use crate::common::greeting::hello;

const PIECE: u64 = PIECE_BYTES as u64;
const OTHER: TransferId = TransferId([8; 16]);

type Deed = (&'static str, fn() -> LoneSender, fn(&mut LoneSender));

fn two_files() -> LoneSender {
    LoneSender::running(&[3000, 40 * PIECE + 5])
}

fn offered() -> LoneSender {
    LoneSender::offered(&[3000])
}

fn served() -> LoneSender {
    let mut lone = LoneSender::running(&[3000, 0]);
    lone.say(&request(0, 0, 0, 3000));
    lone.serve();
    lone.told();
    lone
}

fn written(bytes: u64) -> ControlMessage {
    ControlMessage::Written { transfer: ID, bytes }
}

fn file_done(file: u32, bytes: &[u8]) -> ControlMessage {
    ControlMessage::FileDone { transfer: ID, file, hash: Hash(*blake3::hash(bytes).as_bytes()) }
}

const COMPLETE: ControlMessage = ControlMessage::Complete { transfer: ID };

const DEEDS: &[Deed] = &[
    ("no JSON", two_files, |lone| lone.text("{")),
    ("a request before hello", LoneSender::new, |lone| lone.say(&request(0, 0, 0, 1))),
    ("a second hello", two_files, |lone| lone.say(&hello(Role::Receiver))),
    ("a second sender", LoneSender::new, |lone| lone.say(&hello(Role::Sender))),
    ("a sender's message", two_files, |lone| lone.say(&piece(0, b""))),
    ("about a transfer never offered", two_files, |lone| lone.say(&ControlMessage::Cancel { transfer: OTHER })),
    ("a request before the yes", offered, |lone| lone.say(&request(0, 0, 0, 3000))),
    ("complete before the yes", offered, |lone| lone.say(&COMPLETE)),
    ("a pause before the yes", offered, |lone| lone.say(&ControlMessage::Pause { transfer: ID })),
    ("yes twice", two_files, |lone| lone.say(&ControlMessage::Accept { transfer: ID })),
    ("no after yes", two_files, |lone| lone.say(&ControlMessage::Reject { transfer: ID })),
    ("a request that does not start at 0", two_files, |lone| lone.say(&request(1, 0, 0, 3000))),
    ("a request's number twice", two_files, |lone| {
        lone.say(&request(0, 0, 0, 3000));
        lone.say(&request(0, 0, 0, 3000));
    }),
    ("an unknown file", two_files, |lone| lone.say(&request(0, 2, 0, 1))),
    ("the last file there could be", two_files, |lone| lone.say(&request(0, u32::MAX, 0, 1))),
    ("an offset inside a piece", two_files, |lone| lone.say(&request(0, 1, 1024, PIECE_BYTES))),
    ("a short piece", two_files, |lone| lone.say(&request(0, 1, 0, PIECE_BYTES - 1))),
    ("a long piece", two_files, |lone| lone.say(&request(0, 1, 40 * PIECE, PIECE_BYTES))),
    ("no bytes", two_files, |lone| lone.say(&request(0, 0, 0, 0))),
    ("beyond the end", two_files, |lone| lone.say(&request(0, 0, PIECE, 1))),
    ("far beyond the end", two_files, |lone| lone.say(&request(0, 0, u64::MAX - PIECE + 1, 1))),
    ("at 2^60", two_files, |lone| lone.say(&request(0, 1, 1 << 60, PIECE_BYTES))),
    ("4 GiB at once", two_files, |lone| lone.say(&request(0, 1, 0, u32::MAX))),
    ("a piece of an empty file", served, |lone| lone.say(&request(1, 1, 0, 0))),
    ("more than the window", two_files, |lone| {
        (0..17).for_each(|number| lone.say(&request(number, 1, u64::from(number) * PIECE, PIECE_BYTES)));
    }),
    (
        "too many requests",
        || LoneSender::running(&[1; 100]),
        |lone| {
            (0..=REQUESTS_IN_FLIGHT as u32).for_each(|number| lone.say(&request(number, number, 0, 1)));
        },
    ),
    ("written before it was sent", two_files, |lone| {
        lone.say(&request(0, 0, 0, 3000));
        lone.say(&written(1));
    }),
    ("2^60 bytes written", served, |lone| lone.say(&written(1 << 60))),
    ("less written than before", served, |lone| {
        lone.say(&written(3000));
        lone.say(&written(2999));
    }),
    ("a file done unasked", two_files, |lone| lone.say(&file_done(0, b""))),
    (
        "a file done half-way",
        || LoneSender::running(&[2 * PIECE]),
        |lone| {
            lone.say(&request(0, 0, 0, PIECE_BYTES));
            lone.serve();
            lone.say(&written(PIECE));
            lone.say(&file_done(0, b""));
        },
    ),
    ("a file done twice", served, |lone| {
        lone.say(&file_done(1, b""));
        lone.say(&file_done(1, b""));
    }),
    ("an unknown file done", served, |lone| lone.say(&file_done(2, b""))),
    ("complete at once", two_files, |lone| lone.say(&COMPLETE)),
    ("complete without every file done", served, |lone| {
        lone.say(&written(3000));
        lone.say(&file_done(0, &[0; 3000]));
        lone.say(&COMPLETE);
    }),
    ("complete without everything written", served, |lone| {
        lone.say(&file_done(0, &[0; 3000]));
        lone.say(&file_done(1, b""));
        lone.say(&COMPLETE);
    }),
    ("a pause twice", two_files, |lone| {
        lone.say(&ControlMessage::Pause { transfer: ID });
        lone.say(&ControlMessage::Pause { transfer: ID });
    }),
    ("a resume of nothing", two_files, |lone| lone.say(&ControlMessage::Resume { transfer: ID })),
    ("a lane twice", two_files, |lone| lone.put(SenderInput::LaneOpened { lane: 0, max_message: 1 << 20 })),
    ("too many lanes", two_files, |lone| {
        (1..=LANES as u16).for_each(|lane| lone.put(SenderInput::LaneOpened { lane, max_message: 1 << 20 }));
    }),
];

#[test]
fn every_misdeed_ends_the_connection_for_both() {
    for (about, start, deed) in DEEDS {
        let mut lone = start();
        deed(&mut lone);
        lone.told().assert_failed(about, ErrorCode::ProtocolError, None);
        lone.outputs.clear();

        // From then on it neither says nor hears anything; a new offer fails at once.
        lone.say(&ControlMessage::Accept { transfer: ID });
        lone.say(&request(0, 0, 0, 3000));
        lone.put(SenderInput::LaneOpened { lane: 99, max_message: 1 << 20 });
        lone.put(SenderInput::Disconnected);
        assert!(lone.outputs.is_empty(), "{about}: {:?}", lone.outputs);
        lone.put(SenderInput::Offer { transfer: OTHER, files: vec![entry("x", 1)] });
        let told = lone.told();
        assert!(matches!(told.events[..], [Event::Failed { code: ErrorCode::ProtocolError, .. }]) && told.messages.is_empty());
    }
}

#[test]
fn another_version_is_told_apart_from_nonsense() {
    let mut lone = LoneSender::new();
    lone.put(SenderInput::Offer { transfer: ID, files: vec![entry("x", 1)] });
    lone.text(r#"{"type":"hello","version":4,"role":"receiver","agent":"new","more":{}}"#);
    lone.told().assert_failed("a new version", ErrorCode::VersionMismatch, None);
}

#[test]
fn a_digest_that_differs_at_the_receiver_is_no_success() {
    let mut lone = served();
    lone.say(&written(3000));
    lone.say(&file_done(0, b"something else"));
    lone.told().assert_failed("another digest", ErrorCode::IntegrityMismatch, Some(ID));
}

#[test]
fn requests_may_overtake_their_lane() {
    let mut lone = LoneSender::running(&[2 * PIECE]);
    for (number, lane) in [(0, 5), (1, 0)] {
        let offset = u64::from(number) * PIECE;
        lone.say(&ControlMessage::Request { transfer: ID, request: number, file: 0, offset, length: PIECE_BYTES, lane });
    }
    assert_eq!(lone.serve().concat().len() as u64, PIECE, "the other lane does not wait");
    lone.put(SenderInput::LaneOpened { lane: 5, max_message: 10_000 });
    assert_eq!(lone.serve().len(), 105, "now the first piece comes, in the messages its lane takes");
}

#[test]
fn the_digest_is_known_though_pieces_were_read_out_of_order() {
    let size = 5 * PIECE + 9;
    let mut lone = LoneSender::running(&[size]);
    for (number, index) in [3, 5, 0, 1, 1, 4, 2].into_iter().enumerate() {
        let length = if index == 5 { 9 } else { PIECE_BYTES };
        lone.say(&request(number as u32, 0, index * PIECE, length));
        lone.serve();
    }
    lone.say(&written(size));
    lone.say(&file_done(0, &vec![0; size as usize]));
    lone.say(&COMPLETE);
    let events = lone.told().events;
    assert_eq!(events.last(), Some(&Event::Complete));
}

#[test]
fn a_receiver_that_reads_nothing_holds_little_memory() {
    let mut lone = LoneSender::running(&[40 * PIECE]);
    (0..16).for_each(|number| lone.say(&request(number, 0, u64::from(number) * PIECE, PIECE_BYTES)));
    let (mut on_lane, mut answered) = (0, 0);
    while let Some((request, length)) = lone.reads().get(answered).copied() {
        answered += 1;
        lone.put(SenderInput::Read { request, payload: vec![0; length as usize] });
    }
    for output in &lone.outputs {
        if let SenderOutput::Lane { payload, .. } = output {
            on_lane += payload.len();
        }
    }
    assert_eq!(answered, 4, "4 MiB read ahead");
    assert!((LANE_FIRST_BYTES..LANE_FIRST_BYTES + LANE_MESSAGE_BYTES).contains(&on_lane), "no gentle start: {on_lane}");
    lone.outputs.clear();
    lone.put(SenderInput::LaneBuffered { lane: 0, bytes: 0 });
    assert_eq!(lone.reads().len(), 0, "what was read is not yet sent");
}

#[test]
fn a_lane_starts_gently_and_is_never_overfilled() {
    let pieces = 450;
    let mut lone = LoneSender::running(&[pieces * PIECE]);
    let (mut asked, mut sent, mut fullest) = (0, 0, 0);
    while sent < pieces * PIECE {
        while asked < pieces && asked * PIECE < sent + 8 * PIECE {
            lone.say(&request(asked as u32, 0, asked * PIECE, PIECE_BYTES));
            asked += 1;
        }
        while let Some((request, length)) = lone.take_read() {
            lone.put(SenderInput::Read { request, payload: vec![0; length as usize] });
        }
        let messages = lone.outputs.drain(..).filter_map(|output| match output {
            SenderOutput::Lane { payload, .. } => Some(payload.len()),
            _ => None,
        });
        let filled: usize = messages.sum();
        let allowed = LANE_HIGH_WATER.min(LANE_FIRST_BYTES + (sent as usize + filled) / 100);
        assert!(filled < allowed + LANE_MESSAGE_BYTES, "{filled} bytes in the buffer after {sent}");
        assert!(sent > 0 || filled < 2 * LANE_FIRST_BYTES);
        fullest = fullest.max(filled);
        sent += filled as u64;
        lone.say(&written(sent));
        lone.put(SenderInput::LaneBuffered { lane: 0, bytes: 0 });
    }
    assert!(fullest >= LANE_HIGH_WATER, "never full: {fullest}");
}

#[test]
fn small_pieces_do_not_starve_one_that_waits_for_memory() {
    let mut sizes = vec![PIECE; 7];
    sizes.extend([PIECE / 2, PIECE]);
    sizes.extend([PIECE / 8; 32]);
    let mut lone = LoneSender::running(&sizes);
    for (number, size) in (0..).zip(&sizes) {
        lone.say(&request(number, number, 0, *size as u32));
    }
    // The lane takes one message at a time, so that memory frees up in portions smaller than a piece.
    let mut sent = 0;
    loop {
        while let Some((request, length)) = lone.take_read() {
            lone.put(SenderInput::Read { request, payload: vec![0; length as usize] });
        }
        let before = sent;
        for output in lone.outputs.drain(..) {
            if let SenderOutput::Lane { payload, .. } = output {
                sent += payload.len() as u64;
            }
        }
        lone.put(SenderInput::LaneBuffered { lane: 0, bytes: LANE_FIRST_BYTES - 1 });
        if sent == before && lone.outputs.is_empty() {
            break;
        }
    }
    assert_eq!(sent, sizes.iter().sum::<u64>());
}

#[test]
fn a_file_of_more_bytes_than_there_can_be_is_not_offered() {
    for sizes in [&[1 << 60][..], &[1 << 53], &[u64::MAX, 1], &[(1 << 53) - 1, 1]] {
        let mut lone = LoneSender::offered(sizes);
        let told = lone.told();
        assert!(
            matches!(
                told.events[..],
                [Event::Compare { .. }, Event::Greeted { .. }, Event::Failed { code: ErrorCode::InvalidRequest, .. }]
            ),
            "{told:?}"
        );
        let [Say::Hello { .. }, Say::Nonce { .. }, Say::Standing { .. }] = told.messages[..] else {
            panic!("nothing but the greeting went out: {told:?}");
        };
    }
}

#[test]
fn garbage_ends_the_connection_at_once() {
    let mut random = Random::new(1);
    for length in 0..2000 {
        let garbage: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        let mut lone = two_files();
        lone.text(&String::from_utf8_lossy(&garbage));
        lone.told().assert_failed("garbage", ErrorCode::ProtocolError, None);
    }
}

#[test]
fn a_flood_of_late_words_is_answered_by_nothing() {
    let mut lone = two_files();
    lone.put(SenderInput::Cancel);
    lone.outputs.clear();
    for number in 0..10_000 {
        lone.say(&request(number, 0, 0, 3000));
        lone.say(&written(u64::from(number)));
        lone.say(&ControlMessage::Error { transfer: Some(OTHER), code: ErrorCode::Internal, message: String::new() });
    }
    assert!(lone.outputs.is_empty(), "{:?}", lone.outputs);
    lone.put(SenderInput::Offer { transfer: OTHER, files: vec![entry("x", 1)] });
    assert!(matches!(lone.told().events[..], [Event::Offered { transfer: OTHER, .. }]), "the next offer goes out none the less");
}

#[test]
fn pausing_and_resuming_without_end_is_told_and_answered_by_nothing() {
    let mut lone = two_files();
    for _ in 0..10_000 {
        lone.say(&ControlMessage::Pause { transfer: ID });
        lone.say(&ControlMessage::Resume { transfer: ID });
        let told = lone.told();
        assert_eq!((told.messages.len(), told.events.len()), (0, 2));
    }
}

#[test]
fn late_words_and_reads_of_an_old_transfer_are_not_wrong() {
    let mut lone = LoneSender::running(&[3000]);
    lone.say(&request(0, 0, 0, 3000));
    let old = lone.reads();
    lone.put(SenderInput::Cancel);
    lone.outputs.clear();
    lone.put(SenderInput::Offer { transfer: OTHER, files: vec![entry("x", 3000)] });
    lone.say(&request(1, 0, 0, 3000));
    lone.say(&written(3000));
    lone.say(&ControlMessage::Accept { transfer: OTHER });
    lone.say(&ControlMessage::Request { transfer: OTHER, request: 0, file: 0, offset: 0, length: 3000, lane: 0 });
    lone.told();
    lone.put(SenderInput::Read { request: old[0].0, payload: vec![9; 3000] });
    let told = lone.told();
    assert!(told.events.is_empty() && told.messages.is_empty(), "{told:?}");
    assert_eq!(lone.reads().len(), 1, "the new transfer's read is still awaited");
}

#[test]
fn a_lane_that_is_gone_takes_its_requests_along() {
    let mut lone = two_files();
    lone.say(&request(0, 1, 0, PIECE_BYTES));
    let reads = lone.reads();
    lone.put(SenderInput::LaneClosed { lane: 0 });
    lone.outputs.clear();
    lone.put(SenderInput::Read { request: reads[0].0, payload: vec![0; PIECE_BYTES as usize] });
    lone.put(SenderInput::LaneBuffered { lane: 0, bytes: 0 });
    assert!(lone.outputs.is_empty(), "{:?}", lone.outputs);
    lone.say(&ControlMessage::Cancel { transfer: ID });
    assert_eq!(lone.told().events, [Event::Cancelled { by: Role::Receiver }]);
}

#[test]
fn a_read_longer_than_asked_is_a_changed_file() {
    let mut lone = LoneSender::running(&[3000]);
    lone.say(&request(0, 0, 0, 3000));
    let reads = lone.reads();
    lone.outputs.clear();
    lone.put(SenderInput::Read { request: reads[0].0, payload: vec![0; 3001] });
    assert!(lone.outputs.iter().any(|output| matches!(output, SenderOutput::Lane { payload, .. } if payload.is_empty())));
    let told = lone.told();
    assert!(told.said(&ControlMessage::Unavailable { transfer: ID, request: 0, code: ErrorCode::FileChanged }));
    assert!(matches!(&told.events[..], [Event::Failed { code: ErrorCode::FileChanged, .. }]));
}

#[test]
fn a_large_offer_goes_out_in_messages_that_fit() {
    let mut lone = LoneSender::new();
    lone.greet(None);
    let mut files: Vec<_> = (0..250).map(|number| entry(&number.to_string(), 1)).collect();
    files.extend((0..30).map(|_| entry(&"\u{1}".repeat(4096), 1)));
    lone.put(SenderInput::Offer { transfer: ID, files: files.clone() });
    let mut seen = Vec::new();
    for message in lone.told().messages {
        assert!(message.encode().len() < 64 << 10);
        if let ControlMessage::Entries { first, entries, .. } = message {
            assert_eq!(first as usize, seen.len());
            assert!(entries.len() <= 100);
            seen.extend(entries);
        }
    }
    assert_eq!(seen, files);
}

//! What a hostile peer can make each end hold in memory, measured at the allocator.

use std::sync::Mutex;

use peak_alloc::PeakAlloc;
use perkoon_protocol::control::{ControlMessage, Entry, Hash, TransferId};
use perkoon_protocol::limits::{
    ENTRIES_PER_MESSAGE, FILE_BYTES, LANE_MESSAGE_BYTES, OFFER_FILES, OFFER_PATH_COST, PATH_DEPTH, PATH_PART_COST, PIECE_BYTES,
    WINDOW_BYTES,
};
use perkoon_protocol::{ErrorCode, PROTOCOL_VERSION, Role, SessionCode};
use perkoon_transfer::{
    Binding, Event, Fingerprint, LANE_FIRST_BYTES, Meeting, Millis, READ_AHEAD_BYTES, Receiver, ReceiverInput, ReceiverOutput,
    Sender, SenderInput, SenderOutput,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ID: TransferId = TransferId([7; 16]);
const PIECE: u64 = PIECE_BYTES as u64;
const MIB: usize = 1 << 20;

/// What a test itself and its harness take meanwhile.
const SLACK: usize = MIB / 2;

/// Bytes taken from the allocator at once while this runs. The tests of this program take turns.
fn most_held(run: impl FnOnce()) -> usize {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    run();
    ALLOCATOR.peak_usage().saturating_sub(before)
}

fn code() -> SessionCode {
    "K7MX4QPR9W2N".parse().expect("the seed's code")
}

fn meeting() -> Meeting {
    Meeting { binding: Binding { local: Fingerprint([1; 32]), remote: Fingerprint([2; 32]) }, nonce: [3; 32] }
}

/// Everything that a peer of this role says before anything about files.
fn greeting(role: Role) -> [ControlMessage; 3] {
    let (nonce, agent) = ([9; 32], "hostile/1".to_owned());
    let commitment = (role == Role::Sender).then(|| Hash(blake3::derive_key("perkoon 3 commitment", &nonce)));
    [
        ControlMessage::Hello { version: PROTOCOL_VERSION, role, agent, known: false, commitment, protected: false },
        ControlMessage::Nonce { nonce: Hash(nonce) },
        ControlMessage::Standing { standing: None },
    ]
}

fn entry(path: Vec<String>, size: u64) -> Entry {
    Entry { path, size, modified: None }
}

/// Puts an input in; every output is dropped at once, but for the events.
fn put(receiver: &mut Receiver<Vec<u8>>, input: ReceiverInput<Vec<u8>>) -> Vec<Event> {
    receiver.handle(Millis(0), input);
    let event = |output| if let ReceiverOutput::Event(event) = output { Some(event) } else { None };
    std::iter::from_fn(|| receiver.poll()).filter_map(event).collect()
}

fn say(receiver: &mut Receiver<Vec<u8>>, message: &ControlMessage) -> Vec<Event> {
    put(receiver, ReceiverInput::Control(message.encode()))
}

fn greeted_receiver() -> Receiver<Vec<u8>> {
    let mut receiver = Receiver::new("receiver/1", code());
    put(&mut receiver, ReceiverInput::Connected(meeting()));
    for message in greeting(Role::Sender) {
        say(&mut receiver, &message);
    }
    receiver
}

fn running_receiver(size: u64) -> Receiver<Vec<u8>> {
    let mut receiver = greeted_receiver();
    say(&mut receiver, &ControlMessage::Offer { transfer: ID, files: 1, bytes: size });
    say(&mut receiver, &ControlMessage::Entries { transfer: ID, first: 0, entries: vec![entry(vec!["x".to_owned()], size)] });
    assert_eq!(put(&mut receiver, ReceiverInput::Accept { kept: Vec::new() }), [Event::Accepted]);
    receiver
}

#[test]
fn an_announcement_takes_no_memory() {
    let held = most_held(|| {
        let mut receiver = greeted_receiver();
        assert_eq!(say(&mut receiver, &ControlMessage::Offer { transfer: ID, files: OFFER_FILES, bytes: FILE_BYTES }), []);
    });
    assert!(held < SLACK, "{held} bytes for nothing but an announcement");
}

/// As many files of so many one-byte parts as an offer may have; whether the receiver was offered them.
fn offer_all(parts: usize) -> bool {
    let mut receiver = greeted_receiver();
    let batch = ENTRIES_PER_MESSAGE as u32;
    let files = OFFER_FILES.min((OFFER_PATH_COST / (parts * (1 + PATH_PART_COST))) as u32) / batch * batch;
    say(&mut receiver, &ControlMessage::Offer { transfer: ID, files, bytes: 0 });
    let entries = vec![entry(vec!["d".to_owned(); parts], 0); ENTRIES_PER_MESSAGE];
    let text = ControlMessage::Entries { transfer: ID, first: 0, entries }.encode();
    let numbered = |first: u32| text.replacen(":0,", &format!(":{first},"), 1);
    let batches = (0..files).step_by(ENTRIES_PER_MESSAGE);
    let events = batches.flat_map(|first| put(&mut receiver, ReceiverInput::Control(numbered(first))));
    matches!(events.last(), Some(Event::Offered { .. }))
}

#[test]
fn the_largest_offers_take_a_few_times_what_their_paths_may_cost() {
    for parts in [20, PATH_DEPTH] {
        let held = most_held(|| assert!(offer_all(parts)));
        assert!(held < 6 * OFFER_PATH_COST, "{held} bytes for paths of {parts} parts");
    }
}

#[test]
fn a_flood_of_words_leaves_nothing_behind_at_the_receiver() {
    let held = most_held(|| {
        let mut idle = greeted_receiver();
        for round in 0..20_000_u32 {
            let transfer = TransferId(std::array::from_fn(|index| round.to_le_bytes()[index % 4]));
            say(&mut idle, &ControlMessage::Offer { transfer, files: 2, bytes: 1 << 40 });
            let entries = vec![entry(vec!["x".repeat(4000)], 1)];
            assert_eq!(say(&mut idle, &ControlMessage::Entries { transfer, first: 0, entries }), []);
            assert_eq!(say(&mut idle, &ControlMessage::Cancel { transfer }), []);
        }
        let mut running = running_receiver(40 * PIECE);
        for _ in 0..20_000 {
            assert_eq!(say(&mut running, &ControlMessage::Pause { transfer: ID }), [Event::Paused { by: Role::Sender }]);
            assert_eq!(say(&mut running, &ControlMessage::Resume { transfer: ID }), [Event::Resumed]);
        }
        put(&mut running, ReceiverInput::Cancel);
        for request in 0..20_000 {
            let late = ControlMessage::Piece { transfer: ID, request, hash: Hash([0; 32]) };
            assert_eq!(say(&mut running, &late), []);
            assert_eq!(put(&mut running, ReceiverInput::LaneMessage { lane: 0, payload: vec![0; 1024] }), []);
        }
        let events = put(&mut running, ReceiverInput::Control("garbage".to_owned()));
        assert!(matches!(events[..], [Event::Failed { code: ErrorCode::ProtocolError, .. }]));
        for _ in 0..20_000 {
            assert_eq!(put(&mut running, ReceiverInput::Control("garbage".to_owned())), []);
        }
    });
    assert!(held < SLACK, "{held} bytes after a flood");
}

#[test]
fn bytes_without_their_hashes_fill_the_window_and_no_more() {
    let held = most_held(|| {
        let mut receiver = running_receiver(40 * PIECE);
        let message = || ReceiverInput::LaneMessage { lane: 0, payload: vec![0; LANE_MESSAGE_BYTES] };
        for _ in 0..WINDOW_BYTES / LANE_MESSAGE_BYTES as u64 {
            put(&mut receiver, message());
        }
        let events = put(&mut receiver, message());
        assert!(matches!(events[..], [Event::Failed { code: ErrorCode::ProtocolError, .. }]), "{events:?}");
    });
    assert!((WINDOW_BYTES as usize..WINDOW_BYTES as usize + SLACK).contains(&held), "{held} bytes");
}

/// What the peer of a sender sees of its outputs: reads are answered with zeros, lane messages vanish. How many bytes vanished.
fn serve(sender: &mut Sender<Vec<u8>>, input: SenderInput<Vec<u8>>) -> usize {
    let (mut inputs, mut sent) = (vec![input], 0);
    while let Some(input) = inputs.pop() {
        sender.handle(Millis(0), input);
        while let Some(output) = sender.poll() {
            match output {
                SenderOutput::Read { request, length, .. } => {
                    inputs.push(SenderInput::Read { request, payload: vec![0; length as usize] });
                }
                SenderOutput::Lane { payload, .. } => sent += payload.len(),
                _ => {}
            }
        }
    }
    sent
}

fn running_sender(size: u64) -> Sender<Vec<u8>> {
    let mut sender = Sender::new("sender/1", code());
    let files = vec![entry(vec!["x".to_owned()], size)];
    let accept = ControlMessage::Accept { transfer: ID }.encode();
    let greeting = greeting(Role::Receiver).map(|message| SenderInput::Control(message.encode()));
    let greeted = std::iter::once(SenderInput::Connected(meeting())).chain(greeting);
    for input in greeted.chain([
        SenderInput::Offer { transfer: ID, files },
        SenderInput::Control(accept),
        SenderInput::LaneOpened { lane: 0, max_message: LANE_MESSAGE_BYTES },
    ]) {
        serve(&mut sender, input);
    }
    sender
}

#[test]
fn a_receiver_that_takes_nothing_costs_the_sender_its_read_ahead() {
    let held = most_held(|| {
        let mut sender = running_sender(40 * PIECE);
        let mut sent = 0;
        for request in 0..16 {
            let offset = u64::from(request) * PIECE;
            let request = ControlMessage::Request { transfer: ID, request, file: 0, offset, length: PIECE_BYTES, lane: 0 };
            sent += serve(&mut sender, SenderInput::Control(request.encode()));
        }
        assert!(sent > 0 && sent < MIB, "{sent} bytes in a lane that takes none");
    });
    assert!((READ_AHEAD_BYTES..READ_AHEAD_BYTES + MIB + SLACK).contains(&held), "{held} bytes");
}

#[test]
fn a_flood_of_words_leaves_nothing_behind_at_the_sender() {
    let held = most_held(|| {
        let mut sender = running_sender(3000);
        let mut say = |message: ControlMessage| serve(&mut sender, SenderInput::Control(message.encode()));
        for _ in 0..20_000 {
            say(ControlMessage::Written { transfer: ID, bytes: 0 });
            say(ControlMessage::Pause { transfer: ID });
            say(ControlMessage::Resume { transfer: ID });
        }
        // The same piece again and again, while nothing leaves the lane: it fills, and then too many requests wait.
        let ask = |request| ControlMessage::Request { transfer: ID, request, file: 0, offset: 0, length: 3000, lane: 0 };
        let sent: usize = (0..5000).map(|request| say(ask(request))).sum();
        assert!(sent > 0 && sent < 2 * LANE_FIRST_BYTES, "{sent} bytes in a lane that takes none");
        assert_eq!(say(ask(0)), 0);
    });
    assert!(held < SLACK, "{held} bytes after a flood");
}

//! Transfers that go on: over another connection, or from what an earlier attempt has left.

use perkoon_protocol::control::{ControlMessage, Standing, StandingState};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, Hash, ReceiverInput, ReceiverOutput, SenderInput};

use crate::common::alone::{ID, LoneReceiver, LoneSender, piece, request};
use crate::common::{Conditions, Pair, TestFile, has_ended};

const MIB: usize = 1 << 20;

fn reconnecting(seed: u64) -> Pair {
    Pair::new(Conditions {
        reconnects: true,
        slow_disk: seed.is_multiple_of(3),
        slow_lane: seed.is_multiple_of(2),
        ..Conditions::fair(seed)
    })
}

fn files() -> Vec<TestFile> {
    let sizes = [0, 5 * MIB + 3, 10, 0, 3 * MIB, 1, 0];
    sizes.iter().enumerate().map(|(index, size)| TestFile::new(&format!("dir/{index}"), *size)).collect()
}

fn interruptions(events: &[Event]) -> usize {
    events.iter().filter(|event| **event == Event::Interrupted).count()
}

fn standing(role: Role, state: StandingState, bytes: u64, files: u32) -> Option<Standing> {
    let pieces = (role == Role::Receiver && bytes > 0).then_some(Hash([0; 32]));
    Some(Standing { transfer: ID, state, bytes, files, pieces })
}

#[test]
fn a_transfer_outlives_any_number_of_connections() {
    for seed in 0..60 {
        let mut pair = reconnecting(seed);
        pair.offer(files());
        pair.run_until(|pair| pair.sender_events.contains(&Event::Accepted));
        for _ in 0..4 {
            for _ in 0..pair.random.below(60) {
                pair.step();
            }
            pair.cut();
        }
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn what_was_verified_is_not_sent_again() {
    let mut pair = reconnecting(5);
    pair.offer(vec![TestFile::new("large", 30 * MIB)]);
    pair.run_until(|pair| pair.sink.bytes() >= 20 << 20);
    let here = pair.sink.bytes();
    pair.cut();
    pair.run();
    pair.assert_complete();
    assert!(pair.sent_bytes <= here + 2 * (16 << 20), "at most what was under way is sent twice: {}", pair.sent_bytes);
    assert_eq!(interruptions(&pair.sender_events), 1);
    assert_eq!(interruptions(&pair.receiver_events), 1);
}

#[test]
fn pauses_outlive_the_connection() {
    let mut pair = reconnecting(9);
    pair.offer(vec![TestFile::new("large", 30 * MIB)]);
    pair.run_until(|pair| pair.sink.bytes() >= 4 << 20);
    pair.tell_sender(SenderInput::Pause);
    // The receiver never hears of it on this connection.
    pair.cut();
    pair.run();
    assert!(!has_ended(&pair.receiver_events));
    assert_eq!(pair.receiver_events.last(), Some(&Event::Paused { by: Role::Sender }));
    pair.tell_sender(SenderInput::Resume);
    pair.run();
    pair.assert_complete();
}

#[test]
fn a_pause_that_both_know_of_is_told_again() {
    for by in [Role::Sender, Role::Receiver] {
        let mut pair = reconnecting(9);
        pair.offer(vec![TestFile::new("large", 30 * MIB)]);
        pair.run_until(|pair| pair.sink.bytes() >= 4 << 20);
        let moves = |event: &&Event| !matches!(event, Event::Progress { .. } | Event::FileProgress { .. });
        let told = |pair: &Pair| [&pair.sender_events, &pair.receiver_events].map(|told| told.iter().rev().find(moves).cloned());
        let paused = || [Some(Event::Paused { by }), Some(Event::Paused { by })];
        let hold = |pair: &mut Pair, held| match by {
            Role::Sender => pair.tell_sender(if held { SenderInput::Pause } else { SenderInput::Resume }),
            Role::Receiver => pair.tell_receiver(if held { ReceiverInput::Pause } else { ReceiverInput::Resume }),
        };
        hold(&mut pair, true);
        pair.run();
        assert_eq!(told(&pair), paused());
        pair.cut();
        pair.run_until(|pair| interruptions(&pair.sender_events) + interruptions(&pair.receiver_events) == 2);
        pair.run();
        assert_eq!(told(&pair), paused(), "over the next connection");
        hold(&mut pair, false);
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_receiver_that_holds_goes_on_when_it_says_so_whoever_the_sender_is_now() {
    let mut lone = LoneReceiver::running(&[3000]);
    lone.put(ReceiverInput::Pause);
    lone.put(ReceiverInput::Disconnected);
    lone.connect();
    lone.told();
    // A page that was loaded again knows of no pause.
    lone.greet(standing(Role::Sender, StandingState::Open, 0, 0));
    let told = lone.told();
    assert!(told.events.ends_with(&[Event::Continued, Event::Paused { by: Role::Receiver }]), "{told:?}");
    lone.put(ReceiverInput::Resume);
    let told = lone.told();
    assert!(told.said(&ControlMessage::Resume { transfer: ID }), "{told:?}");
    assert_eq!(told.events, [Event::Resumed]);
}

#[test]
fn a_completion_that_is_lost_is_told_again() {
    for seed in 0..20 {
        let mut pair = reconnecting(seed);
        pair.offer(files());
        pair.run_until(|pair| pair.receiver_events.contains(&Event::Complete));
        pair.cut();
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn whoever_cancels_meanwhile_is_heard_later() {
    for by in [Role::Sender, Role::Receiver] {
        let mut pair = reconnecting(3);
        pair.offer(vec![TestFile::new("large", 30 * MIB)]);
        pair.run_until(|pair| pair.sink.bytes() >= 4 << 20);
        pair.cut();
        pair.run_until(|pair| interruptions(&pair.sender_events) + interruptions(&pair.receiver_events) == 2);
        match by {
            Role::Sender => pair.tell_sender(SenderInput::Cancel),
            Role::Receiver => pair.tell_receiver(ReceiverInput::Cancel),
        }
        pair.run();
        assert_eq!(pair.ends(), (Event::Cancelled { by }, Event::Cancelled { by }));
    }
}

#[test]
fn a_receiver_that_knows_nothing_is_asked_again() {
    let mut lone = LoneSender::running(&[3000]);
    lone.put(SenderInput::Disconnected);
    lone.connect();
    lone.greet(None);
    let told = lone.told();
    assert!(told.said(&ControlMessage::Offer { transfer: ID, files: 1, bytes: 3000 }), "{told:?}");
    assert!(matches!(told.events[..], [Event::Interrupted, Event::Compare { .. }, Event::Greeted { .. }, Event::Offered { .. }]));
}

#[test]
fn a_sender_that_knows_nothing_ends_it_and_what_is_here_is_kept() {
    let mut lone = LoneReceiver::running(&[3000]);
    lone.put(ReceiverInput::Disconnected);
    lone.connect();
    lone.greet(None);
    assert!(lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Shelve)));
    let told = lone.told();
    assert!(matches!(told.events.last(), Some(Event::Failed { code: ErrorCode::PeerLeft, .. })), "{told:?}");
}

#[test]
fn a_receiver_cannot_claim_what_was_never_sent() {
    let mut lone = LoneSender::running(&[2 * MIB as u64]);
    lone.put(SenderInput::Disconnected);
    lone.connect();
    lone.greet(standing(Role::Receiver, StandingState::Open, MIB as u64, 0));
    lone.told().assert_failed("bytes that were never sent", ErrorCode::ProtocolError, None);

    let mut lone = LoneSender::running(&[2 * MIB as u64]);
    lone.put(SenderInput::Disconnected);
    lone.connect();
    lone.greet(standing(Role::Receiver, StandingState::Complete, 0, 0));
    lone.told().assert_failed("complete too early", ErrorCode::ProtocolError, None);
}

#[test]
fn a_sender_cannot_know_more_than_it_was_told() {
    for (bytes, files) in [(1, 0), (0, 1)] {
        let mut lone = LoneReceiver::running(&[3000]);
        lone.put(ReceiverInput::Disconnected);
        lone.connect();
        lone.greet(standing(Role::Sender, StandingState::Open, bytes, files));
        lone.told().assert_failed("more than was said", ErrorCode::ProtocolError, None);
    }
}

#[test]
fn an_earlier_attempt_is_taken_up() {
    for seed in 0..20_u64 {
        let mut pair = Pair::new(Conditions { slow_disk: seed.is_multiple_of(2), ..Conditions::fair(seed) });
        let files = files();
        pair.kept = files.iter().take(5).map(|file| file.bytes.clone()).collect();
        // A piece that was not whole does not count.
        pair.kept[4].truncate(2 * MIB + 7);
        pair.offer(files);
        pair.run();
        pair.assert_complete();
        assert_eq!(pair.sent_bytes, MIB as u64 + 1, "only what is missing is sent");
    }
}

#[test]
fn what_an_earlier_attempt_has_wrong_is_sent_again() {
    for wrong in [0, MIB, 4 * MIB + 1, 5 * MIB] {
        let mut pair = Pair::new(Conditions::fair(wrong as u64));
        let files = files();
        pair.kept = files.iter().map(|file| file.bytes.clone()).collect();
        pair.kept[1][wrong] ^= 1;
        pair.offer(files);
        pair.run();
        pair.assert_complete();
        assert!(pair.sent_bytes <= MIB as u64);
    }
}

#[test]
fn many_wrong_pieces_do_not_use_the_window_up() {
    let mut pair = Pair::new(Conditions::fair(1));
    let file = TestFile::new("large", 40 * MIB);
    pair.kept = vec![vec![0; 40 * MIB]];
    pair.offer(vec![file]);
    pair.run();
    pair.assert_complete();
}

#[test]
fn whatever_sizes_an_earlier_attempt_has_the_window_is_kept() {
    for seed in 0..20 {
        let mut pair = Pair::new(Conditions::fair(seed));
        // The last piece of a file is too small to be told of at once.
        let files = [3 * MIB + 70_000, 40 * MIB].map(|size| TestFile::new(&size.to_string(), size)).to_vec();
        pair.kept = files.iter().map(|file| file.bytes.clone()).collect();
        pair.offer(files);
        pair.run();
        pair.assert_complete();
        assert_eq!(pair.sent_bytes, 0);
    }
}

#[test]
fn pieces_that_cannot_be_read_back_are_requested() {
    let mut lone = LoneReceiver::offered(&[3000]);
    lone.put(ReceiverInput::Accept { kept: vec![3000] });
    assert!(lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Recall { file: 0, offset: 0, length: 3000 })));
    assert!(!lone.told().said(&request(0, 0, 0, 3000)));
    lone.put(ReceiverInput::Recalled { file: 0, offset: 0, payload: None });
    assert!(lone.told().said(&request(0, 0, 0, 3000)));
    lone.say(&piece(0, &[0; 3000]));
    lone.bytes(&[0; 3000]);
    assert!(lone.outputs.iter().any(|output| matches!(output, ReceiverOutput::Write { file: 0, offset: 0, .. })));
}

#[test]
fn a_changed_file_is_found_out_while_it_is_checked() {
    let mut pair = Pair::new(Conditions::fair(1));
    let mut file = TestFile::new("changing", 3 * MIB);
    pair.kept = vec![file.bytes.clone()];
    file.trouble = Some((MIB as u64, crate::common::Trouble::Short));
    pair.offer(vec![file]);
    pair.run();
    let (sender, receiver) = pair.ends();
    for end in [sender, receiver] {
        assert!(matches!(end, Event::Failed { code: ErrorCode::FileChanged, .. }), "{end:?}");
    }
    assert!(pair.sink.discarded);
}

/// A pair whose sender's program is started anew when so many bytes are there.
fn restarted(seed: u64, files: Vec<TestFile>, bytes: u64) -> Pair {
    let mut pair = reconnecting(seed);
    pair.offer(files);
    pair.run_until(|pair| pair.sink.bytes() >= bytes);
    pair.cut();
    pair.sender_forgets = true;
    pair
}

#[test]
fn a_sender_that_starts_anew_goes_on() {
    for seed in 0..40 {
        let mut pair = restarted(seed, files(), seed * (MIB as u64) / 4);
        let here = pair.sink.bytes();
        pair.run();
        pair.assert_complete();
        assert!(pair.sent_bytes <= 8 * MIB as u64 + 14 + (16 << 20), "{here} B were there, {} B sent", pair.sent_bytes);
    }
}

#[test]
fn a_sender_that_starts_anew_sends_only_what_is_missing() {
    let mut pair = restarted(5, vec![TestFile::new("large", 60 * MIB)], 50 << 20);
    let before = pair.sent_bytes;
    let here = pair.sink.bytes();
    pair.run();
    pair.assert_complete();
    assert!(pair.sent_bytes - before <= (60 << 20) - here);
}

#[test]
fn a_sender_that_starts_anew_twice_while_it_compares() {
    for seed in 0..40 {
        let mut pair = restarted(seed, files(), 6 << 20);
        pair.run_until(|pair| pair.sender_events.contains(&Event::Continued));
        for _ in 0..pair.random.below(20) {
            pair.step();
        }
        pair.cut();
        pair.sender_forgets = seed.is_multiple_of(2);
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_sender_that_starts_anew_with_other_bytes_is_found_out() {
    for changed in [0, 4 * MIB] {
        let mut pair = restarted(3, vec![TestFile::new("large", 60 * MIB)], 20 << 20);
        let mut file = TestFile::clone(&pair.files[0]);
        file.bytes[changed] ^= 1;
        pair.files = vec![std::rc::Rc::new(file)];
        pair.run();
        let (sender, receiver) = pair.ends();
        for end in [sender, receiver] {
            assert!(matches!(end, Event::Failed { code: ErrorCode::FileChanged, .. }), "{end:?}");
        }
        assert!(pair.sink.discarded);
    }
}

#[test]
fn a_sender_that_starts_anew_after_the_end_is_told_that_all_is_there() {
    for seed in 0..20 {
        let mut pair = reconnecting(seed);
        pair.offer(files());
        pair.run_until(|pair| pair.receiver_events.contains(&Event::Complete));
        pair.cut();
        pair.sender_forgets = true;
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_sender_that_starts_anew_asks_a_receiver_that_does_so_too() {
    let mut lone = LoneSender::restored(&[3000]);
    lone.greet(None);
    assert!(lone.told().said(&ControlMessage::Offer { transfer: ID, files: 1, bytes: 3000 }));
}

#[test]
fn a_sender_that_starts_anew_asks_a_receiver_that_has_given_up_again() {
    let mut lone = LoneSender::restored(&[3000]);
    lone.greet(standing(Role::Receiver, StandingState::Failed, 0, 0));
    assert!(lone.told().said(&ControlMessage::Offer { transfer: ID, files: 1, bytes: 3000 }));
}

#[test]
fn a_sender_that_starts_anew_takes_no_impossible_claims() {
    let total = 3 * MIB as u64;
    for (bytes, about) in [(total + 1, "more than there is"), (5, "half a piece")] {
        let mut lone = LoneSender::restored(&[total]);
        lone.greet(standing(Role::Receiver, StandingState::Open, bytes, 0));
        lone.serve();
        lone.told().assert_failed(about, ErrorCode::ProtocolError, None);
    }
    let mut lone = LoneSender::restored(&[total]);
    lone.greet(standing(Role::Receiver, StandingState::Open, 0, 0));
    lone.say(&ControlMessage::FileDone { transfer: ID, file: 0, hash: Hash([0; 32]) });
    lone.serve();
    lone.told().assert_failed("a file done too early", ErrorCode::ProtocolError, None);
}

#[test]
fn nothing_is_sent_before_the_comparison() {
    let mut lone = LoneSender::restored(&[3 * MIB as u64]);
    let pieces = Hash(*blake3::hash(&[0; 32]).as_bytes());
    let standing = Some(Standing { transfer: ID, state: StandingState::Open, bytes: MIB as u64, files: 0, pieces: Some(pieces) });
    lone.greet(standing);
    lone.put(SenderInput::LaneOpened { lane: 0, max_message: 1 << 20 });
    lone.say(&request(0, 0, MIB as u64, MIB as u32));
    assert_eq!(lone.serve(), Vec::<Vec<u8>>::new());
    lone.told().assert_failed("other bytes", ErrorCode::FileChanged, Some(ID));
}

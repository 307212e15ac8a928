//! Transfers as people do them.

use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, ReceiverInput, SenderInput};

use crate::common::{Conditions, Pair, TestFile, Trouble, has_ended, last_progress};

const MIB: usize = 1 << 20;

fn pair(seed: u64) -> Pair {
    Pair::new(Conditions::fair(seed))
}

fn failed(event: &Event) -> ErrorCode {
    match event {
        Event::Failed { code, .. } => *code,
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn sizes_around_every_edge_arrive() {
    let sizes = [0, 1, 1023, 1024, 1025, 256 << 10, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 7, 0];
    let mut pair = pair(1);
    pair.offer(sizes.iter().enumerate().map(|(index, size)| TestFile::new(&format!("dir/{index}"), *size)).collect());
    pair.run();
    pair.assert_complete();
}

#[test]
fn files_without_bytes_arrive() {
    let mut pair = pair(2);
    pair.offer((0..200).map(|index| TestFile::new(&format!("{index}"), 0)).collect());
    pair.run();
    pair.assert_complete();
}

#[test]
fn many_small_files_arrive() {
    let mut pair = pair(3);
    pair.offer((0..500).map(|index| TestFile::new(&format!("small/{index}"), index % 7 * 100)).collect());
    pair.run();
    pair.assert_complete();
}

#[test]
fn a_file_larger_than_the_window_arrives_though_the_disk_is_slow() {
    let mut pair = Pair::new(Conditions { slow_disk: true, slow_reader: true, ..Conditions::fair(4) });
    pair.offer(vec![TestFile::new("large", 40 * MIB + 3)]);
    pair.run();
    pair.assert_complete();
}

#[test]
fn small_messages_do() {
    let mut pair = Pair::new(Conditions { max_message: 16 << 10, slow_lane: true, ..Conditions::fair(5) });
    pair.offer(vec![TestFile::new("a", 2 * MIB + 1), TestFile::new("b", 5000)]);
    pair.run();
    pair.assert_complete();
}

#[test]
fn a_pause_stops_requests_until_everyone_resumes() {
    let mut pair = pair(6);
    pair.offer(vec![TestFile::new("large", 40 * MIB)]);
    assert!(pair.run_until(|pair| last_progress(&pair.receiver_events) > MIB as u64));
    pair.tell_receiver(ReceiverInput::Pause);
    pair.tell_sender(SenderInput::Pause);
    pair.run();
    assert!(!has_ended(&pair.receiver_events) && last_progress(&pair.receiver_events) <= 20 * MIB as u64);
    pair.tell_receiver(ReceiverInput::Resume);
    pair.run();
    assert!(!has_ended(&pair.receiver_events), "the sender still pauses");
    assert_eq!(pair.receiver_events.last(), Some(&Event::Paused { by: Role::Sender }));
    pair.tell_sender(SenderInput::Resume);
    assert_eq!(pair.sender_events.last(), Some(&Event::Resumed));
    pair.run();
    pair.assert_complete();
}

#[test]
fn everything_finishes_when_the_pause_comes_after_the_last_byte() {
    let mut pair = Pair::new(Conditions { slow_disk: true, ..Conditions::fair(7) });
    let empty = (0..100).map(|index| TestFile::new(&index.to_string(), 0));
    pair.offer(std::iter::once(TestFile::new("a", MIB)).chain(empty).collect());
    assert!(pair.run_until(|pair| last_progress(&pair.receiver_events) == MIB as u64));
    pair.tell_receiver(ReceiverInput::Pause);
    pair.run();
    pair.assert_complete();
}

#[test]
fn a_receiver_may_say_no() {
    let mut pair = Pair::new(Conditions { accept: false, ..Conditions::fair(8) });
    pair.offer(vec![TestFile::new("a", 10)]);
    pair.run();
    pair.tell_receiver(ReceiverInput::Reject);
    pair.run();
    assert_eq!(pair.ends(), (Event::Rejected, Event::Rejected));
    assert!(!pair.sink.discarded, "nothing was started");
}

#[test]
fn the_sender_cancels_while_the_receiver_accepts() {
    for seed in 0..20 {
        let mut pair = Pair::new(Conditions { accept: false, ..Conditions::fair(seed) });
        pair.offer(vec![TestFile::new("a", 3 * MIB)]);
        pair.run();
        pair.tell_sender(SenderInput::Cancel);
        pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() });
        pair.run();
        let cancelled = Event::Cancelled { by: Role::Sender };
        assert_eq!(pair.ends(), (cancelled.clone(), cancelled));
        pair.offer(vec![TestFile::new("b", 5)]);
        pair.run();
        pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() });
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn both_cancel_at_once() {
    let mut pair = pair(9);
    pair.offer(vec![TestFile::new("a", 9 * MIB)]);
    assert!(pair.run_until(|pair| last_progress(&pair.receiver_events) > 0));
    pair.tell_sender(SenderInput::Cancel);
    pair.tell_receiver(ReceiverInput::Cancel);
    pair.run();
    assert_eq!(pair.ends(), (Event::Cancelled { by: Role::Sender }, Event::Cancelled { by: Role::Receiver }));
    assert!(pair.sink.discarded);
}

#[test]
fn cancelled_before_anyone_greeted() {
    let mut pair = pair(10);
    pair.offer(vec![TestFile::new("a", 9)]);
    pair.tell_sender(SenderInput::Cancel);
    pair.run();
    assert_eq!(pair.sender_events[0], Event::Cancelled { by: Role::Sender });
    assert!(!has_ended(&pair.receiver_events));
    pair.offer(vec![TestFile::new("b", 9)]);
    pair.run();
    pair.assert_complete();
}

#[test]
fn one_connection_carries_transfer_after_transfer() {
    let mut pair = pair(11);
    for round in 0..5 {
        pair.offer(vec![TestFile::new("a", round * MIB + round), TestFile::new("b", 100)]);
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_transfer_follows_one_cancelled_half_way() {
    for seed in 0..10 {
        let mut pair = pair(seed);
        pair.offer(vec![TestFile::new("a", 6 * MIB)]);
        assert!(pair.run_until(|pair| last_progress(&pair.receiver_events) > MIB as u64));
        if seed % 2 == 0 {
            // Its bytes are still under way when the next offer goes out.
            pair.tell_sender(SenderInput::Cancel);
            pair.offer(vec![TestFile::new("b", 3 * MIB)]);
            assert!(pair.run_until(|pair| has_ended(&pair.receiver_events)));
            assert_eq!(pair.receiver_events.last(), Some(&Event::Cancelled { by: Role::Sender }));
        } else {
            pair.tell_receiver(ReceiverInput::Cancel);
            assert!(pair.run_until(|pair| has_ended(&pair.sender_events)));
            assert_eq!(pair.sender_events.last(), Some(&Event::Cancelled { by: Role::Receiver }));
            pair.offer(vec![TestFile::new("b", 3 * MIB)]);
        }
        assert!(pair.sink.discarded);
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_file_that_changed_ends_both_and_names_itself() {
    for (trouble, code) in [
        (Trouble::Short, ErrorCode::FileChanged),
        (Trouble::Fails(ErrorCode::FileChanged), ErrorCode::FileChanged),
        (Trouble::Fails(ErrorCode::FileUnreadable), ErrorCode::FileUnreadable),
        (Trouble::Fails(ErrorCode::Internal), ErrorCode::FileUnreadable),
    ] {
        let mut pair = pair(12);
        let mut file = TestFile::new("folder/draft\u{202e}.txt", 5 * MIB);
        file.trouble = Some((2 * MIB as u64, trouble));
        pair.offer(vec![TestFile::new("fine", 10), file]);
        pair.run();
        let (sender, receiver) = pair.ends();
        assert_eq!(sender, receiver);
        let Event::Failed { code: said, message } = sender else { panic!("{sender:?}") };
        assert_eq!(said, code);
        assert!(message.starts_with("“draft.txt” "), "{message}");
        assert!(pair.sink.discarded);
        pair.offer(vec![TestFile::new("again", 10)]);
        pair.run();
        pair.assert_complete();
    }
}

#[test]
fn a_full_disk_ends_both() {
    let mut pair = pair(13);
    pair.offer(vec![TestFile::new("a", 5 * MIB)]);
    assert!(pair.run_until(|pair| !pair.sink.writing.is_empty()));
    let code = ErrorCode::InsufficientStorage;
    pair.tell_receiver(ReceiverInput::SinkFailed { code, message: "no room on C:".to_owned() });
    pair.run();
    let (sender, receiver) = pair.ends();
    assert_eq!(sender, Event::Failed { code, message: code.sentence().to_owned() });
    assert_eq!(receiver, Event::Failed { code, message: "no room on C:".to_owned() });
    assert!(pair.sink.discarded);
}

#[test]
fn no_way_to_store_an_offer_ends_it_for_both() {
    let mut pair = Pair::new(Conditions { accept: false, ..Conditions::fair(13) });
    pair.offer(vec![TestFile::new("a", 10)]);
    pair.run();
    let code = ErrorCode::InsufficientStorage;
    pair.tell_receiver(ReceiverInput::SinkFailed { code, message: "no room on C:".to_owned() });
    pair.run();
    let (sender, receiver) = pair.ends();
    assert_eq!(sender, Event::Failed { code, message: code.sentence().to_owned() });
    assert_eq!(receiver, Event::Failed { code, message: "no room on C:".to_owned() });
    assert!(!pair.sink.discarded, "nothing was started");
}

#[test]
fn a_lost_peer_is_told_to_both() {
    let mut pair = pair(14);
    pair.offer(vec![TestFile::new("a", 30 * MIB)]);
    assert!(pair.run_until(|pair| last_progress(&pair.receiver_events) > MIB as u64));
    pair.cut();
    pair.run();
    let (sender, receiver) = pair.ends();
    assert_eq!((failed(&sender), failed(&receiver)), (ErrorCode::PeerLeft, ErrorCode::PeerLeft));
    assert!(pair.sink.discarded);
}

#[test]
fn a_peer_lost_while_asked_is_told_to_both() {
    let mut pair = Pair::new(Conditions { accept: false, ..Conditions::fair(15) });
    pair.offer(vec![TestFile::new("a", 30)]);
    pair.run();
    pair.cut();
    pair.run();
    let (sender, receiver) = pair.ends();
    assert_eq!((failed(&sender), failed(&receiver)), (ErrorCode::PeerLeft, ErrorCode::PeerLeft));
    assert!(!pair.sink.discarded);
    pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() });
    assert_eq!(pair.receiver_events.iter().filter(|event| event.is_terminal()).count(), 1);
}

#[test]
fn a_peer_lost_while_idle_is_nobodys_concern() {
    let mut pair = pair(16);
    pair.run();
    pair.cut();
    pair.run();
    assert!(!has_ended(&pair.sender_events) && !has_ended(&pair.receiver_events));
    pair.offer(vec![TestFile::new("a", 30)]);
    assert_eq!(failed(&pair.sender_events[0]), ErrorCode::PeerLeft, "a spent sender says so");
}

#[test]
fn a_receiver_that_has_everything_completes_alone() {
    for seed in 0..10 {
        let mut pair = Pair::new(Conditions { slow_disk: true, ..Conditions::fair(seed) });
        pair.offer(vec![TestFile::new("a", 2 * MIB), TestFile::new("empty", 0)]);
        assert!(pair.run_until(|pair| pair.sink.publishing));
        pair.cut();
        pair.run();
        assert_eq!(failed(&pair.ends().0), ErrorCode::PeerLeft);
        assert_eq!(pair.ends().1, Event::Complete);
        pair.assert_stored();
    }
}

#[test]
fn an_own_offer_that_is_invalid_goes_nowhere() {
    let long = "x".repeat(4097);
    let deep = vec!["d"; 65].join("/");
    for path in ["", "a//b", "/a", "a/", &long, &deep] {
        let mut pair = pair(17);
        pair.run();
        pair.offer(vec![TestFile::new("fine", 1), TestFile::new(path, 1)]);
        assert_eq!(failed(&pair.sender_events[0]), ErrorCode::InvalidRequest, "{path:?}");
        pair.run();
        let of_greeting = |event: &Event| matches!(event, Event::Protected(_) | Event::Compare { .. } | Event::Greeted { .. });
        assert!(pair.receiver_events.iter().all(of_greeting), "no more than the greeting");
        pair.offer(vec![TestFile::new("fine", 1)]);
        pair.run();
        pair.assert_complete();
    }
    let mut pair = pair(18);
    pair.offer(Vec::new());
    assert_eq!(failed(&pair.sender_events[0]), ErrorCode::InvalidRequest);
}

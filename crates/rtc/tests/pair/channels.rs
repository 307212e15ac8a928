//! What goes over a connection.

use perkoon_peer::connecting::{Connection, Relay};
use perkoon_rtc::RtcEvent;
use perkoon_transfer::Payload;

use crate::common::{Pair, bytes};

fn connected() -> Pair {
    let mut pair = Pair::new(&[], Relay::Unknown);
    pair.connect();
    pair
}

#[test]
fn both_see_each_others_certificate_and_a_direct_path() {
    let pair = connected();
    let meetings = [&pair.sender, &pair.receiver].map(|end| end.peer.meeting().expect("a meeting"));
    assert!(meetings[0].binding.local == meetings[1].binding.remote && meetings[1].binding.local == meetings[0].binding.remote);
    assert!(meetings[0].binding.local != meetings[0].binding.remote && meetings[0].nonce != meetings[1].nonce);
    assert_eq!([pair.sender.path, pair.receiver.path], [Some(Connection::Direct); 2]);
    let progress = pair.sender.peer.progress();
    assert!(progress.gathered && progress.answered && progress.path && pair.sender.peer.is_answered());
}

#[test]
fn control_texts_arrive_in_order_both_ways_and_are_acknowledged() {
    let mut pair = connected();
    let long = "ä".repeat(100_000);
    for number in 0..50 {
        pair.sender.peer.send_control(format!("{number} {long}"));
        pair.receiver.peer.send_control(format!("back {number}"));
    }
    for number in 0..50 {
        let RtcEvent::Control(text) = pair.receiver.next() else { panic!("a text") };
        assert!(text == format!("{number} {long}"), "text {number}");
        let RtcEvent::Control(text) = pair.sender.next() else { panic!("a text") };
        assert_eq!(text, format!("back {number}"));
    }
    while pair.sender.peer.unsent() > 0 || pair.receiver.peer.unsent() > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_lane_carries_64_megabytes_as_they_are() {
    let mut pair = connected();
    pair.open_lane(0);
    let messages: Vec<_> = (0..16).map(|seed| bytes(256 << 10, seed)).collect();
    let (mut sent, mut received) = (0, 0);
    while received < 256 {
        let buffered = pair.sender.peer.lanes_buffered()[0].1;
        if sent < 256 && buffered < 4 << 20 {
            pair.sender.peer.send_lane(0, messages[sent % 16].clone());
            sent += 1;
            continue;
        }
        let RtcEvent::LaneMessage { lane: 0, payload } = pair.receiver.next() else { panic!("a message") };
        assert!(payload == messages[received % 16], "message {received}");
        received += 1;
    }
    while pair.sender.peer.lanes_buffered()[0].1 > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_control_text_does_not_wait_for_all_that_waits_on_a_lane() {
    let mut pair = connected();
    pair.open_lane(0);
    let message = bytes(256 << 10, 0);
    (0..64).for_each(|_| pair.sender.peer.send_lane(0, message.clone()));
    pair.sender.peer.send_control("never mind".to_owned());
    let mut before = 0;
    while let RtcEvent::LaneMessage { .. } = pair.receiver.next() {
        before += 1;
    }
    assert!(before < 32, "{before} of 64 messages came before it");
}

#[test]
fn a_message_of_no_bytes_is_one() {
    let mut pair = connected();
    pair.open_lane(3);
    pair.sender.peer.send_lane(3, bytes(0, 0));
    let RtcEvent::LaneMessage { lane: 3, payload } = pair.receiver.next() else { panic!("a message") };
    assert!(payload.is_empty());
}

#[test]
fn what_is_sent_the_moment_a_lane_opens_arrives() {
    let mut pair = connected();
    for lane in 0..40 {
        pair.receiver.peer.open_lane(lane);
        // The other side sends before this end knows that its lane is open.
        let RtcEvent::LaneOpen { lane: opened, .. } = pair.sender.next() else { panic!("a lane") };
        assert_eq!(opened, lane);
        (0..10).for_each(|seed| pair.sender.peer.send_lane(lane, bytes(1000, seed)));
        assert!(matches!(pair.receiver.next(), RtcEvent::LaneOpen { .. }));
        for seed in 0..10 {
            let RtcEvent::LaneMessage { payload, .. } = pair.receiver.next() else { panic!("message {seed} of lane {lane}") };
            assert!(payload == bytes(1000, seed));
        }
        pair.receiver.peer.close_lane(lane);
        assert!(matches!(pair.sender.next(), RtcEvent::LaneClosed { lane: closed } if closed == lane));
    }
}

#[test]
fn control_texts_sent_at_once_on_both_sides_arrive() {
    for _ in 0..10 {
        let mut pair = Pair::new(&[], Relay::Unknown);
        // Given before there is a connection, they go out with its first packets.
        pair.sender.peer.send_control("from the sender".to_owned());
        pair.receiver.peer.send_control("from the receiver".to_owned());
        pair.sender.peer.offer();
        let mut texts = Vec::new();
        pair.until(|pair_event| {
            if let RtcEvent::Control(text) = pair_event {
                texts.push(text);
            }
            texts.len() == 2
        });
        texts.sort();
        assert_eq!(texts, ["from the receiver", "from the sender"]);
    }
}

#[test]
fn whoever_closes_is_heard_to_close() {
    for receiver_closes in [false, true] {
        let mut pair = connected();
        pair.open_lane(0);
        let (closing, other) = match receiver_closes {
            true => (pair.receiver, &mut pair.sender),
            false => (pair.sender, &mut pair.receiver),
        };
        drop(closing);
        loop {
            match other.next() {
                RtcEvent::Lost => break,
                RtcEvent::LaneClosed { lane: 0 } => {}
                event => panic!("{event:?}"),
            }
        }
    }
}

#[test]
fn ice_started_anew_twice_at_once_is_answered() {
    let mut pair = connected();
    pair.sender.peer.restart();
    pair.sender.peer.restart();
    pair.sender.peer.send_control("after".to_owned());
    pair.until_text("after");
    pair.until_answered();
    pair.receiver.peer.send_control("and back".to_owned());
    pair.until_text("and back");
}

#[test]
fn ice_started_anew_keeps_what_the_channels_hold() {
    let mut pair = connected();
    pair.open_lane(0);
    for round in 0..3 {
        pair.sender.peer.restart();
        (0..20).for_each(|seed| pair.sender.peer.send_lane(0, bytes(100_000, seed)));
        let mut arrived = 0;
        pair.until(|event| {
            if let RtcEvent::LaneMessage { payload, .. } = event {
                assert!(payload == bytes(100_000, arrived), "message {arrived} of round {round}");
                arrived += 1;
            }
            arrived == 20
        });
        pair.until_answered();
    }
}

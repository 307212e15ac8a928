//! What hostile servers and peers say.

use std::time::Instant;

use perkoon_peer::connecting::Relay;
use perkoon_protocol::signal::Signal;
use perkoon_rtc::RtcEvent;

use crate::common::{End, PATIENCE, Pair};

fn offer(sdp: &str) -> Signal {
    Signal::Offer { connection: 7, sdp: sdp.to_owned() }
}

fn candidate(candidate: String) -> Signal {
    Signal::Candidate { connection: 7, candidate, sdp_mid: None, sdp_m_line_index: Some(0) }
}

const FINGERPRINT: &str =
    "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

#[test]
fn a_description_that_makes_no_sense_loses_the_connection_and_nothing_else() {
    let garbage = format!("v=0\r\n{FINGERPRINT}\r\n");
    let media = format!("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/AVP 0\r\n{FINGERPRINT}\r\n");
    let endless = "a=".repeat(100_000);
    for sdp in ["", "v=0", &garbage, &media, &endless, "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"] {
        let mut end = End::new(&[], Relay::Unknown);
        end.peer.signal(offer(sdp));
        assert!(matches!(end.next(), RtcEvent::Lost), "{sdp:.40}");
    }
}

#[test]
fn candidates_that_make_no_sense_change_nothing() {
    let mut pair = Pair::new(&[], Relay::Unknown);
    let hostile = |pair: &Pair| {
        for text in ["", "candidate:", "candidate:1 1 udp 1 300.0.0.1 5 typ host", "candidate:1 1 udp x 10.0.0.1 5 typ relay"] {
            pair.sender.peer.signal(candidate(text.to_owned()));
            pair.receiver.peer.signal(candidate(text.to_owned()));
        }
        (0..1_000).for_each(|port| {
            pair.receiver.peer.signal(candidate(format!("candidate:1 1 udp 1 192.0.2.1 {port} typ host")));
        });
    };
    hostile(&pair);
    pair.connect();
    hostile(&pair);
    pair.sender.peer.send_control("still there".to_owned());
    assert!(matches!(pair.receiver.next(), RtcEvent::Control(text) if text == "still there"));
}

#[test]
fn a_lane_that_is_there_is_not_opened_again() {
    let mut pair = Pair::new(&[], Relay::Unknown);
    pair.connect();
    pair.open_lane(0);
    pair.receiver.peer.open_lane(0);
    assert!(matches!(pair.receiver.next(), RtcEvent::LaneOpen { lane: 0, .. }));
    assert!(matches!(pair.receiver.next(), RtcEvent::LaneClosed { lane: 0 }));
    pair.receiver.peer.send_control("after it".to_owned());
    assert!(matches!(pair.sender.next(), RtcEvent::Control(text) if text == "after it"));
}

#[test]
fn another_certificate_for_the_same_connection_is_refused() {
    let mut pair = Pair::new(&[], Relay::Unknown);
    pair.connect();
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
         a=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n{FINGERPRINT}\r\na=setup:actpass\r\na=sctp-port:5000\r\n"
    );
    pair.receiver.peer.signal(offer(&sdp));
    assert!(matches!(pair.receiver.next(), RtcEvent::Lost));
}

/// More than may wait to be taken.
const FLOOD: usize = 160 << 20;

#[test]
fn a_flood_of_texts_that_nobody_takes_ends_the_connection() {
    let mut pair = Pair::new(&[], Relay::Unknown);
    pair.connect();
    let text = "x".repeat(64 << 10);
    let (mut lost, mut told, mut given, begun) = (false, 0, 0, Instant::now());
    while !lost {
        assert!(given < FLOOD && begun.elapsed() < PATIENCE, "{told} of {given} bytes were told");
        if pair.sender.peer.unsent() < 4 << 20 {
            pair.sender.peer.send_control(text.clone());
            given += text.len();
        }
        let (gone, texts) = pair.receiver.overhear();
        (lost, told) = (lost || gone, told + texts);
    }
    assert!(told <= 64 << 20, "{told} bytes were told");
}

#[test]
fn as_many_texts_that_are_taken_arrive() {
    let mut pair = Pair::new(&[], Relay::Unknown);
    pair.connect();
    let text = "x".repeat(64 << 10);
    for _ in 0..FLOOD / text.len() {
        pair.sender.peer.send_control(text.clone());
        assert!(matches!(pair.receiver.next(), RtcEvent::Control(told) if told == text));
    }
}

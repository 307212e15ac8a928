//! Through relays.

use std::{net::UdpSocket, process::Command};

use perkoon_peer::connecting::{Connection, Relay};
use perkoon_protocol::rest::IceServer;
use perkoon_rtc::RtcEvent;

use crate::{
    common::{End, PATIENCE, Pair, bytes},
    coturn::{Coturn, server},
};

/// By what the test of TLS tells itself, started again with another trust, where the server is.
const TLS_URL: &str = "PERKOON_TEST_TURNS";

/// Connects two that may use nothing but the relay, has them exchange what a transfer does, and ends at one.
fn relayed(server: IceServer) {
    let mut pair = Pair::new(&[server], Relay::Only);
    pair.connect();
    assert_eq!([pair.sender.path, pair.receiver.path], [Some(Connection::Relayed); 2]);
    assert!(pair.candidates.iter().all(|candidate| candidate.contains(" typ relay ")), "{:?}", pair.candidates);
    pair.open_lane(0);
    (0..32).for_each(|seed| pair.sender.peer.send_lane(0, bytes(256 << 10, seed)));
    for seed in 0..32 {
        let RtcEvent::LaneMessage { payload, .. } = pair.receiver.next() else { panic!("message {seed}") };
        assert!(payload == bytes(256 << 10, seed), "message {seed}");
    }
    pair.sender.peer.restart();
    pair.until_answered();
    pair.receiver.peer.send_control("all of it".to_owned());
    pair.until_text("all of it");
    drop(pair.sender);
    pair.receiver.until_lost();
}

#[test]
fn a_relay_is_reached_over_udp() {
    let coturn = Coturn::start(&[]);
    relayed(coturn.server("udp"));
}

#[test]
fn a_relay_is_reached_over_tcp() {
    let coturn = Coturn::start(&[]);
    relayed(coturn.server("tcp"));
}

#[test]
fn a_relay_is_reached_over_tls() {
    if let Ok(url) = std::env::var(TLS_URL) {
        return relayed(server(&url));
    }
    let coturn = Coturn::start(&[]);
    let mut again = Command::new(std::env::current_exe().expect("this test"));
    again.args(["relay::a_relay_is_reached_over_tls", "--exact", "--nocapture"]);
    again.env(TLS_URL, &coturn.server("tls").urls[0]).env("SSL_CERT_FILE", coturn.certificate());
    assert!(again.status().expect("this test again").success());
}

#[test]
fn a_relay_whose_certificate_nobody_vouches_for_is_not_used() {
    let coturn = Coturn::start(&[]);
    unreachable(coturn.server("tls"));
}

#[test]
fn a_relay_that_nobody_is_at_or_that_knows_others_is_not_used() {
    let coturn = Coturn::start(&[]);
    let nobody = "turn:127.0.0.1:9?transport=";
    for url in [format!("{nobody}udp"), format!("{nobody}tcp"), "turn:nobody.invalid".to_owned()] {
        unreachable(server(&url));
    }
    unreachable(IceServer { credential: Some("another".to_owned()), ..coturn.server("udp") });
}

/// Nothing is found with this server, and that is told.
fn unreachable(server: IceServer) {
    let mut end = End::new(&[server], Relay::Only);
    end.peer.offer();
    assert!(matches!(end.next(), RtcEvent::Unreachable));
    assert!(!end.peer.progress().gathered);
}

#[test]
fn how_a_stun_server_sees_this_device_is_told() {
    let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let url = format!("stun:{}", server.local_addr().expect("an address"));
    let mut pair = Pair::new(&[IceServer { urls: vec![url], username: None, credential: None }], Relay::Unknown);
    let answering = std::thread::spawn(move || answer_as_seen_at(&server));
    pair.connect();
    answering.join().expect("a question");
    pair.until_candidate(" 192.0.2.1 99 typ srflx ");
}

#[test]
fn a_stun_server_is_asked_before_the_other_side_says_anything() {
    let server = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let url = format!("stun:{}", server.local_addr().expect("an address"));
    let end = End::new(&[IceServer { urls: vec![url], username: None, credential: None }], Relay::Unknown);
    end.peer.offer();
    server.set_read_timeout(Some(PATIENCE)).expect("a limit");
    answer_as_seen_at(&server);
}

/// Answers the first question for how its sender is seen (RFC 8489, section 14.2) with 192.0.2.1, port 99.
fn answer_as_seen_at(server: &UdpSocket) {
    let mut question = [0; 1500];
    let (_, from) = server.recv_from(&mut question).expect("a question");
    assert_eq!(question[..2], [0, 1]);
    let cookie = [0x21, 0x12, 0xa4, 0x42];
    let address: Vec<u8> = [192, 0, 2, 1].iter().zip(cookie).map(|(byte, mask)| byte ^ mask).collect();
    let attribute = [&[0, 0x20, 0, 8, 0, 1, 0x21, 99 ^ 0x12][..], &address].concat();
    let answer = [&[1, 1, 0, 12][..], &question[4..20], &attribute].concat();
    server.send_to(&answer, from).expect("an answer");
}

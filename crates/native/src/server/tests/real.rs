//! The server itself, in this process.

use std::future::pending;

use perkoon_protocol::{
    rest::SessionState,
    signal::{ClientMessage, ServerMessage, Signal},
};
use perkoon_server::{Config, RequestLimits, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::super::*;

/// Starts a server; the port it listens on.
async fn start(config: Config) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(perkoon_server::serve(listener, config, pending(), pending()));
    port
}

async fn plain() -> Server {
    Server::new(&format!("http://127.0.0.1:{}", start(Config::default()).await)).expect("an address")
}

fn open(server: &Server, joined: &JoinedSession) -> (Socket, UnboundedReceiver<SignalEvent>) {
    let (tell, told) = unbounded_channel();
    (Socket::open(server, joined.token.clone(), move |event| drop(tell.send(event))), told)
}

async fn hear(told: &mut UnboundedReceiver<SignalEvent>) -> ServerMessage {
    match told.recv().await.expect("the socket is there") {
        SignalEvent::Message(message) => message,
        SignalEvent::Closed => panic!("closed"),
    }
}

#[tokio::test]
async fn two_ends_meet() {
    let server = plain().await;
    let created = server.create(&CreateSession { password_protected: true, ..CreateSession::default() }).await.expect("made");
    let code = created.session_code;
    assert_eq!(created.share_url, server.share_url(code));
    let seat = server.join(code, Role::Sender, Some(created.sender_key), None).await.expect("a seat");
    let (sender, mut sender_told) = open(&server, &seat);
    assert!(matches!(hear(&mut sender_told).await, ServerMessage::Welcome { id, .. } if id == seat.participant_id));

    let joined = server.join(code, Role::Receiver, None, None).await.expect("a seat");
    assert!(joined.password_protected);
    let (receiver, mut receiver_told) = open(&server, &joined);
    assert!(matches!(hear(&mut receiver_told).await, ServerMessage::Welcome { participants, .. } if participants.len() == 2));
    assert!(matches!(hear(&mut sender_told).await, ServerMessage::Joined { .. }));
    let status = server.status(code).await.expect("a status");
    assert_eq!((status.session_code, status.status, status.participants), (code, SessionState::Active, 2));

    let signal = Signal::Offer { connection: 1, sdp: "v=0".repeat(10_000) };
    sender.send(&ClientMessage::Signal { to: joined.participant_id, signal: signal.clone() });
    assert_eq!(hear(&mut receiver_told).await, ServerMessage::Signal { from: seat.participant_id, signal });

    receiver.send(&ClientMessage::Leave);
    receiver.close().await;
    assert!(matches!(hear(&mut sender_told).await, ServerMessage::Left { lost: false, .. }), "the last word arrives");
    drop(sender);
    loop {
        match sender_told.recv().await {
            Some(SignalEvent::Closed) => break,
            other => assert!(other.is_some(), "it says that it is closed"),
        }
    }
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let server = plain().await;
    let nobody = "K7MX4QPR9W2N".parse().expect("a code");
    assert_eq!(server.status(nobody).await.expect_err("none").code, ErrorCode::SessionNotFound);
    let created = server.create(&CreateSession::default()).await.expect("made");
    let refused = server.join(created.session_code, Role::Sender, Some("x".to_owned()), None).await.expect_err("no key");
    assert_eq!(refused.code, ErrorCode::WrongSenderKey);
}

#[tokio::test]
async fn a_busy_network_is_told_how_long_to_wait() {
    let config = Config { requests: RequestLimits { creates: 1, ..Config::default().requests }, ..Config::default() };
    let server = Server::new(&format!("http://127.0.0.1:{}", start(config).await)).expect("an address");
    server.create(&CreateSession::default()).await.expect("the first");
    let limited = server.create(&CreateSession::default()).await.expect_err("the second");
    assert!(limited.code == ErrorCode::RateLimited && limited.message.contains(" s and try again."), "{}", limited.message);
}

/// A server with a certificate that it has signed itself, and that certificate.
async fn secured() -> (String, CertificateDer<'static>) {
    let folder = tempfile::tempdir().expect("a folder");
    let CertifiedKey { cert, key_pair } = generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, cert.pem()).expect("written");
    std::fs::write(&key, key_pair.serialize_pem()).expect("written");
    let tls = Some(Tls::load(&certificate, &key).expect("usable"));
    (format!("https://localhost:{}", start(Config { tls, ..Config::default() }).await), cert.der().clone())
}

#[tokio::test]
async fn requests_and_sockets_are_encrypted_where_the_address_says_so() {
    let (address, certificate) = secured().await;
    let server = Server::trusting(&address, || tls::trusting(vec![certificate])).expect("an address");
    let created = server.create(&CreateSession::default()).await.expect("made");
    let seat = server.join(created.session_code, Role::Sender, Some(created.sender_key), None).await.expect("a seat");
    let (_socket, mut told) = open(&server, &seat);
    assert!(matches!(hear(&mut told).await, ServerMessage::Welcome { .. }));
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_refused_in_words() {
    let (address, certificate) = secured().await;
    let refusal = async |address: &str, trusted: Vec<_>| {
        let server = Server::trusting(address, || tls::trusting(trusted)).expect("an address");
        server.create(&CreateSession::default()).await.expect_err("not trusted")
    };
    let unknown = refusal(&address, Vec::new()).await;
    assert!(unknown.code == ErrorCode::SignalingLost && unknown.message.contains("SSL_CERT_FILE"), "{}", unknown.message);
    assert!(unknown.message.contains("no authority known here vouches for it"), "{}", unknown.message);
    let another = refusal(&address.replace("localhost", "127.0.0.1"), vec![certificate]).await;
    assert!(another.message.contains("it is for another name"), "{}", another.message);
}

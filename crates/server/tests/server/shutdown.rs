//! The end.

use std::time::{Duration, Instant};

use perkoon_protocol::{Role, signal::close};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Server, generous, soon};

#[tokio::test]
async fn every_socket_is_told_and_nothing_is_left() {
    let server = Server::start(generous()).await;
    let session = server.create().await;
    let (mut seated, _) = server.sit(&session, Role::Sender).await;
    let mut waiting = server.socket().await;
    let address = server.origin.trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).await.expect("accepted");
    idle.write_all(b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(soon(idle.read_u8()).await.expect("an answer"));
    }
    let started = Instant::now();
    let ended = server.begin_stop();
    assert_eq!(seated.hear_close().await, close::GOING_AWAY);
    assert_eq!(waiting.hear_close().await, close::GOING_AWAY);
    assert_eq!(soon(idle.read(&mut [0; 1])).await.expect("a clean end"), 0);
    drop((seated, waiting));
    soon(ended).await.expect("no panic").expect("a clean end");
    assert!(started.elapsed() < Duration::from_secs(5), "nobody was waited for in vain");
    assert!(TcpStream::connect(&address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_stuck_client_is_not_waited_for_longer_than_five_seconds() {
    let server = Server::start(generous()).await;
    let address = server.origin.trim_start_matches("http://");
    let mut stuck = TcpStream::connect(address).await.expect("accepted");
    let half = b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n";
    stuck.write_all(half).await.expect("written");
    // The server has the request in its hands once it asks for the body.
    stuck.read_exact(&mut [0; 12]).await.expect("100 Continue");
    let started = Instant::now();
    soon(server.begin_stop()).await.expect("no panic").expect("a clean end");
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(4) && took < Duration::from_secs(7), "{took:?}");
}

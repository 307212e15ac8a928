//! Connections that take their time: slow headers, slow bodies, silence, answers that nobody reads.

use std::time::Duration;

use perkoon_protocol::ErrorCode;
use perkoon_server::{Config, ConnectionPatience};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Server, generous, soon};

const SHORT: Duration = Duration::from_millis(200);

async fn start(patience: ConnectionPatience) -> Server {
    Server::start(Config { patience, ..generous() }).await
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address()).await.expect("accepted")
}

/// Sends a byte now and then until the other side is gone. No single wait is long.
async fn trickle(stream: &mut TcpStream, bytes: &[u8]) {
    let mut ticks = tokio::time::interval(SHORT / 10);
    for byte in bytes.iter().cycle() {
        ticks.tick().await;
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn headers_that_come_drop_by_drop_are_given_up() {
    let server = start(ConnectionPatience { headers: SHORT, ..Default::default() }).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.expect("written");
    soon(trickle(&mut slow, b"a: b\r\n")).await;
}

#[tokio::test]
async fn a_half_open_handshake_is_given_up() {
    let server = start(ConnectionPatience { headers: SHORT, ..Default::default() }).await;
    let mut half = connect(&server).await;
    half.write_all(b"GET /socket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n").await.expect("written");
    // The end may come as a reset.
    let _ = soon(half.read_to_end(&mut Vec::new())).await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_more_is_closed() {
    let server = start(ConnectionPatience { headers: SHORT, ..Default::default() }).await;
    let mut idle = connect(&server).await;
    for _ in 0..2 {
        idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            answer.push(soon(idle.read_u8()).await.expect("an answer"));
        }
    }
    assert_eq!(soon(idle.read(&mut [0; 1])).await.expect("a clean end"), 0);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_answered_in_words() {
    let server = start(ConnectionPatience { request: SHORT, ..Default::default() }).await;
    let mut slow = connect(&server).await;
    let head = b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{";
    slow.write_all(head).await.expect("written");
    let mut answer = Vec::new();
    // What else was sent is not read any more, so the end may come as a reset.
    let _ = soon(slow.read_to_end(&mut answer)).await;
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains(ErrorCode::Timeout.as_str()), "{answer}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_ends_the_connection() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // More than the system buffers on both sides.
    std::fs::write(folder.path().join("large.bin"), vec![0; 32 << 20]).expect("written");
    let patience = ConnectionPatience { write: SHORT, ..Default::default() };
    let assets = Some(folder.path().to_owned());
    let capacity = perkoon_server::Capacity { connections: 1, ..Default::default() };
    let server = Server::start(Config { assets, patience, capacity, ..generous() }).await;
    let mut deaf = connect(&server).await;
    deaf.write_all(b"GET /large.bin HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    // It has the only place there is, until it loses it.
    soon(async { while server.http.get(server.url("/healthz")).send().await.is_err() {} }).await;
}

//! Servers that are none, or mean ill.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use tokio::sync::mpsc::unbounded_channel;

use super::super::*;

/// A server that says the same to whoever comes; and its address.
fn that_says(answer: impl Into<Vec<u8>>) -> String {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
        }
    });
    format!("http://{address}")
}

fn says(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

async fn refusal(address: &str) -> Failure {
    Server::new(address).expect("an address").create(&CreateSession::default()).await.expect_err("no session")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let failure = refusal(&address).await;
    assert!(failure.code == ErrorCode::SignalingLost && failure.message.contains(&address), "{}", failure.message);
    assert!(failure.message.contains("cannot be reached. Check --server"), "{}", failure.message);
}

#[tokio::test]
async fn what_is_no_perkoon_server_is_said_to_be_none() {
    let created = r#"{"session_code":"K7MX4QPR9W2N","share_url":"X","sender_url":"","sender_key":"","expires_at":""}"#;
    for answer in [
        says("200 OK", "hello"),
        says("200 OK", "\u{feff}{}"),
        says("200 OK", &"[".repeat(60_000)),
        says("201 Created", r#"{"session_code":"<b>","a":[{}]}"#),
        says("201 Created", &created.replace('X', r"\u001b]0;title\u0007")),
        says("502 Bad Gateway", "<html>"),
        says("302 Found", ""),
        "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_owned(),
    ] {
        let failure = refusal(&that_says(answer)).await;
        assert!(failure.code == ErrorCode::SignalingLost && failure.message.contains("no Perkoon server"), "{}", failure.message);
    }
    for answer in ["", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"] {
        assert_eq!(refusal(&that_says(answer)).await.code, ErrorCode::SignalingLost, "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_sends_everybody_elsewhere_is_not_followed() {
    let answer = "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://perkoon.example/api\r\ncontent-length: 0\r\n\r\n";
    let failure = refusal(&that_says(answer)).await;
    assert!(failure.message.contains("to https://perkoon.example. If you trust"), "{}", failure.message);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".to_vec();
    answer.resize(1 << 20, b' ');
    assert!(refusal(&that_says(answer)).await.message.contains("no Perkoon server"));
}

#[tokio::test]
async fn a_problem_has_its_code_and_the_seconds_to_wait() {
    let problem = |code: &str, seconds: &str| {
        let problem = r#"{"type":"about:blank","title":"","status":429,"detail":"","code":"CODE","retry_after":SECONDS}"#;
        that_says(says("429 Too Many Requests", &problem.replace("CODE", code).replace("SECONDS", seconds)))
    };
    let limited = refusal(&problem("RATE_LIMITED", "17")).await;
    assert!(limited.code == ErrorCode::RateLimited && limited.message.contains("Wait 17 s"), "{}", limited.message);
    let endless = refusal(&problem("RATE_LIMITED", "18446744073709551615")).await;
    assert!(endless.message.contains("Wait 3600 s"), "{}", endless.message);
    assert_eq!(refusal(&problem("SESSION_EXPIRED", "null")).await, ErrorCode::SessionExpired.into());
}

#[tokio::test]
async fn a_socket_that_is_none_is_closed() {
    let accepts = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
    for answer in [
        says("200 OK", "hello"),
        format!("{accepts}\r\n"),
        format!("{accepts}sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
        "nonsense".to_owned(),
    ] {
        let server = Server::new(&that_says(answer)).expect("an address");
        let (tell, mut told) = unbounded_channel();
        let _socket = Socket::open(&server, "token".to_owned(), move |event| drop(tell.send(event)));
        assert!(matches!(told.recv().await, Some(SignalEvent::Closed)));
        assert!(told.recv().await.is_none());
    }
}

//! Slow, silent and hostile sockets.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use perkoon_protocol::{
    ErrorCode, Role,
    limits::SIGNAL_MESSAGE_BYTES,
    signal::{ServerMessage, close},
};
use perkoon_server::{Capacity, Config, SocketLimits};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message},
};

use crate::common::{Server, generous, soon};

fn with_limits(socket: SocketLimits) -> Config {
    Config { socket, ..generous() }
}

#[tokio::test]
async fn the_first_message_must_be_a_good_hello() {
    let server = Server::start(generous()).await;
    let session = server.create().await;
    let used = server.join(&session, Role::Sender).await.token;
    let mut seated = server.socket().await;
    seated.hello(&used).await;
    seated.hear().await;
    let hello = |token: &str| Message::text(format!(r#"{{"type":"hello","token":"{token}"}}"#));
    for message in [
        hello(""),
        hello("nonsense"),
        hello(&used),
        Message::text(r#"{"type":"leave"}"#),
        Message::text("{"),
        Message::text("x".repeat(SIGNAL_MESSAGE_BYTES + 1)),
        Message::binary(hello(&used).into_data()),
    ] {
        let mut socket = server.socket().await;
        socket.0.send(message).await.expect("open");
        assert_eq!(socket.hear_error().await, ErrorCode::InvalidRequest);
        assert_eq!(socket.hear_close().await, close::NOT_WELCOME);
    }
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed() {
    let server = Server::start(with_limits(SocketLimits { hello: Duration::from_millis(50), ..SocketLimits::default() })).await;
    let mut socket = server.socket().await;
    assert_eq!(socket.hear_error().await, ErrorCode::Timeout);
    assert_eq!(socket.hear_close().await, close::NOT_WELCOME);
}

#[tokio::test]
async fn mistakes_are_answered_and_too_many_end_the_socket() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    pair.sender.say_text("not JSON").await;
    assert_eq!(pair.sender.hear_error().await, ErrorCode::InvalidRequest);
    pair.sender.0.send(Message::binary(vec![0; 10])).await.expect("open");
    assert_eq!(pair.sender.hear_error().await, ErrorCode::InvalidRequest);
    pair.sender.say_text("x".repeat(SIGNAL_MESSAGE_BYTES + 1)).await;
    assert_eq!(pair.sender.hear_error().await, ErrorCode::InvalidRequest);
    pair.sender.signal(&pair.receiver_id, "still here").await;
    assert!(matches!(pair.receiver.hear().await, ServerMessage::Signal { .. }));
    for _ in 0..6 {
        pair.sender.say_text(r#"{"type":"signal","to":1}"#).await;
        assert_eq!(pair.sender.hear_error().await, ErrorCode::InvalidRequest);
    }
    assert_eq!(pair.sender.hear_close().await, close::MISBEHAVED);
    assert_eq!(pair.receiver.hear().await, ServerMessage::Left { id: pair.sender_id, lost: false });
}

#[tokio::test]
async fn a_huge_message_ends_the_socket_before_it_is_buffered() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    let huge = Message::text("x".repeat(64 << 20));
    // The server may stop reading before everything is sent.
    let _ = soon(pair.sender.0.send(huge)).await;
    assert_eq!(pair.receiver.hear().await, ServerMessage::Left { id: pair.sender_id, lost: false });
}

#[tokio::test]
async fn a_flood_is_refused_and_then_cut_off() {
    let limits = SocketLimits { credit_per_second: 0, credit_saved: 10, ..SocketLimits::default() };
    let server = Server::start(with_limits(limits)).await;
    let mut pair = server.pair().await;
    for _ in 0..30 {
        pair.sender.signal(&pair.receiver_id, "again").await;
    }
    for _ in 0..10 {
        assert!(matches!(pair.receiver.hear().await, ServerMessage::Signal { .. }));
    }
    assert_eq!(pair.receiver.hear().await, ServerMessage::Left { id: pair.sender_id, lost: false });
    for _ in 0..9 {
        assert_eq!(pair.sender.hear_error().await, ErrorCode::RateLimited);
    }
    assert_eq!(pair.sender.hear_close().await, close::MISBEHAVED);
}

#[tokio::test]
async fn a_flood_that_goes_on_after_the_close_is_not_listened_to() {
    let server = Server::start(generous()).await;
    let mut socket = server.socket().await;
    socket.say_text("no hello").await;
    let message = Message::binary(vec![0; 60 << 10]);
    let flooded = soon(async {
        let mut flooded = 0;
        while socket.0.feed(message.clone()).await.is_ok() && socket.0.flush().await.is_ok() {
            flooded += message.len();
        }
        flooded
    })
    .await;
    // The system buffers some; two seconds of reading everything would be hundreds of megabytes.
    assert!(flooded < 64 << 20, "{flooded} bytes");
}

#[tokio::test]
async fn large_messages_cost_more() {
    let limits = SocketLimits { credit_per_second: 0, credit_saved: 20, ..SocketLimits::default() };
    let server = Server::start(with_limits(limits)).await;
    let mut pair = server.pair().await;
    pair.sender.signal(&pair.receiver_id, &"x".repeat(16 << 10)).await;
    pair.sender.signal(&pair.receiver_id, &"x".repeat(16 << 10)).await;
    assert_eq!(pair.sender.hear_error().await, ErrorCode::RateLimited);
    assert!(matches!(pair.receiver.hear().await, ServerMessage::Signal { .. }));
}

#[tokio::test]
async fn a_slow_reader_hurts_only_itself() {
    let limits = SocketLimits { credit_saved: 1 << 20, ..SocketLimits::default() };
    let server = Server::start(with_limits(limits)).await;
    let (mut pair, mut others) = (server.pair().await, server.pair().await);
    let large = "x".repeat(60 << 10);
    // The receiver reads nothing. What the system buffers fills up first, then the queue; then the seat is free.
    let sent = soon(async {
        let mut sent = 0;
        loop {
            pair.sender.signal(&pair.receiver_id, &large).await;
            sent += 1;
            others.sender.signal(&others.receiver_id, "not disturbed").await;
            assert!(matches!(others.receiver.hear().await, ServerMessage::Signal { .. }));
            if let Ok(left) = tokio::time::timeout(Duration::from_millis(1), pair.sender.hear()).await {
                assert_eq!(left, ServerMessage::Left { id: pair.receiver_id.clone(), lost: false });
                break sent;
            }
        }
    })
    .await;
    let read = soon(async {
        let mut read = 0;
        while let Some(Ok(Message::Text(_))) = pair.receiver.0.next().await {
            read += 1;
        }
        read
    })
    .await;
    assert!(read < sent, "what did not fit was dropped: {read} of {sent}");
    server.sit(&pair.session, Role::Receiver).await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_dropped() {
    let limits = SocketLimits { ping: Duration::from_millis(100), silence: Duration::from_secs(2), ..SocketLimits::default() };
    let server = Server::start(with_limits(limits)).await;
    let mut pair = server.pair().await;
    // Only the sender is read from, and so only its pongs are written.
    assert_eq!(pair.sender.hear().await, ServerMessage::Left { id: pair.receiver_id, lost: true });
}

#[tokio::test]
async fn sockets_are_bounded_in_number() {
    let capacity = Capacity { sockets: 1, ..Capacity::default() };
    let server = Server::start(Config { capacity, ..generous() }).await;
    let first = server.socket().await;
    let url = server.url("/socket").replace("http", "ws");
    let Err(Error::Http(refused)) = connect_async(&url).await else { panic!("a second socket") };
    assert_eq!(refused.status().as_u16(), 429);
    drop(first);
    soon(async { while connect_async(&url).await.is_err() {} }).await;
}

//! Servers that die, sleep and stop.

use perkoon_protocol::{
    Role,
    signal::{ServerMessage, close},
};

use reqwest::StatusCode;

use crate::{
    common::soon,
    node::{Node, hear_end},
    redis_server::RedisServer,
};

#[tokio::test]
async fn who_waits_hears_of_a_server_that_was_killed_and_its_clients_go_on_elsewhere() {
    let redis = RedisServer::start();
    let [one, two, three] = Node::three(&redis);
    let session = one.create().await;
    let mut sender = two.seat(&session, Role::Sender, None).await;
    let mut receiver = three.seat(&session, Role::Receiver, None).await;
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { .. }));
    sender.socket.signal(&receiver.id, "before").await;
    assert!(matches!(receiver.socket.hear().await, ServerMessage::Signal { .. }));
    three.kill();
    assert_eq!(hear_end(&mut receiver.socket).await, None, "it had no time to say goodbye");
    assert_eq!(sender.socket.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: true });
    assert_eq!(one.status(session.session_code).await.participants, 1);
    let mut again = one.seat(&session, Role::Receiver, Some(&receiver.token)).await;
    assert_eq!(again.id, receiver.id, "the same seat");
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { .. }));
    sender.socket.signal(&again.id, "after").await;
    again.socket.signal(&sender.id, "after").await;
    for socket in [&mut sender.socket, &mut again.socket] {
        assert!(matches!(socket.hear().await, ServerMessage::Signal { .. }));
    }
}

#[tokio::test]
async fn clients_of_a_server_that_was_killed_need_not_wait_until_that_is_noticed() {
    let redis = RedisServer::start();
    let [one, two, three] = Node::three(&redis);
    let session = one.create().await;
    let mut sender = two.seat(&session, Role::Sender, None).await;
    let receiver = three.seat(&session, Role::Receiver, None).await;
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { .. }));
    three.kill();
    let again = one.seat(&session, Role::Receiver, Some(&receiver.token)).await;
    let joined = sender.socket.hear().await;
    assert!(matches!(joined, ServerMessage::Joined { participant } if participant.id == again.id), "nobody was seen to leave");
}

#[tokio::test]
async fn a_server_that_slept_sends_its_clients_away_because_their_seats_were_given_away() {
    let redis = RedisServer::start();
    let [one, two, three] = Node::three(&redis);
    let session = one.create().await;
    let mut sender = two.seat(&session, Role::Sender, None).await;
    let mut receiver = three.seat(&session, Role::Receiver, None).await;
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { .. }));
    three.suspend();
    assert_eq!(sender.socket.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: true });
    let stranger = one.seat(&session, Role::Receiver, None).await;
    three.resume();
    assert_eq!(hear_end(&mut receiver.socket).await, Some(close::GOING_AWAY));
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { participant } if participant.id == stranger.id));
    let path = format!("/api/v1/sessions/{}/status", session.session_code);
    // It gets in touch with the store anew.
    soon(async { while three.get(&path).await.status() != StatusCode::OK {} }).await;
    assert_eq!(three.status(session.session_code).await.participants, 2);
}

#[tokio::test]
async fn a_server_that_stops_hands_its_clients_over() {
    let redis = RedisServer::start();
    let [one, two, three] = Node::three(&redis);
    let session = one.create().await;
    let mut sender = two.seat(&session, Role::Sender, None).await;
    let mut receiver = three.seat(&session, Role::Receiver, None).await;
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { .. }));
    let stopping = tokio::task::spawn_blocking(move || three.stop());
    assert_eq!(hear_end(&mut receiver.socket).await, Some(close::GOING_AWAY));
    assert_eq!(sender.socket.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: true }, "it may come back");
    drop(receiver.socket);
    stopping.await.expect("it stops by itself");
    let again = one.seat(&session, Role::Receiver, Some(&receiver.token)).await;
    assert_eq!(again.id, receiver.id);
}

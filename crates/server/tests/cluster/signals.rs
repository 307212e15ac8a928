//! Two who meet through different servers.

use perkoon_protocol::{
    Role,
    rest::SessionState,
    signal::{ReportState, ServerMessage},
};
use reqwest::StatusCode;

use crate::{common::problem, node::Node, redis_server::RedisServer};

/// More than a client has credit for would be refused.
const SIGNALS: usize = 90;

#[tokio::test]
async fn sender_and_receiver_talk_through_different_servers_in_order() {
    let redis = RedisServer::start();
    let [one, two, three] = Node::three(&redis);
    let session = one.create().await;
    let mut sender = two.seat(&session, Role::Sender, None).await;
    let mut receiver = three.seat(&session, Role::Receiver, None).await;
    assert!(matches!(sender.socket.hear().await, ServerMessage::Joined { participant } if participant.id == receiver.id));
    for number in 0..SIGNALS {
        sender.socket.signal(&receiver.id, &format!("to the receiver {number}")).await;
        receiver.socket.signal(&sender.id, &format!("to the sender {number}")).await;
    }
    for (hearer, from) in [(&mut receiver.socket, "to the receiver"), (&mut sender.socket, "to the sender")] {
        for number in 0..SIGNALS {
            let ServerMessage::Signal { signal, .. } = hearer.hear().await else { panic!("no signal") };
            assert!(format!("{signal:?}").contains(&format!("\"{from} {number}\"")), "{number}: {signal:?}");
        }
    }
    receiver.socket.report(ReportState::Accepted).await;
    receiver.socket.report(ReportState::Complete).await;
    // Reports are not answered: what is said after them is.
    receiver.socket.signal(&sender.id, "done").await;
    sender.socket.hear().await;
    for node in [&one, &two, &three] {
        let status = node.status(session.session_code).await;
        assert_eq!((status.status, status.participants), (SessionState::Complete, 2));
    }
    drop(receiver);
    assert!(matches!(sender.socket.hear().await, ServerMessage::Left { .. }));
}

#[tokio::test]
async fn an_address_has_one_budget_for_all_servers() {
    let redis = RedisServer::start();
    let nodes = [(); 3].map(|()| Node::with_creates(&redis, 4));
    for number in 0..4 {
        nodes[number % 3].create().await;
    }
    for node in &nodes {
        let refused = node.post("/api/v1/sessions", "").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(problem(refused).await.retry_after.is_some_and(|seconds| seconds > 0 && seconds <= 60));
    }
}

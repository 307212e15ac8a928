//! The store goes away and comes back.

use perkoon_protocol::{ErrorCode, Role, signal::close};
use reqwest::StatusCode;

use crate::{
    common::{problem, soon},
    node::{Node, hear_end},
    redis_server::RedisServer,
};

#[tokio::test]
async fn without_its_store_a_server_says_so_and_with_it_goes_on() {
    let mut redis = RedisServer::start();
    let nodes = Node::three(&redis);
    let session = nodes[0].create().await;
    let mut sender = nodes[1].seat(&session, Role::Sender, None).await;
    let mut receiver = nodes[2].seat(&session, Role::Receiver, None).await;
    redis.stop();
    for socket in [&mut sender.socket, &mut receiver.socket] {
        assert_eq!(hear_end(socket).await, Some(close::GOING_AWAY));
    }
    for node in &nodes {
        let refused = node.post("/api/v1/sessions", "").await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let problem = problem(refused).await;
        assert_eq!((problem.code, problem.retry_after), (ErrorCode::SignalingLost, Some(5)));
        assert_eq!(node.get("/healthz").await.status(), StatusCode::OK, "the process itself is well");
        assert_eq!(node.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE, "new clients had better go elsewhere");
    }
    redis.start_again();
    let path = format!("/api/v1/sessions/{}/status", session.session_code);
    for node in &nodes {
        // Nothing but the store's absence is in the way of an answer.
        soon(async { while node.get(&path).await.status() != StatusCode::NOT_FOUND {} }).await;
        assert_eq!(node.get("/readyz").await.status(), StatusCode::OK);
    }
    // It has forgotten everything, and the sender's key brings the session back.
    let sender = nodes[2].seat(&session, Role::Sender, Some(&sender.token)).await;
    let mut receiver = nodes[0].seat(&session, Role::Receiver, Some(&receiver.token)).await;
    assert_eq!(nodes[1].status(session.session_code).await.participants, 2);
    receiver.socket.signal(&sender.id, "still here").await;
}

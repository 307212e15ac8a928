//! Limits for client addresses and for the whole.

use perkoon_protocol::{ErrorCode, Role};
use perkoon_server::{Capacity, Config, RequestLimits};
use reqwest::{Response, StatusCode};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::common::{Server, generous, problem, soon};

async fn refused(answer: Response) {
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let problem = problem(answer).await;
    assert_eq!(problem.code, ErrorCode::RateLimited);
    assert!((1..=60).contains(&problem.retry_after.expect("how long to wait")));
}

#[tokio::test]
async fn each_budget_is_what_the_contract_says() {
    let server = Server::start(Config::default()).await;
    let session = server.create().await;
    for _ in 1..10 {
        server.create().await;
    }
    refused(server.post("/api/v1/sessions", "").await).await;
    for _ in 0..30 {
        server.join(&session, Role::Sender).await;
    }
    refused(server.try_join(&session, Role::Sender).await).await;
    for _ in 0..20 {
        server.status(session.session_code).await;
    }
    refused(server.get(&format!("/api/v1/sessions/{}/status", session.session_code)).await).await;
}

#[tokio::test]
async fn addresses_are_believed_from_trusted_proxies_only() {
    let requests = RequestLimits { creates: 1, ..RequestLimits::default() };
    for (trusted_proxies, second) in [(0, StatusCode::TOO_MANY_REQUESTS), (1, StatusCode::CREATED)] {
        let server = Server::start(Config { requests, trusted_proxies, ..Config::default() }).await;
        let create = |address: &'static str| {
            let request = server.http.post(server.url("/api/v1/sessions")).header("x-forwarded-for", address);
            async { request.send().await.expect("an answer").status() }
        };
        assert_eq!(create("192.0.2.1").await, StatusCode::CREATED);
        assert_eq!(create("192.0.2.1, 192.0.2.2").await, second);
        assert_eq!(create("192.0.2.3, 192.0.2.2").await, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn sessions_are_bounded_in_number() {
    let capacity = Capacity { rooms: 2, ..Capacity::default() };
    let server = Server::start(Config { capacity, ..generous() }).await;
    server.create().await;
    server.create().await;
    refused(server.post("/api/v1/sessions", "").await).await;
}

#[tokio::test]
async fn connections_are_bounded_and_sockets_count() {
    let capacity = Capacity { connections_per_address: 2, ..Capacity::default() };
    let server = Server::start(Config { capacity, ..generous() }).await;
    let address = server.origin.trim_start_matches("http://").to_owned();
    let socket = server.socket().await;
    let _idle = TcpStream::connect(&address).await.expect("accepted");
    let mut third = TcpStream::connect(&address).await.expect("the system accepts");
    assert_eq!(soon(third.read(&mut [0; 1])).await.unwrap_or_default(), 0, "closed without a word");
    drop(socket);
    soon(async { while server.http.get(server.url("/healthz")).send().await.is_err() {} }).await;
}

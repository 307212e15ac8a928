//! Limits for client addresses and for the whole.

use perkoon_protocol::{ErrorCode, Role};
use perkoon_server::{Capacity, Config, ForwardedHeader, RequestLimits};
use reqwest::{Response, StatusCode};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest},
};

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
async fn only_the_header_that_the_proxies_write_is_believed() {
    let requests = RequestLimits { creates: 1, ..RequestLimits::default() };
    for forwarded_header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let server = Server::start(Config { requests, trusted_proxies: 1, forwarded_header, ..Config::default() }).await;
        let create = |written: &'static str, claimed: &'static str| {
            let [x_forwarded_for, forwarded] = match forwarded_header {
                ForwardedHeader::XForwardedFor => [written, claimed],
                ForwardedHeader::Forwarded => [claimed, written],
            };
            let request = server.http.post(server.url("/api/v1/sessions")).header("x-forwarded-for", x_forwarded_for);
            let request = request.header("forwarded", format!("for={forwarded};proto=https"));
            async { request.send().await.expect("an answer").status() }
        };
        assert_eq!(create("192.0.2.1", "192.0.2.8").await, StatusCode::CREATED);
        assert_eq!(create("192.0.2.1", "192.0.2.9").await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(create("192.0.2.2", "192.0.2.8").await, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_network_of_ipv6_has_one_budget() {
    let requests = RequestLimits { creates: 1, ..RequestLimits::default() };
    let server = Server::start(Config { requests, trusted_proxies: 1, ..Config::default() }).await;
    let create = |address: &'static str| {
        let request = server.http.post(server.url("/api/v1/sessions")).header("x-forwarded-for", address);
        async { request.send().await.expect("an answer").status() }
    };
    assert_eq!(create("2001:db8:0:1::1").await, StatusCode::CREATED);
    assert_eq!(create("2001:db8:0:1:ffff::2").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(create("2001:db8:0:2::1").await, StatusCode::CREATED);
}

#[tokio::test]
async fn sockets_of_one_address_are_bounded_also_behind_a_proxy() {
    let capacity = Capacity { sockets_per_address: 1, ..Capacity::default() };
    let server = Server::start(Config { capacity, trusted_proxies: 1, ..generous() }).await;
    let open = async |address: &str| {
        let mut request = server.url("/socket").replace("http", "ws").into_client_request().expect("a request");
        request.headers_mut().insert("x-forwarded-for", address.parse().expect("a value"));
        connect_async(request).await
    };
    let (first, _) = open("192.0.2.1").await.expect("there is room");
    let Err(Error::Http(refused)) = open("192.0.2.1").await else { panic!("a second socket") };
    assert_eq!(refused.status().as_u16(), 429);
    open("192.0.2.2").await.expect("others are not concerned");
    drop(first);
    soon(async { while open("192.0.2.1").await.is_err() {} }).await;
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

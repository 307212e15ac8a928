//! The time before the end: readiness says no, and everything goes on.

use std::time::{Duration, Instant};

use perkoon_protocol::{Role, signal::close};
use perkoon_server::Config;
use reqwest::StatusCode;
use tokio::{net::TcpListener, sync::oneshot};

use crate::common::{Server, generous, soon};

#[tokio::test]
async fn a_server_is_ready_until_it_is_asked_to_stop() {
    let server = Server::start(generous()).await;
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status(), answer.text().await.expect("text").as_str()), (StatusCode::OK, "ready\n"));
}

#[tokio::test]
async fn a_draining_server_says_so_first_and_serves_on_until_its_time_is_up() {
    let drain = Duration::from_secs(2);
    let server = Server::start(Config { drain, ..generous() }).await;
    let session = server.create().await;
    let (mut seated, _) = server.sit(&session, Role::Sender).await;
    let (origin, http) = (server.origin.clone(), server.http.clone());
    let get = async |path: &str| http.get(format!("{origin}{path}")).send().await.expect("an answer");
    let started = Instant::now();
    let ended = server.begin_stop();
    soon(async { while get("/readyz").await.status() != StatusCode::SERVICE_UNAVAILABLE {} }).await;
    assert_eq!(get("/healthz").await.status(), StatusCode::OK, "it lives");
    let status = get(&format!("/api/v1/sessions/{}/status", session.session_code)).await;
    assert_eq!(status.status(), StatusCode::OK, "and serves");
    assert!(get("/metrics").await.text().await.expect("text").contains("perkoon_draining 1\n"));
    assert!(started.elapsed() < drain, "all of that within the time");
    assert_eq!(seated.hear_close().await, close::GOING_AWAY);
    assert!(started.elapsed() >= drain, "sockets are told when a balancer has looked elsewhere");
    drop(seated);
    soon(ended).await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn who_cannot_wait_does_not_have_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/readyz", listener.local_addr().expect("an address"));
    let config = Config { drain: Duration::from_secs(3600), ..generous() };
    let [(drain, draining), (stop, stopping)] = [oneshot::channel(), oneshot::channel()];
    let heard = |told: oneshot::Receiver<()>| async move { drop(told.await) };
    let running = tokio::spawn(perkoon_server::serve(listener, config, heard(draining), heard(stopping)));
    drain.send(()).expect("it runs");
    let ready = async || reqwest::get(&url).await.expect("an answer").status() == StatusCode::OK;
    soon(async { while ready().await {} }).await;
    stop.send(()).expect("it runs");
    soon(running).await.expect("no panic").expect("a clean end");
}

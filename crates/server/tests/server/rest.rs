//! Every call and every error of the REST interface.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use perkoon_protocol::{
    ErrorCode, Role,
    rest::{CreatedSession, SessionState},
    signal::ReportState,
};
use perkoon_server::{Config, Ice, Secret, Turn};
use reqwest::{Method, StatusCode, header};

use crate::common::{Server, generous, problem, soon};

#[tokio::test]
async fn a_new_session_says_all_that_is_needed() {
    let server = Server::start(generous()).await;
    let answer = server.post("/api/v1/sessions", r#"{"name":"Photos","password_protected":true,"ttl_s":60.0}"#).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::REFERRER_POLICY], "no-referrer");
    let session: CreatedSession = answer.json().await.expect("a session");
    assert_eq!(session.share_url, format!("{}/{}", server.origin, session.session_code));
    assert_eq!(session.sender_url, format!("{}#key={}", session.share_url, session.sender_key));
    let status = server.status(session.session_code).await;
    assert_eq!((status.status, status.participants, status.password_protected), (SessionState::Waiting, 0, true));
    assert_eq!((status.session_code, &status.expires_at), (session.session_code, &session.expires_at));
    assert!(status.created_at < status.expires_at, "both are RFC 3339 in UTC, which sorts by time");
    let joined = server.join(&session, Role::Sender).await;
    assert!(joined.password_protected && joined.ice_servers.is_empty());
    assert_eq!(joined.expires_at, session.expires_at);
}

#[tokio::test]
async fn everyone_who_joins_gets_turn_credentials_of_their_own() {
    let turn = Turn {
        urls: vec!["turn:turn.example".parse().expect("a URL"), "turns:turn.example".parse().expect("a URL")],
        secret: Secret::from_text("an operator's secret, long enough").expect("long enough"),
        ttl: Some(600),
    };
    let ice = Ice { stun: vec!["stun:stun.example".parse().expect("a URL")], turn: Some(turn) };
    let server = Server::start(Config { ice, ..generous() }).await;
    let session = server.create().await;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let before = now();
    for role in [Role::Sender, Role::Receiver] {
        let joined = server.join(&session, role).await;
        let [stun, turn] = &joined.ice_servers[..] else { panic!("{} servers", joined.ice_servers.len()) };
        assert_eq!((&stun.urls[..], &stun.username, &stun.credential), (&["stun:stun.example".to_owned()][..], &None, &None));
        assert_eq!(turn.urls, ["turn:turn.example", "turns:turn.example"]);
        let (expiry, participant) = turn.username.as_deref().and_then(|name| name.split_once(':')).expect("expiry and id");
        assert_eq!(participant, joined.participant_id);
        assert!((before + 600..=now() + 600).contains(&expiry.parse().expect("a number")), "{expiry} at {before}");
        // The base64 of 20 bytes; what they are is the unit tests' business.
        assert_eq!(turn.credential.as_deref().map(str::len), Some(28));
    }
}

#[tokio::test]
async fn links_begin_with_the_public_url() {
    let server = Server::start(Config { public_url: Some("https://perkoon.example/".into()), ..generous() }).await;
    let session = server.create().await;
    assert_eq!(session.share_url, format!("https://perkoon.example/{}", session.session_code));
}

#[tokio::test]
async fn bad_bodies_are_refused_in_words() {
    let server = Server::start(generous()).await;
    let long_name = format!(r#"{{"name":"{}"}}"#, "é".repeat(101));
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(17 << 10));
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        (r#"{"unknown":1}"#, 400),
        (r#"{"ttl_s":59}"#, 400),
        (r#"{"ttl_s":604801}"#, 400),
        (r#"{"ttl_s":-1}"#, 400),
        (r#"{"ttl_s":60.5}"#, 400),
        (&long_name, 400),
        (&large, 413),
    ] {
        let problem = problem(server.post("/api/v1/sessions", body.to_owned()).await).await;
        assert_eq!((problem.status, problem.code), (status, ErrorCode::InvalidRequest), "{body:.40}");
    }
    for body in ["", "{}", r#"{"role":"both"}"#, r#"{"role":"receiver","more":1}"#] {
        let problem = problem(server.post("/api/v1/sessions/K7MX4QPR9W2N/join", body).await).await;
        assert_eq!((problem.status, problem.code), (400, ErrorCode::InvalidRequest), "{body}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let server = Server::start(generous()).await;
    for (method, path, status, code) in [
        (Method::GET, "/api", 404, ErrorCode::InvalidRequest),
        (Method::GET, "/api/", 404, ErrorCode::InvalidRequest),
        (Method::GET, "/api/v2/sessions", 404, ErrorCode::InvalidRequest),
        (Method::POST, "/api/v1/sessions/K7MX4QPR9W2N/leave", 404, ErrorCode::InvalidRequest),
        (Method::GET, "/api/v1/sessions", 405, ErrorCode::InvalidRequest),
        (Method::PUT, "/api/v1/sessions/K7MX4QPR9W2N", 405, ErrorCode::InvalidRequest),
        (Method::GET, "/api/v1/sessions/K7MX4QPR9W2N/join", 405, ErrorCode::InvalidRequest),
        (Method::POST, "/api/v1/sessions/K7MX4QPR9W2N/status", 405, ErrorCode::InvalidRequest),
        (Method::GET, "/socket", 426, ErrorCode::InvalidRequest),
        (Method::GET, "/api/v1/sessions/K7MX4QPR9W2N/status", 404, ErrorCode::SessionNotFound),
        (Method::GET, "/api/v1/sessions/K7MX4QPR9W2/status", 400, ErrorCode::InvalidCode),
        (Method::GET, "/api/v1/sessions/%ff/status", 400, ErrorCode::InvalidCode),
        (Method::DELETE, "/api/v1/sessions/0", 400, ErrorCode::InvalidCode),
    ] {
        let answer = server.http.request(method.clone(), server.url(path)).send().await.expect("an answer");
        assert_eq!(answer.headers().contains_key(header::ALLOW), status == 405, "{method} {path}");
        let problem = problem(answer).await;
        assert_eq!((problem.status, problem.code), (status, code), "{method} {path}");
    }
    let answer = server.post("/api/v1/sessions/K7MX4QPR9W2N/join", r#"{"role":"receiver"}"#).await;
    assert_eq!(problem(answer).await.code, ErrorCode::SessionNotFound);
}

#[tokio::test]
async fn the_status_follows_the_session() {
    let server = Server::start(generous()).await;
    let mut pair = server.pair().await;
    let code = pair.session.session_code;
    let typed = format!("{}-{}", &code.as_str()[..6].to_lowercase(), &code.as_str()[6..]);
    let status = server.status(typed.parse().expect("any form")).await;
    assert_eq!((status.status, status.participants), (SessionState::Active, 2));
    assert!(server.get(&format!("/api/v1/sessions/{typed}/status")).await.status().is_success());
    pair.receiver.report(ReportState::Accepted).await;
    pair.receiver.report(ReportState::Complete).await;
    pair.receiver.signal(&pair.sender_id, "after the report").await;
    pair.sender.hear().await;
    assert_eq!(server.status(code).await.status, SessionState::Complete);
}

#[tokio::test]
async fn only_the_key_opens_the_senders_seat() {
    let server = Server::start(generous()).await;
    let (session, other) = (server.create().await, server.create().await);
    for key in [None, Some(String::new()), Some("AAAA".into()), Some(other.sender_key.clone())] {
        let body = serde_json::json!({ "role": "sender", "sender_key": key }).to_string();
        let answer = server.post(&format!("/api/v1/sessions/{}/join", session.session_code), body).await;
        let problem = problem(answer).await;
        assert_eq!((problem.status, problem.code), (403, ErrorCode::WrongSenderKey));
    }
    let nowhere = server.post("/api/v1/sessions/K7MX4QPR9W2N/join", r#"{"role":"sender","sender_key":"AAAA"}"#).await;
    assert_eq!(problem(nowhere).await.code, ErrorCode::SessionNotFound);
}

#[tokio::test]
async fn a_key_outlives_the_server_when_the_secret_does() {
    let secret = Secret::random();
    let first = Server::start(Config { secret: secret.clone(), ..generous() }).await;
    let session = first.create().await;
    soon(first.begin_stop()).await.expect("no panic").expect("a clean end");
    let second = Server::start(Config { secret, ..generous() }).await;
    let early = problem(second.try_join(&session, Role::Receiver).await).await;
    assert_eq!(early.code, ErrorCode::SessionNotFound, "nobody brings a room back without the key");
    assert_eq!(second.join(&session, Role::Sender).await.expires_at, session.expires_at);
    second.join(&session, Role::Receiver).await;
    let stranger = Server::start(generous()).await;
    assert_eq!(problem(stranger.try_join(&session, Role::Sender).await).await.code, ErrorCode::SessionNotFound);
}

#[tokio::test]
async fn the_sender_can_end_the_session() {
    let server = Server::start(generous()).await;
    let (session, other) = (server.create().await, server.create().await);
    let url = server.url(&format!("/api/v1/sessions/{}", session.session_code));
    for request in [
        server.http.delete(&url),
        server.http.delete(&url).bearer_auth(&other.sender_key),
        server.http.delete(&url).header(header::AUTHORIZATION, &session.sender_key),
        server.http.delete(&url).basic_auth("sender", Some(&session.sender_key)),
    ] {
        let problem = problem(request.send().await.expect("an answer")).await;
        assert_eq!((problem.status, problem.code), (403, ErrorCode::WrongSenderKey));
    }
    let deleted = server.http.delete(&url).bearer_auth(&session.sender_key).send().await.expect("an answer");
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    for role in [Role::Sender, Role::Receiver] {
        assert_eq!(problem(server.try_join(&session, role).await).await.code, ErrorCode::SessionNotFound);
    }
    let again = server.http.delete(&url).bearer_auth(&session.sender_key).send().await.expect("an answer");
    assert_eq!(problem(again).await.code, ErrorCode::SessionNotFound);
}

#[tokio::test]
async fn an_expired_session_says_so_and_lets_nobody_in() {
    let server = Server::start(Config { session_ttl: 1, ..generous() }).await;
    let session = server.create().await;
    soon(async {
        while server.status(session.session_code).await.status != SessionState::Expired {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    for role in [Role::Sender, Role::Receiver] {
        let problem = problem(server.try_join(&session, role).await).await;
        assert_eq!((problem.status, problem.code), (410, ErrorCode::SessionExpired));
    }
}

#[tokio::test]
async fn a_running_session_outlives_its_expiry() {
    let server = Server::start(Config { session_ttl: 3, ..generous() }).await;
    let mut pair = server.pair().await;
    soon(async {
        while server.try_join(&pair.session, Role::Sender).await.status() != StatusCode::GONE {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    pair.sender.signal(&pair.receiver_id, "still here").await;
    pair.receiver.hear().await;
    assert_eq!(server.status(pair.session.session_code).await.status, SessionState::Active);
}

#[tokio::test]
async fn the_server_says_that_it_is_well() {
    let server = Server::start(generous()).await;
    let answer = server.get("/healthz").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.expect("text"), "ok\n");
}

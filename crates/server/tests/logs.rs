//! What the log must not hold. A program of its own, because a log that hears everything is the whole program's.

#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "server/common.rs"]
mod common;

use std::{
    io,
    sync::{Arc, Mutex},
};

use perkoon_protocol::{Role, signal::ReportState};
use perkoon_server::{Config, Ice, Secret, Tls, Turn};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};
use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use common::{Pair, Server, generous, soon};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything of ours, and of libraries what they say at their usual level: all but rmcp, which repeats what it does not understand. The
/// program shows nothing of any library.
fn listen() -> Log {
    let log = Log::default();
    let levels =
        Targets::new().with_default(Level::INFO).with_target("rmcp", LevelFilter::OFF).with_target("perkoon", Level::TRACE);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log.clone());
    tracing_subscriber::registry().with(lines).with(levels).init();
    log
}

fn turn() -> Ice {
    let turn = Turn {
        urls: vec!["turn:turn.example".parse().expect("a URL")],
        secret: Secret::from_text("a private secret of the TURN server").expect("long enough"),
        ttl: None,
    };
    Ice { stun: Vec::new(), turn: Some(turn) }
}

/// What goes wrong now and then, with something in it that nobody else has to know.
async fn mishaps(server: &Server, pair: &mut Pair) {
    pair.receiver.say_text("a private mistake").await;
    pair.receiver.hear().await;
    pair.receiver.hear().await;
    let code = pair.session.session_code;
    for path in [format!("/{code}"), "/private-file.txt".to_owned(), format!("/api/v1/sessions/{code}/private")] {
        server.get(&path).await;
    }
    server.post("/api/v1/sessions", r#"{"name":"private","private":1}"#).await;
    for skill in ["session-status", "receive-files", "send-files", "private"] {
        let parts = json!([{ "data": { "skill": skill, "session_code": code, "name": "private" } }]);
        let call =
            json!({ "jsonrpc": "2.0", "id": "private", "method": "message/send", "params": { "message": { "parts": parts } } });
        server.post("/a2a?private", call.to_string()).await;
    }
    let mut stranger = server.socket().await;
    stranger.hello("private").await;
    stranger.hear_error().await;
    let mut foreign = server.url("/socket").replace("http", "ws").into_client_request().expect("a request");
    foreign.headers_mut().insert("origin", "https://private.example".parse().expect("a value"));
    connect_async(foreign).await.expect_err("refused");
    let mut garbage = TcpStream::connect(server.address()).await.expect("accepted");
    garbage.write_all(b"private garbage\r\n\r\n").await.expect("written");
    // The end may come as a reset.
    let _ = soon(garbage.read_to_end(&mut Vec::new())).await;
}

/// An agent's requests, good and bad.
async fn agents(server: &Server, code: &str) {
    let call = |tool: &str, arguments: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":"private","method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        let request = server.http.post(server.url("/mcp")).header("content-type", "application/json");
        request.header("accept", "application/json, text/event-stream").body(body)
    };
    let check = format!(r#"{{"session_code":"{code}"}}"#);
    for request in [
        call("create_session", r#"{"name":"private"}"#),
        call("check_session", &check),
        call("check_session", r#"{"private":1}"#),
        call("private", "{}"),
        call("describe", "private"),
        call("describe", "{}").header("origin", "https://private.example"),
        call("describe", "{}").header("mcp-protocol-version", "private"),
    ] {
        request.send().await.expect("an answer");
    }
    server.http.post(server.url("/mcp")).header("host", "private.example").send().await.expect("an answer");
}

/// A handshake that fails.
async fn mishap_with_tls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let made = rcgen::generate_simple_self_signed(["private.example".to_owned()]).expect("made");
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.key_pair.serialize_pem()).expect("written");
    let tls = Some(Tls::load(&certificate, &key).expect("usable"));
    let server = Server::start(Config { tls, ..generous() }).await;
    let mut plain = TcpStream::connect(server.address()).await.expect("accepted");
    plain.write_all(b"GET /private HTTP/1.1\r\n\r\n").await.expect("written");
    // The end may come as a reset.
    let _ = soon(plain.read_to_end(&mut Vec::new())).await;
    server.begin_stop().await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn no_code_key_token_credential_name_or_address_is_logged() {
    let log = listen();
    let server = Server::start(Config { ice: turn(), trusted_proxies: 1, ..generous() }).await;
    let mut pair = server.pair().await;
    let code = pair.session.session_code.to_string();
    let joined = server.join(&pair.session, Role::Sender).await;
    let token = joined.token;
    let credential = joined.ice_servers.into_iter().find_map(|server| server.credential).expect("for TURN");
    pair.sender.signal(&pair.receiver_id, "a private description").await;
    pair.receiver.report(ReportState::Complete).await;
    mishaps(&server, &mut pair).await;
    agents(&server, &code).await;
    server.status(pair.session.session_code).await;
    let forwarded = server.http.get(server.url(&format!("/api/v1/sessions/{code}/status")));
    forwarded.header("x-forwarded-for", "203.0.113.77").send().await.expect("an answer");
    let port = server.origin[server.origin.rfind(':').expect("a port")..].to_owned();
    drop((pair.sender, pair.receiver));
    server.begin_stop().await.expect("no panic").expect("a clean end");
    mishap_with_tls().await;

    let text = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    for heard in ["answered", "socket ended", "another origin", "a connection broke", "a TLS handshake failed"] {
        assert!(text.contains(heard), "nothing of {heard:?}:\n{text}");
    }
    let (key, people) = (&pair.session.sender_key, [&pair.sender_id, &pair.receiver_id]);
    let addresses = ["127.0.0.1", &port, "203.0.113.77"];
    for secret in [code.as_str(), key, &token, &credential, people[0], people[1], "private"].into_iter().chain(addresses) {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
}

//! What the log must not hold. A program of its own, because a log that hears everything is the whole program's.

#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "server/common.rs"]
mod common;

use std::{
    io,
    sync::{Arc, Mutex},
};

use perkoon_protocol::{Role, signal::ReportState};
use perkoon_server::{Config, Ice, Secret, Turn};
use tracing_subscriber::fmt::MakeWriter;

use common::{Server, generous};

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

#[tokio::test]
async fn no_code_key_token_credential_or_address_is_logged() {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).init();
    let turn = Turn {
        urls: vec!["turn:turn.example".parse().expect("a URL")],
        secret: Secret::from_text("a private secret of the TURN server").expect("long enough"),
        ttl: None,
    };
    let server = Server::start(Config { ice: Ice { stun: Vec::new(), turn: Some(turn) }, ..generous() }).await;
    let mut pair = server.pair().await;
    let code = pair.session.session_code.to_string();
    let joined = server.join(&pair.session, Role::Sender).await;
    let token = joined.token;
    let credential = joined.ice_servers.into_iter().find_map(|server| server.credential).expect("for TURN");
    pair.sender.signal(&pair.receiver_id, "a private description").await;
    pair.receiver.report(ReportState::Complete).await;
    pair.receiver.say_text("a private mistake").await;
    pair.receiver.hear().await;
    pair.receiver.hear().await;
    server.status(pair.session.session_code).await;
    server.get(&format!("/{code}")).await;
    server.get("/private-file.txt").await;
    server.get(&format!("/api/v1/sessions/{code}/private")).await;
    let port = server.origin[server.origin.rfind(':').expect("a port")..].to_owned();
    drop((pair.sender, pair.receiver));
    server.begin_stop().await.expect("no panic").expect("a clean end");

    let text = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("perkoon_server")).collect();
    assert!(ours.iter().any(|line| line.contains("answered")), "the log works:\n{text}");
    let (key, people) = (&pair.session.sender_key, [&pair.sender_id, &pair.receiver_id]);
    let secrets = [code.as_str(), key, &token, &credential, people[0], people[1], "private", "127.0.0.1", &port];
    for line in ours {
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}

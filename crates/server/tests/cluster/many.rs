//! Very many sessions, spread over three servers.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use perkoon_protocol::{Role, rest::SessionState};

use crate::{
    node::{Node, Seated},
    redis_server::RedisServer,
};

const SESSIONS: usize = 10_000;

/// Sessions in which somebody sits: each takes two descriptors here, one of a server, and a token of each.
const OCCUPIED: usize = 300;

/// Requests that are on their way at the same time.
const AT_ONCE: usize = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sessions_are_the_same_at_every_server() {
    let redis = RedisServer::start();
    let nodes = Node::three(&redis);
    let at = |number: usize| &nodes[number % nodes.len()];

    let started = Instant::now();
    let created = stream::iter(0..SESSIONS).map(|number| at(number).create());
    let sessions: Vec<_> = created.buffered(AT_ONCE).collect().await;
    let creating = started.elapsed();

    let started = Instant::now();
    // The sender at the next server; every third has a receiver as well, at the one after that.
    let seated = stream::iter(0..OCCUPIED).map(|number| {
        let session = &sessions[number];
        async move {
            let sender = at(number + 1).seat(session, Role::Sender, None).await;
            let receiver = if number % 3 == 0 { Some(at(number + 2).seat(session, Role::Receiver, None).await) } else { None };
            (sender, receiver)
        }
    });
    let seated: Vec<(Seated, Option<Seated>)> = seated.buffered(AT_ONCE).collect().await;
    let sitting = started.elapsed();

    let started = Instant::now();
    let asked = stream::iter(sessions.iter().enumerate()).map(|(number, session)| async move {
        let status = at(number + 2).status(session.session_code).await;
        assert_eq!(status.expires_at, session.expires_at);
        (status.status, status.participants)
    });
    let statuses: Vec<_> = asked.buffered(AT_ONCE).collect().await;
    let asking = started.elapsed();

    for (number, status) in statuses.into_iter().enumerate() {
        let expected = match number {
            OCCUPIED.. => (SessionState::Waiting, 0),
            _ if number % 3 == 0 => (SessionState::Active, 2),
            _ => (SessionState::Waiting, 1),
        };
        assert_eq!(status, expected, "session {number}");
    }
    drop(seated);
    report(creating, sitting, asking);
}

fn report(creating: Duration, sitting: Duration, asking: Duration) {
    let each = |took: Duration, number: usize| took.as_secs_f64() * 1e6 / number as f64;
    writeln!(
        std::io::stderr(),
        "{SESSIONS} sessions at three servers: made in {creating:.1?} ({:.0} µs each), asked for in {asking:.1?} ({:.0} µs each), \
         {OCCUPIED} of them entered in {sitting:.1?}",
        each(creating, SESSIONS),
        each(asking, SESSIONS),
    )
    .expect("stderr is there");
}

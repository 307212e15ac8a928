//! A server as a process: this test program, started once more to run one test, which serves.

use std::{
    io::{BufRead, BufReader, Read, Write},
    ops::Deref,
    process::{Child, ChildStdout, Command, Stdio},
};

use perkoon_protocol::{
    Role,
    rest::{CreatedSession, JoinedSession},
};
use perkoon_server::{Config, RequestLimits, Secret, StoreSetting};
use reqwest::StatusCode;
use tokio::net::TcpListener;

use crate::common::{Client, Socket, generous, soon};
use crate::redis_server::RedisServer;

const STORE: &str = "PERKOON_TEST_STORE";
const CREATES: &str = "PERKOON_TEST_CREATES";
const ORIGIN: &str = "serving at ";

/// One of the servers, killed at the end of the test.
pub struct Node {
    child: Child,
    _output: BufReader<ChildStdout>,
    client: Client,
}

impl Node {
    pub fn start(redis: &RedisServer) -> Self {
        Self::with_creates(redis, 0)
    }

    /// One that lets a client make so many sessions in a minute; zero is any number.
    pub fn with_creates(redis: &RedisServer, creates: usize) -> Self {
        let program = std::env::current_exe().expect("it has a path");
        let mut command = Command::new(program);
        command.args(["node::serves", "--exact", "--ignored", "--nocapture"]);
        command.env(STORE, redis.url()).env(CREATES, creates.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        let origin = loop {
            line.clear();
            assert!(output.read_line(&mut line).expect("text") > 0, "the server ended before it served");
            if let Some((_, origin)) = line.split_once(ORIGIN) {
                break origin.trim().to_owned();
            }
        };
        Self { child, _output: output, client: Client::of(origin) }
    }

    pub fn three(redis: &RedisServer) -> [Self; 3] {
        [(); 3].map(|()| Self::start(redis))
    }

    /// SIGKILL: no more word from it.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was started here");
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("it was started here").success());
    }

    /// Puts it to sleep, as a machine does that is suspended.
    pub fn suspend(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    }

    /// Sits down, and keeps the token to come back with.
    pub async fn seat(&self, session: &CreatedSession, role: Role, before: Option<&str>) -> Seated {
        let answer = self.try_join_again(session, role, before.map(str::to_owned)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let joined: JoinedSession = answer.json().await.expect("a seat");
        let token = joined.token.clone();
        let (socket, id) = self.take_seat(joined).await;
        Seated { socket, id, token }
    }
}

impl Deref for Node {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with a seat.
pub struct Seated {
    pub socket: Socket,
    pub id: String,
    pub token: String,
}

#[tokio::test]
#[ignore = "the servers of the other tests: they start it themselves"]
async fn serves() {
    let store = std::env::var(STORE).expect("whoever starts it says where sessions are").parse().expect("an address");
    let creates = std::env::var(CREATES).expect("and how many there may be").parse().expect("a number");
    let config = Config {
        store: StoreSetting::Redis(store),
        secret: Secret::from_text("a secret that all of these servers share").expect("long enough"),
        requests: RequestLimits { creates, ..generous().requests },
        ..generous()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    writeln!(std::io::stdout(), "{ORIGIN}http://{address}").expect("somebody reads");
    // Until whoever started it closes the pipe.
    let stop = async {
        let read = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        read.await.expect("no panic").expect("a pipe");
    };
    perkoon_server::serve(listener, config, stop, std::future::pending()).await.expect("a clean end");
}

/// The close code, whatever comes before it; none when the connection broke.
pub async fn hear_end(socket: &mut Socket) -> Option<u16> {
    use futures_util::StreamExt;
    use tokio_tungstenite::tungstenite::Message;
    soon(async {
        loop {
            match socket.0.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    })
    .await
}

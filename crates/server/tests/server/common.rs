//! A server to talk to, and clients to talk with.

use std::{future::Future, io, ops::Deref, time::Duration};

use futures_util::{SinkExt, StreamExt};
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    rest::{CreatedSession, JoinSession, JoinedSession, Problem, SessionStatus},
    signal::{ClientMessage, ReportState, ServerMessage, Signal},
};
use perkoon_server::{Config, RequestLimits};
use reqwest::{Response, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Whatever takes longer is not going to happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens in time")
}

/// Settings that are not in the way of a test about something else.
pub fn generous() -> Config {
    Config { requests: RequestLimits { creates: 0, joins: 0, statuses: 0 }, ..Config::default() }
}

/// What clients do at a server, wherever that runs.
pub struct Client {
    pub origin: String,
    pub http: reqwest::Client,
}

/// A server in this process.
pub struct Server {
    client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Server {
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let drain = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(perkoon_server::serve(listener, config, drain, std::future::pending()));
        Self { client: Client::of(origin), stop, task }
    }

    pub fn begin_stop(self) -> JoinHandle<io::Result<()>> {
        self.stop.send(()).expect("the server still runs");
        self.task
    }
}

impl Client {
    pub fn of(origin: String) -> Self {
        Self { origin, http: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.origin.split_once("://").expect("an origin").1
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        self.http.post(self.url(path)).body(body).send().await.expect("an answer")
    }

    pub async fn create(&self) -> CreatedSession {
        let answer = self.post("/api/v1/sessions", "").await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.expect("a session")
    }

    pub async fn try_join(&self, session: &CreatedSession, role: Role) -> Response {
        self.try_join_again(session, role, None).await
    }

    /// With the token of the seat that the client had before.
    pub async fn try_join_again(&self, session: &CreatedSession, role: Role, token: Option<String>) -> Response {
        let sender_key = (role == Role::Sender).then(|| session.sender_key.clone());
        let path = format!("/api/v1/sessions/{}/join", session.session_code);
        self.post(&path, serde_json::to_vec(&JoinSession { role, sender_key, token }).expect("JSON")).await
    }

    pub async fn join(&self, session: &CreatedSession, role: Role) -> JoinedSession {
        let answer = self.try_join(session, role).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("a seat")
    }

    pub async fn status(&self, code: SessionCode) -> SessionStatus {
        self.get(&format!("/api/v1/sessions/{code}/status")).await.json().await.expect("a status")
    }

    pub async fn socket(&self) -> Socket {
        let (socket, _) = connect_async(self.url("/socket").replace("http", "ws")).await.expect("a socket");
        Socket(socket)
    }

    /// Joins and takes the seat; the welcome is heard already.
    pub async fn sit(&self, session: &CreatedSession, role: Role) -> (Socket, String) {
        self.take_seat(self.join(session, role).await).await
    }

    /// Takes the seat that has been given out.
    pub async fn take_seat(&self, joined: JoinedSession) -> (Socket, String) {
        let mut socket = self.socket().await;
        socket.hello(&joined.token).await;
        let ServerMessage::Welcome { id, .. } = socket.hear().await else { panic!("no welcome") };
        assert_eq!(id, joined.participant_id);
        (socket, id)
    }

    /// A session with both seats taken.
    pub async fn pair(&self) -> Pair {
        let session = self.create().await;
        let (mut sender, sender_id) = self.sit(&session, Role::Sender).await;
        let (receiver, receiver_id) = self.sit(&session, Role::Receiver).await;
        assert!(matches!(sender.hear().await, ServerMessage::Joined { .. }));
        Pair { session, sender, sender_id, receiver, receiver_id }
    }
}

pub struct Pair {
    pub session: CreatedSession,
    pub sender: Socket,
    pub sender_id: String,
    pub receiver: Socket,
    pub receiver_id: String,
}

pub struct Socket<S = MaybeTlsStream<TcpStream>>(pub WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub async fn say(&mut self, message: &ClientMessage) {
        self.say_text(serde_json::to_string(message).expect("JSON")).await;
    }

    pub async fn say_text(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.expect("the socket is open");
    }

    pub async fn hello(&mut self, token: &str) {
        self.say(&ClientMessage::Hello { token: token.to_owned() }).await;
    }

    pub async fn signal(&mut self, to: &str, sdp: &str) {
        let signal = Signal::Offer { connection: 1, sdp: sdp.to_owned() };
        self.say(&ClientMessage::Signal { to: to.to_owned(), signal }).await;
    }

    pub async fn report(&mut self, state: ReportState) {
        self.say(&ClientMessage::Report { state }).await;
    }

    /// The next message, pings and their answers aside.
    pub async fn hear(&mut self) -> ServerMessage {
        loop {
            match soon(self.0.next()).await.expect("the socket is open").expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("a message"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?} instead of a message"),
            }
        }
    }

    pub async fn hear_error(&mut self) -> ErrorCode {
        match self.hear().await {
            ServerMessage::Error { code, message } => {
                assert_eq!(message, code.sentence());
                code
            }
            other => panic!("{other:?} instead of an error"),
        }
    }

    /// The close code; nothing may come before it.
    pub async fn hear_close(&mut self) -> u16 {
        match soon(self.0.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
            other => panic!("{other:?} instead of a close"),
        }
    }
}

/// The problem in an answer, after looking at everything that all problems have in common.
pub async fn problem(answer: Response) -> Problem {
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get(header::RETRY_AFTER).map(|value| value.to_str().expect("ASCII").to_owned());
    let problem: Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.kind, "about:blank");
    assert_eq!(problem.status, status);
    assert_eq!(problem.title, problem.code.as_str());
    assert_eq!(problem.retry_after.map(|seconds| seconds.to_string()), retry_after);
    problem
}

//! The signalling socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use perkoon_protocol::{
    json,
    limits::SIGNAL_MESSAGE_BYTES,
    signal::{ClientMessage, ServerMessage},
};
use reqwest::{
    StatusCode, Upgraded,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use super::{ANSWER, Server};

/// How long the server may take to hear the last of it.
const CLOSE: Duration = Duration::from_secs(1);

/// Messages that may wait for the server to take them. A connection that is being made has some dozens of candidates.
const WAITING: usize = 256;

/// What the socket tells the driver.
#[derive(Debug)]
pub(crate) enum SignalEvent {
    /// From the server.
    Message(ServerMessage),
    /// The socket is closed, whoever closed it.
    Closed,
}

/// An open or opening socket. Closes when dropped.
pub(crate) struct Socket {
    outgoing: Sender<Message>,
    task: JoinHandle<()>,
}

impl Socket {
    /// Opens the server's `/socket` and says hello with `token`; `tell` hears what comes.
    pub(crate) fn open(server: &Server, token: String, tell: impl Fn(SignalEvent) + Send + Sync + 'static) -> Self {
        let (outgoing, queue) = channel(WAITING);
        let hello = ClientMessage::Hello { token };
        let server = server.clone();
        let task = tokio::spawn(async move {
            if let Some(socket) = upgraded(&server).await {
                talk(socket, &hello, queue, &tell).await;
            }
            tell(SignalEvent::Closed);
        });
        Self { outgoing, task }
    }

    /// Sends a message. A socket that is closing, or that the server takes nothing from, loses it; its `Closed` event, or the
    /// heartbeat, tells the driver.
    pub(crate) fn send(&self, message: &ClientMessage) {
        let _ = self.outgoing.try_send(written(message));
    }

    /// Closes it once the server has what was sent.
    pub(crate) async fn close(self) {
        let Self { outgoing, task } = self;
        drop(outgoing);
        // A server that does not take it is not waited for.
        let _ = timeout(CLOSE, task).await;
    }
}

fn written(message: &ClientMessage) -> Message {
    Message::text(json::encode(message))
}

/// A WebSocket over the way that the server's other requests take: the same certificates, the same proxy.
async fn upgraded(server: &Server) -> Option<WebSocketStream<Upgraded>> {
    let key = generate_key();
    let request = server.client.get([&server.origin, "/socket"].concat());
    let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
    let request = request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, &key);
    let response = request.send().await.ok()?;
    let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT)?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS || accept != derive_accept_key(key.as_bytes()).as_str() {
        return None;
    }
    let limits =
        WebSocketConfig::default().max_message_size(Some(SIGNAL_MESSAGE_BYTES)).max_frame_size(Some(SIGNAL_MESSAGE_BYTES));
    let stream = response.upgrade().await.ok()?;
    Some(WebSocketStream::from_raw_socket(stream, Role::Client, Some(limits)).await)
}

/// Passes messages on in both directions until either end has closed the socket, or takes nothing any more.
async fn talk(
    socket: WebSocketStream<Upgraded>,
    hello: &ClientMessage,
    mut outgoing: Receiver<Message>,
    tell: &impl Fn(SignalEvent),
) {
    let (mut sink, mut stream) = socket.split();
    let mut next = Some(written(hello));
    loop {
        if let Some(message) = next.take()
            && !matches!(timeout(ANSWER, sink.send(message)).await, Ok(Ok(())))
        {
            return;
        }
        tokio::select! {
            message = outgoing.recv() => match message {
                Some(message) => next = Some(message),
                None => return drop(timeout(CLOSE, sink.close()).await),
            },
            received = stream.next() => match received {
                // A message this version does not know is left unread: a newer server may say more.
                Some(Ok(Message::Text(text))) => {
                    json::decode(&text).into_iter().for_each(|message| tell(SignalEvent::Message(message)));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

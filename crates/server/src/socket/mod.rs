//! `/socket`: signalling over a WebSocket. One task a socket; whatever it does, only its own room can notice.

mod origin;
mod reader;
mod writer;

use axum::{
    extract::{
        Extension, State, WebSocketUpgrade,
        ws::{Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use perkoon_protocol::{
    ErrorCode,
    limits::SIGNAL_MESSAGE_BYTES,
    signal::{ClientMessage, ServerMessage, close},
};

pub(crate) use self::origin::Origins;
use crate::{
    client::Client,
    connection::Connection,
    metrics::{Refused, Way},
    outbox::Queue,
    refusal::Refusal,
    rooms::Seat,
    state::{AppState, Shared},
    store::Unavailable,
    token::Token,
};

/// What the WebSocket layer buffers at most. Larger than a legal message, so that one somewhat too large can be answered properly.
const FRAME_BYTES: usize = SIGNAL_MESSAGE_BYTES + (4 << 10);

/// Read buffer of a socket: signalling messages are small and rare, sockets are many.
const READ_BUFFER_BYTES: usize = 4 << 10;

/// How a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The client is gone.
    Gone,
    /// The client does not answer: its network may be away.
    Lost,
    /// The server closes, with this code.
    Close(u16),
}

impl Ending {
    /// The ending's name among the metrics.
    const fn reason(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Lost => "lost",
            Self::Close(close::NOT_WELCOME) => "not_welcome",
            Self::Close(close::REPLACED) => "replaced",
            Self::Close(close::SEAT_TAKEN) => "seat_taken",
            Self::Close(close::SESSION_CLOSED) => "session_closed",
            Self::Close(close::MISBEHAVED) => "misbehaved",
            Self::Close(close::TOO_SLOW) => "too_slow",
            Self::Close(close::GOING_AWAY) => "going_away",
            Self::Close(_) => "left",
        }
    }

    /// Whether the client did not want to go, so that it may come back to its seat: here, or through another server.
    const fn may_be_undone(self) -> bool {
        matches!(self, Self::Lost | Self::Close(close::GOING_AWAY))
    }
}

pub(crate) async fn upgrade(
    State(state): State<AppState>,
    connection: Option<Extension<Connection>>,
    client: Client,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return Refusal::invalid(StatusCode::UPGRADE_REQUIRED, "This address speaks WebSocket.").into_response();
    };
    if !state.origins.admit(&headers) {
        state.metrics.refused(Refused::Origin);
        return foreign(&state).into_response();
    }
    let Some(counted) = state.sockets_by_address.count(client.0) else {
        state.metrics.refused(Refused::SocketsOfAddress);
        return Refusal::crowded().into_response();
    };
    let Ok(permit) = state.sockets.clone().try_acquire_owned() else {
        state.metrics.refused(Refused::Sockets);
        return Refusal::full().into_response();
    };
    upgrade
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .on_upgrade(async move |socket| {
            run(socket, &state).await;
            drop((permit, counted, connection));
        })
}

/// A page of another origin. Whoever set the server up hears of it once, because its own page looks like that behind a proxy that
/// changes the host.
fn foreign(state: &Shared) -> Refusal {
    state.foreign_told.call_once(|| {
        tracing::warn!("a page of another origin was refused a socket: if it is yours, see --public-url and --allowed-origin");
    });
    let detail = "Only this server's own pages may open sockets. Its operator can allow other origins with --allowed-origin.";
    Refusal::invalid(StatusCode::FORBIDDEN, detail)
}

async fn run(mut socket: WebSocket, state: &Shared) {
    state.metrics.socket_opened();
    let greeted = tokio::select! {
        greeted = greet(&mut socket, state) => greeted,
        () = state.closing() => Err((None, Ending::Close(close::GOING_AWAY))),
    };
    let ending = match greeted {
        Ok((seat, queue)) => {
            let ending = converse(&mut socket, state, seat, queue).await;
            state.hub.disconnected(seat, ending.may_be_undone()).await;
            ending
        }
        Err((reason, ending)) => {
            if let Some(code) = reason {
                refuse(&mut socket, state, code).await;
            }
            ending
        }
    };
    tracing::debug!(?ending, "socket ended");
    state.metrics.socket_closed(ending.reason());
    writer::farewell(socket, ending).await;
}

/// Waits for the hello and takes the seat.
async fn greet(socket: &mut WebSocket, state: &Shared) -> Result<(Seat, Queue), (Option<ErrorCode>, Ending)> {
    let refused = |code| (Some(code), Ending::Close(close::NOT_WELCOME));
    let text = match tokio::time::timeout(state.socket_limits.hello, socket.next()).await {
        Err(_) => return Err(refused(ErrorCode::Timeout)),
        Ok(Some(Ok(Message::Text(text)))) if text.len() <= SIGNAL_MESSAGE_BYTES => text,
        Ok(None | Some(Ok(Message::Close(_)))) => return Err((None, Ending::Gone)),
        Ok(Some(_)) => return Err(refused(ErrorCode::InvalidRequest)),
    };
    state.metrics.signalled(Way::In, text.len());
    let Ok(ClientMessage::Hello { token }) = serde_json::from_str(&text) else {
        return Err(refused(ErrorCode::InvalidRequest));
    };
    let token: Token = token.parse().map_err(|_| refused(ErrorCode::InvalidRequest))?;
    match state.hub.hello(state.clock.now(), &token).await {
        Ok(Ok(seated)) => Ok(seated),
        Ok(Err(code @ ErrorCode::SessionFull)) => Err((Some(code), Ending::Close(close::SEAT_TAKEN))),
        Ok(Err(code)) => Err(refused(code)),
        // The page comes back after a moment.
        Err(Unavailable) => Err((None, Ending::Close(close::GOING_AWAY))),
    }
}

async fn refuse(socket: &mut WebSocket, state: &Shared, code: ErrorCode) {
    let message = ServerMessage::Error { code, message: code.sentence().to_owned() };
    let text = serde_json::to_string(&message).expect("messages have string keys");
    // A client that does not take its refusal is closed all the same.
    let _ = tokio::time::timeout(state.socket_limits.write, socket.send(Message::Text(text.into()))).await;
}

/// Reads and writes until one of the two is over.
async fn converse(socket: &mut WebSocket, state: &Shared, seat: Seat, queue: Queue) -> Ending {
    let (mut sink, mut stream) = socket.split();
    tokio::select! {
        ending = writer::write(&mut sink, state, queue) => ending,
        ending = reader::read(&mut stream, state, seat) => ending,
    }
}

//! The way out: a bounded queue, pings, and a proper goodbye.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use perkoon_protocol::signal::close;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::Ending;
use crate::{
    metrics::Way,
    outbox::{Outgoing, Queue},
    state::Shared,
};

/// How long a closed client has to take the close and answer it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What it may still have had on the way, each message a KiB more than its bytes. Who sends more is not listening.
const FAREWELL_BYTES: usize = 128 << 10;
const MESSAGE_BYTES: usize = 1 << 10;

/// Writes what is queued until the server closes or the client cannot follow.
pub(super) async fn write(sink: &mut SplitSink<&mut WebSocket, Message>, state: &Shared, mut queue: Queue) -> Ending {
    let limits = &state.socket_limits;
    let overflow = queue.overflow();
    let mut pings = interval_at(Instant::now() + limits.ping, limits.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            biased;
            () = overflow.notified() => return Ending::Close(close::TOO_SLOW),
            outgoing = queue.next() => match outgoing {
                Some(Outgoing::Text(text)) => {
                    state.metrics.signalled(Way::Out, text.len());
                    Message::Text(text.into())
                }
                Some(Outgoing::Close(code)) => return Ending::Close(code),
                None => return Ending::Gone,
            },
            () = state.closing() => return Ending::Close(close::GOING_AWAY),
            _ = pings.tick() => Message::Ping(Vec::new().into()),
        };
        tokio::select! {
            biased;
            () = overflow.notified() => return Ending::Close(close::TOO_SLOW),
            sent = timeout(limits.write, sink.send(message)) => match sent {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ending::Gone,
                Err(_) => return Ending::Close(close::TOO_SLOW),
            },
        }
    }
}

/// Closes and waits a moment for the client's own close: ending the connection with its words unread would take ours away too.
pub(super) async fn farewell(mut socket: WebSocket, ending: Ending) {
    let Ending::Close(code) = ending else { return };
    let goodbye = async {
        let frame = CloseFrame { code, reason: Utf8Bytes::default() };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            read_out(&mut socket).await;
        }
    };
    // A client that has not answered by now is not going to.
    let _ = timeout(FAREWELL, goodbye).await;
}

async fn read_out(socket: &mut WebSocket) {
    let mut left = FAREWELL_BYTES;
    while let Some(Ok(message)) = socket.next().await {
        let Some(rest) = left.checked_sub(message.into_data().len() + MESSAGE_BYTES) else { return };
        left = rest;
    }
}

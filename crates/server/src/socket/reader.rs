//! The way in: bounded in size and rate; what is not understood is answered, and too much of it ends the socket.

use axum::extract::ws::{Message, WebSocket};
use futures_util::{StreamExt, stream::SplitStream};
use perkoon_protocol::{
    ErrorCode,
    limits::SIGNAL_MESSAGE_BYTES,
    signal::{ClientMessage, close},
};

use super::Ending;
use crate::{
    clock::Millis,
    config::SocketLimits,
    limit::Bucket,
    metrics::{Refused, Way},
    rooms::Seat,
    state::Shared,
    store::Unavailable,
};

/// Faults that a client may make in a row, and how many are forgiven each second.
const FAULTS: f64 = 8.0;
const FAULTS_FORGIVEN_PER_SECOND: f64 = 0.1;

const KIB: f64 = 1024.0;

/// What a client may still do.
struct Allowance {
    credit: Bucket,
    faults: Bucket,
}

impl Allowance {
    fn new(now: Millis, limits: &SocketLimits) -> Self {
        Self {
            credit: Bucket::new(now, limits.credit_per_second.into(), limits.credit_saved.into()),
            faults: Bucket::new(now, FAULTS_FORGIVEN_PER_SECOND, FAULTS),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a frame has at most 2^17 bytes")]
    fn pays(&mut self, now: Millis, bytes: usize) -> bool {
        self.credit.spend(now, 1.0 + (bytes as f64 / KIB).floor())
    }
}

/// Reads until the client is gone. One that has to go is dismissed, and the writer ends the socket.
pub(super) async fn read(stream: &mut SplitStream<&mut WebSocket>, state: &Shared, seat: Seat) -> Ending {
    let mut allowance = Allowance::new(state.clock.now(), &state.socket_limits);
    loop {
        let message = match tokio::time::timeout(state.socket_limits.silence, stream.next()).await {
            Ok(Some(Ok(Message::Close(_))) | None) => return Ending::Gone,
            Err(_) => return Ending::Lost,
            Ok(Some(Err(_))) => return dismiss(state, seat, ErrorCode::InvalidRequest).await,
            Ok(Some(Ok(message))) => message,
        };
        let now = state.clock.now();
        let fault = match take_in(message, now, &mut allowance, state, seat).await {
            Ok(Ok(())) => continue,
            Ok(Err(fault)) => fault,
            // What the client said is lost: it has to know that.
            Err(Unavailable) => return Ending::Close(close::GOING_AWAY),
        };
        if !allowance.faults.spend(now, 1.0) {
            return dismiss(state, seat, fault).await;
        }
        state.hub.tell(seat, fault).await;
    }
}

/// Leaves the last word to the writer, which still has what was queued before.
async fn dismiss(state: &Shared, seat: Seat, fault: ErrorCode) -> Ending {
    state.hub.tell(seat, fault).await;
    state.hub.dismiss(seat, close::MISBEHAVED).await;
    std::future::pending().await
}

async fn take_in(
    message: Message,
    now: Millis,
    allowance: &mut Allowance,
    state: &Shared,
    seat: Seat,
) -> Result<Result<(), ErrorCode>, Unavailable> {
    let message = match understand(message, now, allowance, state) {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(Ok(())),
        Err(fault) => return Ok(Err(fault)),
    };
    let report = if let ClientMessage::Report { state: report } = &message { Some(*report) } else { None };
    let handled = state.hub.handle(seat, message).await?;
    if let (Ok(()), Some(report)) = (handled, report) {
        state.metrics.reported(report);
    }
    Ok(handled)
}

/// What the client says, if it may say so much; none when it is the WebSocket's own business.
fn understand(
    message: Message,
    now: Millis,
    allowance: &mut Allowance,
    state: &Shared,
) -> Result<Option<ClientMessage>, ErrorCode> {
    let (bytes, text) = match message {
        Message::Text(text) => (text.len(), Some(text)),
        Message::Binary(bytes) => (bytes.len(), None),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {
            return if allowance.pays(now, 0) { Ok(None) } else { Err(overdrawn(state)) };
        }
    };
    state.metrics.signalled(Way::In, bytes);
    if !allowance.pays(now, bytes) {
        return Err(overdrawn(state));
    }
    let text = text.filter(|text| text.len() <= SIGNAL_MESSAGE_BYTES).ok_or(ErrorCode::InvalidRequest)?;
    serde_json::from_str(&text).map(Some).map_err(|_| ErrorCode::InvalidRequest)
}

fn overdrawn(state: &Shared) -> ErrorCode {
    state.metrics.refused(Refused::Messages);
    ErrorCode::RateLimited
}

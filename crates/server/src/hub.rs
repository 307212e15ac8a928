//! The rooms together with the sockets: whatever is asked of a room goes through here, wherever the rooms are.

use std::sync::Arc;

use perkoon_protocol::{
    ErrorCode, SessionCode,
    signal::{ClientMessage, ServerMessage},
};

use crate::{
    clock::{Clock, Millis},
    config::{Capacity, SocketLimits},
    outbox::{Outgoing, Pool, Queue},
    outboxes::Outboxes,
    rooms::{Census, RoomRules, Rooms, Seat},
    store::{Memory, Redis, StoreError, StoreSetting, Unavailable},
    token::Token,
};

#[derive(Debug)]
pub(crate) enum Hub {
    /// One process has all rooms.
    Memory(Box<Memory>),
    /// Several share them.
    Redis(Box<Redis>),
}

impl Hub {
    pub(crate) fn new(store: StoreSetting, clock: Arc<Clock>, capacity: Capacity, limits: SocketLimits) -> Self {
        let (rules, outboxes) = (RoomRules::new(capacity.rooms), Outboxes::new(limits, Pool::new(capacity.queued_bytes)));
        match store {
            StoreSetting::Memory => Self::Memory(Box::new(Memory::new(rules, outboxes))),
            StoreSetting::Redis(setting) => Self::Redis(Box::new(Redis::new(setting, clock, rules, outboxes))),
        }
    }

    /// Bytes of messages that wait for slow readers.
    pub(crate) fn queued_bytes(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.queued_bytes(),
            Self::Redis(redis) => redis.queued_bytes(),
        }
    }

    /// Gets in touch with the store, for the first time.
    pub(crate) async fn connect(&self) -> Result<(), StoreError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Redis(redis) => redis.connect().await,
        }
    }

    /// Hears what the store says, and looks for it when it is away: for as long as the server runs.
    pub(crate) async fn tend(&self) {
        match self {
            Self::Memory(_) => std::future::pending().await,
            Self::Redis(redis) => redis.tend().await,
        }
    }

    /// Has the other servers take over at once, after the last socket.
    pub(crate) async fn leave(&self) {
        if let Self::Redis(redis) = self {
            redis.leave().await;
        }
    }

    /// Whether sessions can be made and joined.
    pub(crate) fn is_reachable(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Redis(redis) => redis.is_linked(),
        }
    }

    /// Does something to one room and carries out what follows from it. Where rooms are shared, `act` may have to do it again to a room
    /// that somebody else has changed meanwhile: what it did before has not happened then.
    pub(crate) async fn change<T: Send>(
        &self,
        code: SessionCode,
        act: impl Fn(&mut Rooms) -> T + Send,
    ) -> Result<T, Unavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.change(act)),
            Self::Redis(redis) => redis.change(code, act).await,
        }
    }

    /// Takes the seat that the token is good for.
    pub(crate) async fn hello(&self, now: Millis, token: &Token) -> Result<Result<(Seat, Queue), ErrorCode>, Unavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.hello(now, token)),
            Self::Redis(redis) => redis.hello(now, token).await,
        }
    }

    /// Takes in a seated client's message.
    pub(crate) async fn handle(&self, seat: Seat, message: ClientMessage) -> Result<Result<(), ErrorCode>, Unavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.change(|rooms| rooms.handle(seat, message))),
            Self::Redis(redis) => redis.change(seat.code, |rooms| rooms.handle(seat, message.clone())).await,
        }
    }

    /// Tells a client of a fault.
    pub(crate) async fn tell(&self, seat: Seat, code: ErrorCode) {
        let message = ServerMessage::Error { code, message: code.sentence().to_owned() };
        let text = Outgoing::Text(serde_json::to_string(&message).expect("messages have string keys"));
        match self {
            Self::Memory(memory) => memory.deliver(seat.socket, text),
            Self::Redis(redis) => redis.deliver(seat, text).await,
        }
    }

    /// Frees the client's seat and closes its socket.
    pub(crate) async fn dismiss(&self, seat: Seat, code: u16) {
        match self {
            Self::Memory(memory) => memory.dismiss(seat, code),
            Self::Redis(redis) => redis.dismiss(seat, code).await,
        }
    }

    /// The socket is gone; a `lost` one without a word.
    pub(crate) async fn disconnected(&self, seat: Seat, lost: bool) {
        match self {
            Self::Memory(memory) => memory.disconnected(seat, lost),
            Self::Redis(redis) => redis.disconnected(seat, lost).await,
        }
    }

    /// Forgets sessions that are over, and counts those that stay. A store does so by itself, and nobody counts.
    pub(crate) fn sweep(&self, now: Millis) -> Option<Census> {
        match self {
            Self::Memory(memory) => Some(memory.change(|rooms| rooms.sweep(now))),
            Self::Redis(_) => None,
        }
    }
}

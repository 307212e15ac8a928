//! The rooms together with the sockets' outboxes: one lock, so that everyone hears of things in the order they happened.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use perkoon_protocol::{
    ErrorCode,
    signal::{ClientMessage, ServerMessage},
};

use crate::{
    clock::Millis,
    config::{Capacity, SocketLimits},
    outbox::{Outbox, Outgoing, Pool, Queue},
    rooms::{Effect, RoomRules, Rooms, Seat, SocketId},
    token::Token,
};

/// A seated client's writing end.
#[derive(Debug)]
struct Seated {
    seat: Seat,
    outbox: Outbox,
}

#[derive(Debug)]
struct Inner {
    rooms: Rooms,
    sockets: HashMap<SocketId, Seated>,
    sockets_so_far: u64,
}

#[derive(Debug)]
pub(crate) struct Hub {
    limits: SocketLimits,
    pool: Pool,
    inner: Mutex<Inner>,
}

impl Hub {
    pub(crate) fn new(capacity: Capacity, limits: SocketLimits) -> Self {
        let rooms = Rooms::new(RoomRules::new(capacity.rooms));
        let inner = Mutex::new(Inner { rooms, sockets: HashMap::new(), sockets_so_far: 0 });
        Self { limits, pool: Pool::new(capacity.queued_bytes), inner }
    }

    /// Bytes of messages that wait for slow readers.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.pool.waiting()
    }

    /// Does something to the rooms and carries out what follows from it.
    pub(crate) fn rooms<T>(&self, act: impl FnOnce(&mut Rooms) -> T) -> T {
        let mut inner = self.lock();
        let result = act(&mut inner.rooms);
        Self::carry_out(&mut inner);
        result
    }

    /// Takes the seat that the token is good for.
    pub(crate) fn hello(&self, now: Millis, token: &Token) -> Result<(Seat, Queue), ErrorCode> {
        let mut inner = self.lock();
        inner.sockets_so_far += 1;
        let socket = SocketId(inner.sockets_so_far);
        let seated = inner.rooms.hello(now, socket, token).map(|seat| {
            let (outbox, queue) = self.pool.queue(&self.limits);
            inner.sockets.insert(socket, Seated { seat, outbox });
            (seat, queue)
        });
        Self::carry_out(&mut inner);
        seated
    }

    /// Takes in a seated client's message.
    pub(crate) fn handle(&self, seat: Seat, message: ClientMessage) -> Result<(), ErrorCode> {
        self.rooms(|rooms| rooms.handle(seat, message))
    }

    /// Tells a client of a fault.
    pub(crate) fn tell(&self, seat: Seat, code: ErrorCode) {
        let mut inner = self.lock();
        let message = ServerMessage::Error { code, message: code.sentence().to_owned() };
        Self::deliver(&mut inner, Effect::Send { socket: seat.socket, message });
        Self::carry_out(&mut inner);
    }

    /// Frees the client's seat and closes its socket.
    pub(crate) fn dismiss(&self, seat: Seat, code: u16) {
        let mut inner = self.lock();
        inner.rooms.disconnected(seat, false);
        Self::deliver(&mut inner, Effect::Close { socket: seat.socket, code });
        Self::carry_out(&mut inner);
    }

    /// The socket is gone; a `lost` one without a word.
    pub(crate) fn disconnected(&self, seat: Seat, lost: bool) {
        let mut inner = self.lock();
        inner.sockets.remove(&seat.socket);
        inner.rooms.disconnected(seat, lost);
        Self::carry_out(&mut inner);
    }

    /// No state is left half-changed by a panic, since none can happen inside a change; so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry_out(inner: &mut Inner) {
        while let Some(effect) = inner.rooms.poll_effect() {
            Self::deliver(inner, effect);
        }
    }

    fn deliver(inner: &mut Inner, effect: Effect) {
        let (socket, outgoing) = match effect {
            Effect::Send { socket, message } => {
                (socket, Outgoing::Text(serde_json::to_string(&message).expect("messages have string keys")))
            }
            Effect::Close { socket, code } => (socket, Outgoing::Close(code)),
        };
        let last = matches!(outgoing, Outgoing::Close(_));
        let Some(Seated { seat, outbox }) = inner.sockets.get(&socket) else { return };
        let (seat, pushed) = (*seat, outbox.push(outgoing));
        if last || !pushed {
            inner.sockets.remove(&socket);
        }
        if !pushed {
            inner.rooms.disconnected(seat, false);
        }
    }
}

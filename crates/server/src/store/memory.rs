//! Rooms in this process, together with the sockets' outboxes: one lock, so that everyone hears of things in the order they happened.

use std::sync::{Mutex, MutexGuard, PoisonError};

use perkoon_protocol::ErrorCode;

use crate::{
    clock::Millis,
    outbox::{Outgoing, Queue},
    outboxes::{Delivery, Outboxes, SocketId},
    rooms::{RoomRules, Rooms, Seat},
    store::written,
    token::Token,
};

#[derive(Debug)]
struct Inner {
    rooms: Rooms,
    outboxes: Outboxes,
}

/// All rooms. Nothing here waits.
#[derive(Debug)]
pub(crate) struct Memory(Mutex<Inner>);

impl Memory {
    pub(crate) fn new(rules: RoomRules, outboxes: Outboxes) -> Self {
        Self(Mutex::new(Inner { rooms: Rooms::new(rules), outboxes }))
    }

    /// Does something to the rooms and carries out what follows from it.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Rooms) -> T) -> T {
        let mut inner = self.lock();
        let result = act(&mut inner.rooms);
        inner.carry_out();
        result
    }

    /// Takes the seat that the token is good for.
    pub(crate) fn hello(&self, now: Millis, token: &Token) -> Result<(Seat, Queue), ErrorCode> {
        let mut inner = self.lock();
        let socket = inner.outboxes.number();
        let seat = inner.rooms.hello(now, socket, token);
        let seated = seat.map(|seat| (seat, inner.outboxes.open(socket, seat.code)));
        inner.carry_out();
        seated
    }

    /// Bytes of messages that wait for slow readers.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.lock().outboxes.queued_bytes()
    }

    /// Queues something for a socket.
    pub(crate) fn deliver(&self, socket: SocketId, outgoing: Outgoing) {
        let mut inner = self.lock();
        inner.deliver(socket, outgoing);
        inner.carry_out();
    }

    /// Frees the client's seat and closes its socket.
    pub(crate) fn dismiss(&self, seat: Seat, code: u16) {
        let mut inner = self.lock();
        inner.rooms.disconnected(seat, false);
        inner.deliver(seat.socket, Outgoing::Close(code));
        inner.carry_out();
    }

    /// The socket is gone; a `lost` one without a word.
    pub(crate) fn disconnected(&self, seat: Seat, lost: bool) {
        let mut inner = self.lock();
        inner.outboxes.close(seat.socket);
        inner.rooms.disconnected(seat, lost);
        inner.carry_out();
    }

    /// No state is left half-changed by a panic, since none can happen inside a change; so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn carry_out(&mut self) {
        while let Some(effect) = self.rooms.poll_effect() {
            let (socket, outgoing) = written(effect);
            self.deliver(socket, outgoing);
        }
    }

    fn deliver(&mut self, socket: SocketId, outgoing: Outgoing) {
        if let Delivery::GivenUp(code) = self.outboxes.deliver(socket, outgoing) {
            self.rooms.vanished(code, socket, false);
        }
    }
}

//! The rooms together with the sockets' outboxes: one lock, so that everyone hears of things in the order they happened.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use perkoon_protocol::{
    ErrorCode,
    signal::{ClientMessage, ServerMessage},
};
use tokio::sync::{Notify, mpsc};

use crate::{
    clock::Millis,
    config::SocketLimits,
    rooms::{Effect, RoomRules, Rooms, Seat, SocketId},
    token::Token,
};

/// What a socket's writer has to do.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send this text.
    Text(String),
    /// Close with this code.
    Close(u16),
}

/// The reading end of an outbox.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: mpsc::Receiver<Outgoing>,
    waiting_bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
}

impl Queue {
    /// The next thing to write; none once the outbox is gone.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.messages.recv().await;
        if let Some(Outgoing::Text(text)) = &outgoing {
            self.waiting_bytes.fetch_sub(text.len(), Ordering::Relaxed);
        }
        outgoing
    }

    /// Resolves when the client has read so slowly that its queue is full.
    pub(crate) fn overflow(&self) -> Arc<Notify> {
        Arc::clone(&self.overflow)
    }
}

/// The writing end. It never waits: a full one is the slow client's own problem.
#[derive(Debug)]
struct Outbox {
    seat: Seat,
    messages: mpsc::Sender<Outgoing>,
    waiting_bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
}

impl Outbox {
    fn push(&self, outgoing: Outgoing, most_bytes: usize) -> bool {
        let bytes = if let Outgoing::Text(text) = &outgoing { text.len() } else { 0 };
        let fits = self.waiting_bytes.load(Ordering::Relaxed) + bytes <= most_bytes;
        // Counted first: the reader may take the message away, and its bytes off, at once.
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let pushed = fits && self.messages.try_send(outgoing).is_ok();
        if !pushed {
            self.overflow.notify_one();
        }
        pushed
    }
}

#[derive(Debug)]
struct Inner {
    rooms: Rooms,
    outboxes: HashMap<SocketId, Outbox>,
    sockets_so_far: u64,
}

#[derive(Debug)]
pub(crate) struct Hub {
    limits: SocketLimits,
    inner: Mutex<Inner>,
}

impl Hub {
    pub(crate) fn new(rooms: usize, limits: SocketLimits) -> Self {
        let rooms = Rooms::new(RoomRules::new(rooms));
        Self { limits, inner: Mutex::new(Inner { rooms, outboxes: HashMap::new(), sockets_so_far: 0 }) }
    }

    /// Does something to the rooms and carries out what follows from it.
    pub(crate) fn rooms<T>(&self, act: impl FnOnce(&mut Rooms) -> T) -> T {
        let mut inner = self.lock();
        let result = act(&mut inner.rooms);
        self.carry_out(&mut inner);
        result
    }

    /// Takes the seat that the token is good for.
    pub(crate) fn hello(&self, now: Millis, token: &Token) -> Result<(Seat, Queue), ErrorCode> {
        let mut inner = self.lock();
        inner.sockets_so_far += 1;
        let socket = SocketId(inner.sockets_so_far);
        let seated = inner.rooms.hello(now, socket, token).map(|seat| {
            let (outbox, queue) = self.outbox(seat);
            inner.outboxes.insert(socket, outbox);
            (seat, queue)
        });
        self.carry_out(&mut inner);
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
        self.deliver(&mut inner, Effect::Send { socket: seat.socket, message });
        self.carry_out(&mut inner);
    }

    /// Frees the client's seat and closes its socket.
    pub(crate) fn dismiss(&self, seat: Seat, code: u16) {
        let mut inner = self.lock();
        inner.rooms.disconnected(seat);
        self.deliver(&mut inner, Effect::Close { socket: seat.socket, code });
        self.carry_out(&mut inner);
    }

    /// The socket is gone.
    pub(crate) fn disconnected(&self, seat: Seat) {
        let mut inner = self.lock();
        inner.outboxes.remove(&seat.socket);
        inner.rooms.disconnected(seat);
        self.carry_out(&mut inner);
    }

    /// Nothing is heard from the socket any more.
    pub(crate) fn lost(&self, seat: Seat) {
        let mut inner = self.lock();
        inner.outboxes.remove(&seat.socket);
        inner.rooms.lost(seat);
        self.carry_out(&mut inner);
    }

    /// No state is left half-changed by a panic, since none can happen inside a change; so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outbox(&self, seat: Seat) -> (Outbox, Queue) {
        let (sender, messages) = mpsc::channel(self.limits.queue_messages);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let overflow = Arc::new(Notify::new());
        let queue = Queue { messages, waiting_bytes: Arc::clone(&waiting_bytes), overflow: Arc::clone(&overflow) };
        (Outbox { seat, messages: sender, waiting_bytes, overflow }, queue)
    }

    fn carry_out(&self, inner: &mut Inner) {
        while let Some(effect) = inner.rooms.poll_effect() {
            self.deliver(inner, effect);
        }
    }

    fn deliver(&self, inner: &mut Inner, effect: Effect) {
        let (socket, outgoing) = match effect {
            Effect::Send { socket, message } => {
                (socket, Outgoing::Text(serde_json::to_string(&message).expect("messages have string keys")))
            }
            Effect::Close { socket, code } => (socket, Outgoing::Close(code)),
        };
        let last = matches!(outgoing, Outgoing::Close(_));
        let Some(outbox) = inner.outboxes.get(&socket) else { return };
        let seat = outbox.seat;
        let pushed = outbox.push(outgoing, self.limits.queue_bytes);
        if last || !pushed {
            inner.outboxes.remove(&socket);
        }
        if !pushed {
            inner.rooms.disconnected(seat);
        }
    }
}

//! The seat in the session, and what the server says while this end has it.

use std::time::Duration;

use perkoon_peer::{
    Failure,
    connecting::Relay,
    heartbeat::{Beat, Heartbeat},
};
use perkoon_protocol::{
    ErrorCode, Role,
    rest::{IceServer, JoinedSession},
    signal::{ClientMessage, Participant, ReportState, ServerMessage, Signal},
};

use super::{
    Driver, Message, Status,
    link::{Link, Stage},
};
use crate::{
    Told,
    server::{SignalEvent, Socket},
};

/// How long to wait before the first try to get the server back; each further wait is twice as long.
const REJOIN_MS: u64 = 500;

/// How long a wait for the server grows at most.
const REJOIN_MAX_MS: u64 = 5_000;

/// How often an end that has nothing to lose tries to get the server back.
const IDLE_TRIES: u32 = 8;

/// The seat this end has.
pub(super) struct Room {
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) relay: Relay,
    own_id: Option<String>,
    pub(super) participants: Vec<Participant>,
    /// Whether the other side, when it is away, went on purpose.
    pub(super) parted: bool,
    /// None while it is lost.
    socket: Option<Socket>,
    heartbeat: Heartbeat,
    /// What the seat was taken with, and is taken back with.
    token: String,
    /// Why the server is about to close the socket.
    closing: Option<ErrorCode>,
    /// Tries to get the server back since its socket closed.
    tries: u32,
}

impl Room {
    fn send(&self, message: &ClientMessage) {
        if let Some(socket) = &self.socket {
            socket.send(message);
        }
    }

    /// The one on the other side of `own`, if present.
    pub(super) fn other(&self, own: Role) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.role == own.other())
    }

    /// Whether the server says that this participant is there.
    pub(super) fn has(&self, id: &str) -> bool {
        self.participants.iter().any(|participant| participant.id == id)
    }

    /// Gives the seat up, and sees to it that the server hears of it.
    pub(super) async fn leave(self) {
        self.send(&ClientMessage::Leave);
        if let Some(socket) = self.socket {
            socket.close().await;
        }
    }
}

impl Driver<'_> {
    /// Opens the socket of a seat that was just taken.
    pub(super) fn open_room(&mut self, joined: JoinedSession) {
        self.sockets += 1;
        let (socket, messages) = (self.sockets, self.messages.clone());
        let outlet = move |event| drop(messages.send(Message::Signal { socket, event }));
        let JoinedSession { token, ice_servers, .. } = joined;
        self.room = Some(Room {
            relay: Relay::among(&ice_servers, false).unwrap_or(Relay::Unknown),
            ice_servers,
            own_id: None,
            participants: Vec::new(),
            parted: false,
            socket: Some(Socket::open(&self.server, token.clone(), outlet)),
            heartbeat: Heartbeat::new(self.now()),
            token,
            closing: None,
            tries: 0,
        });
    }

    /// Asks for the seat again, a while after its socket was lost.
    pub(super) fn rejoin_later(&mut self) {
        let role = self.end.role();
        let Some(room) = &mut self.room else { return };
        room.socket = None;
        // Whatever the socket that is given up still says is of no interest, its end least of all: a second seat would be asked for.
        self.sockets += 1;
        let wait = Duration::from_millis(REJOIN_MAX_MS.min(REJOIN_MS << room.tries.min(8)));
        room.tries += 1;
        let (server, code, key, token) = (self.server.clone(), self.code, self.sender_key.clone(), room.token.clone());
        let messages = self.messages.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let result = server.join(code, role, key, Some(token)).await.map(Box::new);
            let _ = messages.send(Message::Rejoined(result));
        });
    }

    /// The seat is there again, or is not; what goes on without the server goes on either way.
    pub(super) fn rejoined(&mut self, result: Result<JoinedSession, Failure>) {
        let Some(room) = &self.room else { return };
        match result {
            Ok(joined) => self.open_room(joined),
            Err(failure) if is_final(failure.code) => self.seat_lost(failure),
            Err(failure) if room.tries >= IDLE_TRIES && !self.needs_seat() => self.seat_lost(failure),
            // A server that was started anew knows the session once the sender is back.
            Err(_) => self.rejoin_later(),
        }
    }

    /// The seat is gone for good. Bytes that move go on moving.
    fn seat_lost(&mut self, failure: Failure) {
        self.room = None;
        if !self.status.is_running() {
            self.fail(failure);
        }
    }

    pub(super) fn signalled(&mut self, event: SignalEvent) {
        match event {
            SignalEvent::Message(message) => self.server_says(message),
            SignalEvent::Closed => self.socket_closed(),
        }
    }

    fn server_says(&mut self, message: ServerMessage) {
        let now = self.now();
        let Some(room) = &mut self.room else { return };
        room.heartbeat.heard(now);
        match message {
            ServerMessage::Welcome { id, participants } => {
                room.own_id = Some(id);
                room.participants = participants;
                self.begin_again();
                // A server that has given the seat away, or was started anew, does not know what its holder has begun.
                if self.status.is_running() {
                    self.report(ReportState::Accepted);
                }
            }
            ServerMessage::Joined { participant } => {
                room.participants.retain(|present| present.id != participant.id && present.role != participant.role);
                room.participants.push(participant);
                room.parted = false;
                self.begin_again();
            }
            ServerMessage::Left { id, lost } => {
                room.parted = !lost;
                room.participants.retain(|present| present.id != id);
                // Whoever it was may take as long to come back as it had to come.
                self.waiting_since = now;
                self.peer_left(&id, lost);
                self.connect_if_needed();
            }
            ServerMessage::Signal { from, signal } => self.peer_signalled(&from, signal),
            ServerMessage::Pong => {}
            ServerMessage::Error { code: ErrorCode::InvalidRequest | ErrorCode::RateLimited, .. } => {}
            ServerMessage::Error { code, .. } => room.closing = Some(code),
        }
    }

    /// Either side has a new socket: what was on its way to the one before is lost, and with it a connection that was being made.
    fn begin_again(&mut self) {
        self.recovery.retry();
        if !self.status.is_running() && self.link.as_ref().is_some_and(|link| link.stage == Stage::Connecting) {
            self.drop_link();
        }
        self.peer_found();
        self.connect_if_needed();
    }

    /// Tells of whoever has come.
    fn peer_found(&mut self) {
        let role = self.end.role();
        let Some(other) = self.room.as_ref().and_then(|room| room.other(role)).map(|other| other.id.clone()) else { return };
        if self.status == Status::Waiting && self.met.as_ref() != Some(&other) {
            self.met = Some(other);
            self.waiting_since = self.now();
            self.tell(Told::PeerFound);
        }
    }

    fn peer_signalled(&mut self, from: &str, signal: Signal) {
        if let Signal::Offer { connection, .. } = &signal {
            self.answer(from, *connection);
        }
        let (Signal::Offer { connection, .. } | Signal::Answer { connection, .. } | Signal::Candidate { connection, .. }) =
            &signal;
        let of_link = |link: &&Link| link.remote == from && link.wire_number == *connection;
        let Some(link) = self.link.as_ref().filter(of_link) else { return };
        match signal {
            // It is gone at this end: nothing can be agreed on.
            Signal::Offer { connection, .. } if link.stage == Stage::Lost => {
                self.signal_peer(Signal::Answer { connection, sdp: String::new() });
            }
            signal => link.peer.signal(signal),
        }
    }

    /// Sends the other peer something by way of the server.
    pub(super) fn signal_peer(&self, signal: Signal) {
        if let (Some(room), Some(link)) = (&self.room, &self.link) {
            room.send(&ClientMessage::Signal { to: link.remote.clone(), signal });
        }
    }

    /// Sees whether the server still hears this end, and opens a new socket when it does not.
    pub(super) fn beat(&mut self) {
        let (now, urgent) = (self.now(), self.status == Status::Reconnecting);
        let Some(room) = self.room.as_mut().filter(|room| room.socket.is_some()) else { return };
        match room.heartbeat.step(now, urgent) {
            Beat::Rest => {}
            Beat::Ask => room.send(&ClientMessage::Ping),
            Beat::Dead => self.rejoin_later(),
        }
    }

    /// Whether something is lost with the seat.
    fn needs_seat(&self) -> bool {
        self.status.is_running() || self.link.as_ref().is_some_and(Link::is_open)
    }

    /// A peer connection outlives the server, and another server may take this one's place.
    fn socket_closed(&mut self) {
        match self.room.as_mut().and_then(|room| room.closing.take()) {
            None | Some(ErrorCode::SessionFull) => self.rejoin_later(),
            Some(_) if self.status.is_running() => self.room = None,
            Some(code) => self.fail(code),
        }
    }

    /// Tells the server how the transfer stands, so that it knows when the receiver's seat is free.
    pub(super) fn report(&self, state: ReportState) {
        if let (Role::Receiver, Some(room)) = (self.end.role(), &self.room) {
            room.send(&ClientMessage::Report { state });
        }
    }
}

/// Whether asking for the seat again is of no use.
const fn is_final(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::WrongSenderKey | ErrorCode::Replaced | ErrorCode::SessionExpired | ErrorCode::InvalidCode)
}

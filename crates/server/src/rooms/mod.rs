//! Rooms: who may take which seat, and who hears of it.
//!
//! A pure state machine. Time and randomness come in with each call; what has to happen comes out of [`Rooms::poll_effect`],
//! which the caller drains after every call and carries out in order. It knows sockets only by number.

mod census;
#[cfg(test)]
mod invariants;
mod room;
mod stored;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    rest::SessionState,
    signal::{ClientMessage, ServerMessage},
};

pub(crate) use self::census::Census;
use self::room::{Proposal, Room};
use crate::{
    clock::Millis,
    outboxes::{NodeId, SocketId},
    token::Token,
};

/// What the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Tell the client.
    Send { socket: SocketId, message: ServerMessage },
    /// Close the socket with a code of [`perkoon_protocol::signal::close`], after what was sent before.
    Close { socket: SocketId, code: u16 },
}

/// Bounds and times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomRules {
    /// Rooms at once.
    pub rooms: usize,
    /// Unused tokens of one seat at once.
    pub tickets: usize,
    /// How long a token is good.
    pub ticket_life: Duration,
    /// How long a receiver may sit without accepting before another may have the seat.
    pub patience: Duration,
    /// How long an expired room is remembered.
    pub memory: Duration,
}

impl RoomRules {
    pub(crate) const fn new(rooms: usize) -> Self {
        Self {
            rooms,
            tickets: 16,
            ticket_life: Duration::from_secs(60),
            patience: Duration::from_secs(60),
            memory: Duration::from_secs(3600),
        }
    }
}

/// Why there is no new room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreateError {
    /// The code is in use: try another.
    Taken,
    /// There are as many rooms as there may be.
    Full,
}

/// Who asks for a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applicant {
    /// Holds a key for this code that has been verified and says when the session ends.
    Sender { expires_at: Millis },
    /// Anyone who knows the code.
    Receiver,
}

impl Applicant {
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Sender { .. } => Role::Sender,
            Self::Receiver => Role::Receiver,
        }
    }
}

/// What someone who joins is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// The id it gets: the one proposed, or the one it had before its socket was lost.
    pub participant: String,
    pub password_protected: bool,
    pub expires_at: Millis,
}

/// What anyone who knows the code may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub state: SessionState,
    pub participants: u32,
    pub password_protected: bool,
    pub created_at: Millis,
    pub expires_at: Millis,
}

/// The seat that a socket took. It may have lost it since: every call checks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub code: SessionCode,
    pub role: Role,
    pub socket: SocketId,
}

/// All rooms.
#[derive(Debug)]
pub(crate) struct Rooms {
    rules: RoomRules,
    rooms: HashMap<SessionCode, Room>,
    effects: VecDeque<Effect>,
}

impl Rooms {
    pub(crate) fn new(rules: RoomRules) -> Self {
        Self { rules, rooms: HashMap::new(), effects: VecDeque::new() }
    }

    /// The next thing to do.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Opens an empty room.
    pub(crate) fn create(
        &mut self,
        now: Millis,
        code: SessionCode,
        expires_at: Millis,
        password_protected: bool,
    ) -> Result<(), CreateError> {
        if self.rooms.contains_key(&code) {
            return Err(CreateError::Taken);
        }
        if self.rooms.len() >= self.rules.rooms {
            return Err(CreateError::Full);
        }
        self.rooms.insert(code, Room::new(now, expires_at, password_protected));
        Ok(())
    }

    /// Asks for a seat: `token` becomes good for one hello, which makes its holder `participant`.
    ///
    /// `previous` is the token of the seat that the applicant had before its socket was lost.
    /// A sender's verified key brings back a room that this server does not know, after a restart or from another server.
    pub(crate) fn join(
        &mut self,
        now: Millis,
        applicant: Applicant,
        token: Token,
        participant: String,
        previous: Option<&Token>,
    ) -> Result<Admission, ErrorCode> {
        let code = token.code();
        if let Applicant::Sender { expires_at } = applicant {
            self.restore(now, code, expires_at)?;
        }
        let room = self.rooms.get_mut(&code).ok_or(ErrorCode::SessionNotFound)?;
        room.join(now, &self.rules, applicant, Proposal { token, participant, previous }, &mut self.effects)
    }

    fn restore(&mut self, now: Millis, code: SessionCode, expires_at: Millis) -> Result<(), ErrorCode> {
        if now >= expires_at {
            return Err(ErrorCode::SessionExpired);
        }
        match self.create(now, code, expires_at, false) {
            Ok(()) | Err(CreateError::Taken) => Ok(()),
            Err(CreateError::Full) => Err(ErrorCode::RateLimited),
        }
    }

    /// Takes the seat that `token` is good for.
    pub(crate) fn hello(&mut self, now: Millis, socket: SocketId, token: &Token) -> Result<Seat, ErrorCode> {
        let code = token.code();
        let room = self.rooms.get_mut(&code).ok_or(ErrorCode::SessionNotFound)?;
        let role = room.hello(now, &self.rules, socket, token, &mut self.effects)?;
        Ok(Seat { code, role, socket })
    }

    /// Takes in a seated client's message. An error is the client's own fault; a client that lost its seat is not heard.
    pub(crate) fn handle(&mut self, seat: Seat, message: ClientMessage) -> Result<(), ErrorCode> {
        let Some(room) = self.rooms.get_mut(&seat.code).filter(|room| room.holds(seat)) else { return Ok(()) };
        match message {
            ClientMessage::Hello { .. } => return Err(ErrorCode::InvalidRequest),
            ClientMessage::Signal { to, signal } => room.relay(seat.role, &to, signal, &mut self.effects),
            ClientMessage::Report { state } => room.report(seat.role, state)?,
            ClientMessage::Leave => room.leave(seat, &mut self.effects),
            ClientMessage::Ping => self.effects.push_back(Effect::Send { socket: seat.socket, message: ServerMessage::Pong }),
        }
        Ok(())
    }

    /// The socket is gone: its seat is free. One that is `lost` went without a word.
    pub(crate) fn disconnected(&mut self, seat: Seat, lost: bool) {
        self.vanished(seat.code, seat.socket, lost);
    }

    /// The same of a socket whose seat nobody has at hand.
    pub(crate) fn vanished(&mut self, code: SessionCode, socket: SocketId, lost: bool) {
        self.vacate(code, lost, |other| other == socket);
    }

    /// A whole server is gone, and so are its sockets, without a word.
    pub(crate) fn deserted(&mut self, code: SessionCode, node: NodeId) {
        self.vacate(code, true, |socket| socket.node == node);
    }

    fn vacate(&mut self, code: SessionCode, lost: bool, is_gone: impl Fn(SocketId) -> bool) {
        let Some(room) = self.rooms.get_mut(&code) else { return };
        while let Some(role) = room.role_of(&is_gone) {
            room.vacate(role, lost, &mut self.effects);
        }
    }

    /// Ends the session before its time. The code stays taken, so that the key cannot bring the room back.
    pub(crate) fn close(&mut self, code: SessionCode) -> Result<(), ErrorCode> {
        let room = self.rooms.get_mut(&code).filter(|room| !room.is_closed()).ok_or(ErrorCode::SessionNotFound)?;
        room.close(&mut self.effects);
        Ok(())
    }

    /// What the session is doing.
    pub(crate) fn status(&self, now: Millis, code: SessionCode) -> Result<Status, ErrorCode> {
        let room = self.rooms.get(&code).filter(|room| !room.is_closed()).ok_or(ErrorCode::SessionNotFound)?;
        Ok(room.status(now))
    }

    /// Forgets empty rooms whose time is long over, and all that are over when space is short. Nobody is cut off. Counts those that stay.
    pub(crate) fn sweep(&mut self, now: Millis) -> Census {
        let short = self.rooms.len() >= self.rules.rooms;
        let memory = if short { Duration::ZERO } else { self.rules.memory };
        let mut census = Census::default();
        self.rooms.retain(|_, room| {
            let stays = !room.is_over(now, memory, short);
            if stays {
                census.count((!room.is_closed()).then(|| room.state(now)));
            }
            stays
        });
        census
    }
}

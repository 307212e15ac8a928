//! One room: two seats, the tokens that are good for them, and an end.

use std::{collections::VecDeque, time::Duration};

use perkoon_protocol::{
    ErrorCode, Role,
    rest::SessionState,
    signal::{Participant, ReportState, ServerMessage, Signal, close},
};

use serde::{Deserialize, Serialize};

use super::{Admission, Applicant, Effect, RoomRules, Seat, Status};
use crate::{
    clock::Millis,
    outboxes::{NodeId, SocketId},
    token::Token,
};

/// RFC 6455: the purpose of the connection is fulfilled.
const NORMAL_CLOSURE: u16 = 1000;

type Effects = VecDeque<Effect>;

#[derive(Debug, Serialize, Deserialize)]
struct Occupant {
    id: String,
    token: Token,
    socket: SocketId,
    since: Millis,
    report: Option<ReportState>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Ticket {
    token: Token,
    role: Role,
    participant: String,
    good_until: Millis,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Room {
    password_protected: bool,
    created_at: Millis,
    expires_at: Millis,
    sender: Option<Occupant>,
    receiver: Option<Occupant>,
    /// Who was lost last: at most one of each role, who may come back.
    lost: Vec<(Role, String, Token)>,
    tickets: Vec<Ticket>,
    completed: bool,
    closed: bool,
}

/// What an applicant may get, and had.
pub(super) struct Proposal<'a> {
    pub token: Token,
    /// The id of whoever is new.
    pub participant: String,
    pub previous: Option<&'a Token>,
}

impl Room {
    pub(super) const fn new(created_at: Millis, expires_at: Millis, password_protected: bool) -> Self {
        Self {
            password_protected,
            created_at,
            expires_at,
            sender: None,
            receiver: None,
            lost: Vec::new(),
            tickets: Vec::new(),
            completed: false,
            closed: false,
        }
    }

    pub(super) fn join(
        &mut self,
        now: Millis,
        rules: &RoomRules,
        applicant: Applicant,
        Proposal { token, participant, previous }: Proposal<'_>,
        effects: &mut Effects,
    ) -> Result<Admission, ErrorCode> {
        self.admits(now)?;
        let role = applicant.role();
        let own = previous.and_then(|previous| self.known(role, previous));
        match applicant {
            Applicant::Sender { expires_at } if expires_at != self.expires_at => return Err(ErrorCode::WrongSenderKey),
            Applicant::Sender { .. } => {}
            Applicant::Receiver if own.is_some() && own == self.seat(role).map(|occupant| occupant.id.clone()) => {}
            Applicant::Receiver => self.free_receiver_seat(now, rules, effects)?,
        }
        self.reserve_ticket(now, rules, role)?;
        let good_until = now.plus(rules.ticket_life);
        let participant = own.unwrap_or(participant);
        self.tickets.push(Ticket { token, role, participant: participant.clone(), good_until });
        Ok(Admission { participant, password_protected: self.password_protected, expires_at: self.expires_at })
    }

    /// The id of whoever has, or was lost from, the seat that this token was good for.
    fn known(&self, role: Role, token: &Token) -> Option<String> {
        let seated = self.seat(role).map(|occupant| (&occupant.id, &occupant.token));
        let lost = self.lost.iter().filter(|(lost, ..)| *lost == role).map(|(_, id, token)| (id, token));
        seated.into_iter().chain(lost).find(|(_, known)| known.matches(token)).map(|(id, _)| id.clone())
    }

    /// Makes room for one more token. Senders push their own oldest out; a receiver waits, so that no stranger can void
    /// another's token.
    fn reserve_ticket(&mut self, now: Millis, rules: &RoomRules, role: Role) -> Result<(), ErrorCode> {
        self.tickets.retain(|ticket| now < ticket.good_until);
        if self.tickets.iter().filter(|ticket| ticket.role == role).count() < rules.tickets {
            return Ok(());
        }
        match (role, self.tickets.iter().position(|ticket| ticket.role == role)) {
            (Role::Sender, Some(oldest)) => drop(self.tickets.remove(oldest)),
            _ => return Err(ErrorCode::SessionFull),
        }
        Ok(())
    }

    pub(super) fn hello(
        &mut self,
        now: Millis,
        rules: &RoomRules,
        socket: SocketId,
        token: &Token,
        effects: &mut Effects,
    ) -> Result<Role, ErrorCode> {
        self.admits(now)?;
        let place = self.tickets.iter().position(|ticket| now < ticket.good_until && ticket.token.matches(token));
        let Ticket { role, participant, token, .. } = self.tickets.remove(place.ok_or(ErrorCode::InvalidRequest)?);
        let before = self.seat_mut(role).take_if(|occupant| occupant.id == participant);
        if let Some(occupant) = &before {
            let reason = ErrorCode::Replaced;
            let message = ServerMessage::Error { code: reason, message: reason.sentence().to_owned() };
            effects.push_back(Effect::Send { socket: occupant.socket, message });
            effects.push_back(Effect::Close { socket: occupant.socket, code: close::REPLACED });
        }
        match role {
            // Its own new socket takes over, and nobody has left.
            _ if before.is_some() => {}
            Role::Sender => self.displace(Role::Sender, ErrorCode::Replaced, close::REPLACED, effects),
            Role::Receiver => self.free_receiver_seat(now, rules, effects)?,
        }
        let participant = Participant { id: participant, role };
        self.tell(role.other(), ServerMessage::Joined { participant: participant.clone() }, effects);
        let (since, report) = before.map_or((now, None), |before| (before.since, before.report));
        self.lost.retain(|(lost, ..)| *lost != role);
        *self.seat_mut(role) = Some(Occupant { id: participant.id.clone(), token, socket, since, report });
        self.tell(role, ServerMessage::Welcome { id: participant.id, participants: self.participants() }, effects);
        Ok(role)
    }

    fn admits(&self, now: Millis) -> Result<(), ErrorCode> {
        if self.closed {
            Err(ErrorCode::SessionNotFound)
        } else if now >= self.expires_at {
            Err(ErrorCode::SessionExpired)
        } else {
            Ok(())
        }
    }

    /// A receiver in the way has to yield once it declined or finished, or when it has not accepted for long enough.
    fn free_receiver_seat(&mut self, now: Millis, rules: &RoomRules, effects: &mut Effects) -> Result<(), ErrorCode> {
        let held = self.receiver.as_ref().is_some_and(|holder| match holder.report {
            Some(ReportState::Accepted) => true,
            Some(ReportState::Rejected | ReportState::Complete) => false,
            None => now.since(holder.since) < rules.patience,
        });
        if held {
            return Err(ErrorCode::SessionFull);
        }
        self.displace(Role::Receiver, ErrorCode::SessionFull, close::SEAT_TAKEN, effects);
        Ok(())
    }

    fn displace(&mut self, role: Role, reason: ErrorCode, close_code: u16, effects: &mut Effects) {
        let message = ServerMessage::Error { code: reason, message: reason.sentence().to_owned() };
        self.tell(role, message, effects);
        if let Some(occupant) = self.vacate(role, false, effects) {
            effects.push_back(Effect::Close { socket: occupant, code: close_code });
        }
    }

    /// Empties the seat and says so to the other one. Answers whose socket it was.
    pub(super) fn vacate(&mut self, role: Role, lost: bool, effects: &mut Effects) -> Option<SocketId> {
        let Occupant { id, token, socket, .. } = self.seat_mut(role).take()?;
        if lost {
            self.lost.retain(|(lost, ..)| *lost != role);
            self.lost.push((role, id.clone(), token));
        }
        self.tell(role.other(), ServerMessage::Left { id, lost }, effects);
        Some(socket)
    }

    pub(super) fn relay(&self, from: Role, to: &str, signal: Signal, effects: &mut Effects) {
        let (Some(sender), Some(target)) = (self.seat(from), self.seat(from.other())) else { return };
        // A signal for someone who has just left was on its way before the sender knew.
        if target.id == to {
            self.tell(from.other(), ServerMessage::Signal { from: sender.id.clone(), signal }, effects);
        }
    }

    pub(super) fn report(&mut self, role: Role, state: ReportState) -> Result<(), ErrorCode> {
        if role != Role::Receiver {
            return Err(ErrorCode::InvalidRequest);
        }
        match state {
            ReportState::Accepted => self.completed = false,
            ReportState::Complete => self.completed = true,
            ReportState::Rejected => {}
        }
        if let Some(receiver) = &mut self.receiver {
            receiver.report = Some(state);
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, seat: Seat, effects: &mut Effects) {
        self.vacate(seat.role, false, effects);
        effects.push_back(Effect::Close { socket: seat.socket, code: NORMAL_CLOSURE });
    }

    pub(super) fn close(&mut self, effects: &mut Effects) {
        self.closed = true;
        self.tickets.clear();
        self.lost.clear();
        let reason = ErrorCode::SessionNotFound;
        for Occupant { socket, .. } in [self.sender.take(), self.receiver.take()].into_iter().flatten() {
            let message = ServerMessage::Error { code: reason, message: reason.sentence().to_owned() };
            effects.push_back(Effect::Send { socket, message });
            effects.push_back(Effect::Close { socket, code: close::SESSION_CLOSED });
        }
    }

    pub(super) fn state(&self, now: Millis) -> SessionState {
        match (now >= self.expires_at, self.present()) {
            (true, 0 | 1) => SessionState::Expired,
            _ if self.completed => SessionState::Complete,
            (_, 2) => SessionState::Active,
            _ => SessionState::Waiting,
        }
    }

    fn present(&self) -> u32 {
        u32::from(self.sender.is_some()) + u32::from(self.receiver.is_some())
    }

    pub(super) fn status(&self, now: Millis) -> Status {
        Status {
            state: self.state(now),
            participants: self.present(),
            password_protected: self.password_protected,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the room can be forgotten: nobody is in it and its end is `memory` ago. When space is `short`, a closed room need
    /// not wait for its end.
    pub(super) fn is_over(&self, now: Millis, memory: Duration, short: bool) -> bool {
        let empty = self.sender.is_none() && self.receiver.is_none();
        let end = if self.closed { self.expires_at } else { self.expires_at.plus(memory) };
        empty && (now >= end || (short && self.closed))
    }

    /// How long to remember the room from now on: an empty one for `memory` after its end, a closed one until its end, and one with
    /// somebody in it well beyond the time after which it is asked again.
    pub(super) fn keep_for(&self, now: Millis, memory: Duration) -> Duration {
        let end = if self.closed { self.expires_at } else { self.expires_at.plus(memory) };
        let left = end.since(now);
        if self.nodes().next().is_some() { left.max(memory * 2) } else { left }
    }

    /// Where the sockets are that sit here.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        [&self.sender, &self.receiver].into_iter().flatten().map(|occupant| occupant.socket.node)
    }

    /// Who sits here with a socket of which this is true.
    pub(super) fn role_of(&self, is_it: impl Fn(SocketId) -> bool) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| self.seat(*role).is_some_and(|occupant| is_it(occupant.socket)))
    }

    pub(super) fn holds(&self, seat: Seat) -> bool {
        self.seat(seat.role).is_some_and(|occupant| occupant.socket == seat.socket)
    }

    fn tell(&self, role: Role, message: ServerMessage, effects: &mut Effects) {
        if let Some(occupant) = self.seat(role) {
            effects.push_back(Effect::Send { socket: occupant.socket, message });
        }
    }

    fn participants(&self) -> Vec<Participant> {
        let present = |role| self.seat(role).map(|occupant| Participant { id: occupant.id.clone(), role });
        [Role::Sender, Role::Receiver].into_iter().filter_map(present).collect()
    }

    const fn seat(&self, role: Role) -> Option<&Occupant> {
        match role {
            Role::Sender => self.sender.as_ref(),
            Role::Receiver => self.receiver.as_ref(),
        }
    }

    const fn seat_mut(&mut self, role: Role) -> &mut Option<Occupant> {
        match role {
            Role::Sender => &mut self.sender,
            Role::Receiver => &mut self.receiver,
        }
    }
}

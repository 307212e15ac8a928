//! What both ends have in common: greeting, pausing, and knowing when nothing more is to be said.

use perkoon_protocol::control::{ControlMessage, Standing, TransferId};
use perkoon_protocol::{ErrorCode, PROTOCOL_VERSION, Role, SessionCode, limits};

use crate::Event;
use crate::fault::{Checked, Fault, ensure};
use crate::trust::{Deed, Meeting, Password, Trust};

/// The conversation on the control channel.
pub(crate) struct Link {
    role: Role,
    agent: String,
    trust: Trust,
    /// What the peer's program calls itself, once it has said hello.
    peer: Option<String>,
    stood: bool,
    greeted: bool,
    spent: Option<ErrorCode>,
    /// The transfer that the own standing offered to go on with.
    proposed: Option<TransferId>,
}

/// A text of the peer.
pub(crate) enum Incoming {
    /// It belongs to the greeting; what follows from it is to be had from [`Link::poll`].
    Greeting,
    /// The peer trusts this end, and says how things stand.
    Greeted(Greeting),
    /// Anything after that.
    Message(ControlMessage),
}

/// A peer's introduction.
pub(crate) struct Greeting {
    pub agent: String,
    pub standing: Option<Standing>,
}

impl Link {
    pub fn new(role: Role, agent: &str, code: SessionCode) -> Self {
        Self {
            role,
            agent: agent.chars().take(limits::AGENT_CHARS).collect(),
            trust: Trust::new(role, code),
            peer: None,
            stood: false,
            greeted: false,
            spent: None,
            proposed: None,
        }
    }

    /// The first message on a new connection, on which nothing was said or heard before.
    pub fn hello(&mut self, meeting: Meeting) -> ControlMessage {
        (self.peer, self.stood, self.greeted, self.spent, self.proposed) = (None, false, false, None, None);
        let (known, commitment, protected) = self.trust.meet(meeting);
        let agent = self.agent.clone();
        ControlMessage::Hello { version: PROTOCOL_VERSION, role: self.role, agent, known, commitment, protected }
    }

    /// What the greeting wants done next.
    pub fn poll(&mut self) -> Option<Deed> {
        self.trust.poll()
    }

    /// The first message to an end that is trusted.
    pub fn standing(&mut self, standing: Option<Standing>) -> ControlMessage {
        self.stood = true;
        self.proposed = standing.filter(|standing| standing.state.goes_on()).map(|standing| standing.transfer);
        ControlMessage::Standing { standing }
    }

    /// See [`Trust::set_password`].
    pub fn set_password(&mut self, password: Password) {
        self.trust.set_password(password);
    }

    /// See [`Trust::guard`].
    pub fn guard(&mut self) {
        self.trust.guard();
    }

    /// See [`Trust::unlock`].
    pub fn unlock(&mut self) {
        self.trust.unlock();
    }

    /// The transfer that the own standing offered to go on with, if it is not `current` any more: the peer has to be told.
    pub fn withdrawn(&self, current: Option<TransferId>) -> Option<TransferId> {
        self.proposed.filter(|proposed| current != Some(*proposed))
    }

    /// Whether the peer was told how things stand. Before it is trusted it hears nothing of a transfer; how one ended meanwhile is then said by
    /// the own standing.
    pub fn has_stood(&self) -> bool {
        self.stood
    }

    /// Whether the own standing offered to go on with a transfer, and the peer's is still to come.
    pub fn is_proposing(&self) -> bool {
        self.proposed.is_some() && !self.greeted && self.spent.is_none()
    }

    pub fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Why nothing more is said or heard, if so.
    pub fn spent(&self) -> Option<ErrorCode> {
        self.spent
    }

    /// From now on nothing is said or heard; the first reason stays.
    pub fn spend(&mut self, code: ErrorCode) {
        self.trust.part();
        self.spent.get_or_insert(code);
    }

    /// Reads a text and takes care of the greeting.
    pub fn receive(&mut self, text: &str) -> Checked<Incoming> {
        let message = ControlMessage::decode(text).map_err(|_| self.misread(text))?;
        match message {
            ControlMessage::Hello { version, role, agent, known, commitment, protected } => {
                self.greet(version, role, agent)?;
                self.trust.hello(known, commitment, protected)?;
                Ok(Incoming::Greeting)
            }
            // A peer that gives up before it has greeted says why.
            message @ ControlMessage::Error { .. } => Ok(Incoming::Message(message)),
            message => self.after_hello(message),
        }
    }

    fn after_hello(&mut self, message: ControlMessage) -> Checked<Incoming> {
        ensure(self.peer.is_some(), "a message before hello")?;
        if let ControlMessage::Standing { standing } = message {
            ensure(self.trust.is_trusted(), "how things stand, before the greeting is over")?;
            ensure(!self.greeted, "how things stand, a second time")?;
            self.greeted = true;
            return Ok(Incoming::Greeted(Greeting { agent: self.peer.clone().unwrap_or_default(), standing }));
        }
        if is_of_greeting(&message) {
            self.trust.message(&message)?;
            return Ok(Incoming::Greeting);
        }
        ensure(self.greeted, "a message before the greeting is over")?;
        ensure(speaker(&message) != Some(self.role), "a message of the other role")?;
        Ok(Incoming::Message(message))
    }

    fn greet(&mut self, version: u32, role: Role, agent: String) -> Checked {
        if version != PROTOCOL_VERSION {
            return Err(Fault::new(ErrorCode::VersionMismatch, "another version"));
        }
        ensure(self.peer.is_none(), "a second hello")?;
        ensure(role == self.role.other(), "both ends have the same role")?;
        ensure(agent.chars().count() <= limits::AGENT_CHARS, "the agent's name is too long")?;
        self.peer = Some(agent);
        Ok(())
    }

    /// A hello of another version may well have fields this one does not know.
    fn misread(&self, text: &str) -> Fault {
        match ControlMessage::spoken_version(text) {
            Some(version) if self.peer.is_none() && version != PROTOCOL_VERSION => {
                Fault::new(ErrorCode::VersionMismatch, "another version")
            }
            _ => Fault::protocol("not a control message"),
        }
    }
}

/// Whether it is said before the two ends trust each other.
fn is_of_greeting(message: &ControlMessage) -> bool {
    use ControlMessage as Say;
    matches!(message, Say::Nonce { .. } | Say::Share { .. } | Say::Confirm { .. } | Say::Attempts { .. })
}

/// The only role that says such a message, if there is one.
fn speaker(message: &ControlMessage) -> Option<Role> {
    use ControlMessage as Say;
    match message {
        Say::Offer { .. } | Say::Entries { .. } | Say::Piece { .. } | Say::Unavailable { .. } => Some(Role::Sender),
        Say::Accept { .. } | Say::Reject { .. } | Say::Request { .. } | Say::Check { .. } => Some(Role::Receiver),
        Say::Written { .. } | Say::FileDone { .. } | Say::Complete { .. } => Some(Role::Receiver),
        Say::Hello { .. } | Say::Nonce { .. } | Say::Share { .. } | Say::Confirm { .. } | Say::Attempts { .. } => None,
        Say::Standing { .. } | Say::Pause { .. } | Say::Resume { .. } | Say::Cancel { .. } | Say::Error { .. } => None,
    }
}

/// Who holds the transfer. It runs only while nobody does.
#[derive(Default)]
pub(crate) struct Hold {
    sender: bool,
    receiver: bool,
}

impl Hold {
    fn of(&mut self, role: Role) -> &mut bool {
        match role {
            Role::Sender => &mut self.sender,
            Role::Receiver => &mut self.receiver,
        }
    }

    pub fn is_running(&self) -> bool {
        !self.sender && !self.receiver
    }

    /// Whether `role` holds the transfer.
    pub fn is_held_by(&self, role: Role) -> bool {
        match role {
            Role::Sender => self.sender,
            Role::Receiver => self.receiver,
        }
    }

    /// `by` holds or lets go; `None` when it already did.
    pub fn set(&mut self, by: Role, held: bool) -> Option<Event> {
        if *self.of(by) == held {
            return None;
        }
        *self.of(by) = held;
        let event = match (held, *self.of(by.other())) {
            (true, _) => Event::Paused { by },
            (false, true) => Event::Paused { by: by.other() },
            (false, false) => Event::Resumed,
        };
        Some(event)
    }

    /// Over a new connection `peer` holds it, or does not; tells who holds it now.
    pub fn renew(&mut self, peer: Role, held: bool) -> Option<Event> {
        *self.of(peer) = held;
        [peer, peer.other()].into_iter().find(|role| self.is_held_by(*role)).map(|by| Event::Paused { by })
    }

    /// The same as the peer's wish, which must change something.
    pub fn set_by_peer(&mut self, by: Role, held: bool) -> Checked<Event> {
        self.set(by, held).ok_or_else(|| Fault::protocol("pausing twice, or resuming what is not paused"))
    }
}

//! How two ends come to trust each other, before anything else is said: by the same words on both screens, or by a password that
//! neither shows. `docs/PROTOCOL.md`, section 4, has the messages and why they come in this order.

mod binding;
mod password;
mod transcript;

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, Hash};
use perkoon_protocol::limits::PASSWORD_ATTEMPTS;
use perkoon_protocol::{ErrorCode, Role, SessionCode};

pub use binding::{Binding, Fingerprint, Meeting};
pub use password::{Failures, Password};
use transcript::{Transcript, commitment};

use crate::Event;
use crate::fault::{Checked, Fault, ensure};

/// What the handshake wants done.
pub(crate) enum Deed {
    /// Say this.
    Say(ControlMessage),
    /// Tell the program this.
    Tell(Event),
    /// The other end is trusted: say how things stand.
    Trusted,
}

/// This end's part in it, over one connection after the other.
pub(crate) struct Trust {
    role: Role,
    code: SessionCode,
    password: Option<Password>,
    /// Receiver: the sender has asked for a password before.
    guarded: bool,
    /// The last ends that were trusted.
    known: Option<Binding>,
    /// The present connection's.
    meeting: Option<Meeting>,
    attempt: u32,
    stage: Stage,
    deeds: VecDeque<Deed>,
}

#[derive(Clone, Copy)]
enum Stage {
    /// The other end has not said hello.
    Hello,
    /// A nonce is awaited: at the receiver one that this commitment was made for.
    Nonce {
        commitment: Option<Hash>,
        protected: bool,
    },
    /// Sender: a share is awaited. Receiver: a password is.
    Password(Transcript),
    /// Receiver: the sender's share is awaited.
    Share(Transcript),
    /// Sender: the proof of this key is awaited; none when the share it came with was no valid one.
    Proof(Transcript, Option<[u8; 64]>),
    /// Receiver: the sender's proof of this key is awaited.
    Answer(Transcript, [u8; 64]),
    Trusted,
}

impl Trust {
    pub fn new(role: Role, code: SessionCode) -> Self {
        Self {
            role,
            code,
            password: None,
            guarded: false,
            known: None,
            meeting: None,
            attempt: 0,
            stage: Stage::Hello,
            deeds: VecDeque::new(),
        }
    }

    /// Receiver: takes no sender without a password, as there was one with a password in this session.
    pub fn guard(&mut self) {
        self.guarded = true;
    }

    /// A new connection. Answers with what hello says of it: whether its ends are known, the commitment, whether there is a password.
    pub fn meet(&mut self, meeting: Meeting) -> (bool, Option<Hash>, bool) {
        (self.meeting, self.attempt, self.stage) = (Some(meeting), 0, Stage::Hello);
        self.deeds.clear();
        let is_sender = self.role == Role::Sender;
        let commitment = is_sender.then(|| Hash(commitment(&meeting.nonce)));
        (self.knows(), commitment, is_sender && self.password.is_some())
    }

    fn knows(&self) -> bool {
        self.known.is_some() && self.known == self.meeting.map(|meeting| meeting.binding)
    }

    pub fn is_trusted(&self) -> bool {
        matches!(self.stage, Stage::Trusted)
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Deed> {
        self.deeds.pop_front()
    }

    /// The other end said hello, with these fields.
    pub fn hello(&mut self, known: bool, commitment: Option<Hash>, protected: bool) -> Checked {
        let from_sender = self.role == Role::Receiver;
        ensure(commitment.is_some() == from_sender, "a commitment is the sender's, and the sender's only")?;
        ensure(from_sender || !protected, "a password is the sender's to ask for")?;
        if self.role == Role::Receiver {
            self.deeds.push_back(Deed::Tell(Event::Protected(protected)));
        }
        if known && self.knows() {
            // Proven once, on an earlier connection, is proven.
            if self.password.is_some() {
                self.deeds.push_back(Deed::Tell(Event::Proven));
            }
            self.trusted();
            return Ok(());
        }
        self.known = None;
        if self.role == Role::Receiver {
            self.guarded |= protected;
            if !protected && (self.guarded || self.password.is_some()) {
                return Err(Fault::new(ErrorCode::WrongPassword, "no password is asked for"));
            }
            self.say_nonce();
        }
        self.stage = Stage::Nonce { commitment, protected };
        Ok(())
    }

    fn say_nonce(&mut self) {
        if let Some(Meeting { nonce, .. }) = self.meeting {
            self.deeds.push_back(Deed::Say(ControlMessage::Nonce { nonce: Hash(nonce) }));
        }
    }

    /// A message of the handshake, other than hello.
    pub fn message(&mut self, message: &ControlMessage) -> Checked {
        match (message, self.stage) {
            (ControlMessage::Nonce { nonce }, Stage::Nonce { commitment, protected }) => self.nonce(nonce, commitment, protected),
            (ControlMessage::Share { share }, Stage::Password(transcript)) if self.role == Role::Sender => {
                self.sender_share(transcript, share);
                Ok(())
            }
            (ControlMessage::Share { share }, Stage::Share(transcript)) => self.receiver_share(transcript, share),
            (ControlMessage::Confirm { tag }, Stage::Proof(transcript, key)) => {
                self.proof(transcript, key, tag);
                Ok(())
            }
            (ControlMessage::Confirm { tag }, Stage::Answer(transcript, key)) => self.answer(transcript, &key, tag),
            (ControlMessage::Attempts { left }, _) if self.role == Role::Receiver => self.attempts(*left),
            _ => Err(Fault::protocol("a message of the greeting out of place")),
        }
    }

    fn nonce(&mut self, theirs: &Hash, committed: Option<Hash>, protected: bool) -> Checked {
        let Some(Meeting { binding, nonce: own }) = self.meeting else { return Ok(()) };
        let kept = committed.is_none_or(|committed| committed == Hash(commitment(&theirs.0)));
        ensure(kept, "another nonce than the one committed to")?;
        let nonces = if self.role == Role::Sender { [&own, &theirs.0] } else { [&theirs.0, &own] };
        let transcript = Transcript::new(self.code, self.role, binding, nonces);
        match self.role {
            Role::Sender => {
                self.say_nonce();
                if self.password.is_some() {
                    self.stage = Stage::Password(transcript);
                } else {
                    self.compared(transcript);
                }
            }
            Role::Receiver if protected => self.try_password(transcript),
            Role::Receiver => self.compared(transcript),
        }
        Ok(())
    }

    /// Nothing is to be proven: people compare words.
    fn compared(&mut self, transcript: Transcript) {
        self.deeds.push_back(Deed::Tell(Event::Compare { words: transcript.words() }));
        self.trusted();
    }

    fn trusted(&mut self) {
        self.known = self.meeting.map(|meeting| meeting.binding);
        self.stage = Stage::Trusted;
        self.deeds.push_back(Deed::Trusted);
    }

    /// Sender: takes only receivers that know this. Receiver: tries it.
    pub fn set_password(&mut self, password: Password) {
        self.password = Some(password);
        if self.role == Role::Receiver
            && let Stage::Password(transcript) = self.stage
        {
            self.try_password(transcript);
        }
    }

    /// Receiver: begins a run with the password, or asks for one.
    fn try_password(&mut self, transcript: Transcript) {
        let Some(password) = &self.password else {
            self.stage = Stage::Password(transcript);
            self.deeds.push_back(Deed::Tell(Event::PasswordAsked));
            return;
        };
        let session = transcript.session(self.attempt);
        let share = password.exchange.borrow_mut().start(Role::Receiver, &session, transcript.as_bytes());
        self.attempt = self.attempt.wrapping_add(1);
        self.stage = Stage::Share(transcript);
        self.deeds.push_back(Deed::Say(ControlMessage::Share { share: Hash(share) }));
    }

    /// Sender: the receiver tries a password.
    fn sender_share(&mut self, transcript: Transcript, share: &Hash) {
        let Some(password) = &self.password else { return };
        let session = transcript.session(self.attempt);
        // Both ends count each share of the receiver's, whatever comes of it.
        self.attempt = self.attempt.wrapping_add(1);
        if password.failures.left() == 0 {
            let left = self.say_attempts();
            // A page that was loaded again does not show yet that it is locked.
            self.deeds.push_back(Deed::Tell(Event::PasswordWrong { left }));
            return;
        }
        let mut exchange = password.exchange.borrow_mut();
        let own = exchange.start(Role::Sender, &session, transcript.as_bytes());
        let key = exchange.finish(&share.0);
        drop(exchange);
        self.stage = Stage::Proof(transcript, key);
        self.deeds.push_back(Deed::Say(ControlMessage::Share { share: Hash(own) }));
    }

    /// Receiver: the sender's share is here, and proving goes first, so that a false sender gets no second guess out of it.
    fn receiver_share(&mut self, transcript: Transcript, share: &Hash) -> Checked {
        let key = self.password.as_ref().and_then(|password| password.exchange.borrow_mut().finish(&share.0));
        let key = key.ok_or_else(|| Fault::protocol("a share that is none"))?;
        self.deeds.push_back(Deed::Say(ControlMessage::Confirm { tag: Hash(*transcript.tag(&key, Role::Receiver).as_bytes()) }));
        self.stage = Stage::Answer(transcript, key);
        Ok(())
    }

    /// Sender: the receiver's proof.
    fn proof(&mut self, transcript: Transcript, key: Option<[u8; 64]>, tag: &Hash) {
        let Some(password) = &self.password else { return };
        // The comparison of BLAKE3 hashes takes the same time wherever they differ.
        let proven = key.filter(|key| transcript.tag(key, Role::Receiver) == blake3::Hash::from_bytes(tag.0));
        if password.failures.left() == 0 {
            self.stage = Stage::Password(transcript);
            self.say_attempts();
        } else if let Some(key) = proven {
            // Wrong ones stay counted: a server that guesses could let someone in who knows the password, and begin anew.
            let tag = Hash(*transcript.tag(&key, Role::Sender).as_bytes());
            self.deeds.push_back(Deed::Say(ControlMessage::Confirm { tag }));
            self.deeds.push_back(Deed::Tell(Event::Proven));
            self.trusted();
        } else {
            password.failures.count();
            self.stage = Stage::Password(transcript);
            let left = self.say_attempts();
            self.deeds.push_back(Deed::Tell(Event::PasswordWrong { left }));
        }
    }

    fn say_attempts(&mut self) -> u32 {
        let left = self.password.as_ref().map_or(0, |password| password.failures.left());
        self.deeds.push_back(Deed::Say(ControlMessage::Attempts { left }));
        left
    }

    /// Sender: passwords may be tried again.
    pub fn unlock(&mut self) {
        let Some(password) = &self.password else { return };
        password.failures.forgive();
        if matches!(self.stage, Stage::Password(_)) {
            self.say_attempts();
        }
    }

    /// Receiver: the sender's proof.
    fn answer(&mut self, transcript: Transcript, key: &[u8; 64], tag: &Hash) -> Checked {
        if transcript.tag(key, Role::Sender) != blake3::Hash::from_bytes(tag.0) {
            return Err(Fault::new(ErrorCode::WrongPassword, "a proof that is none"));
        }
        self.deeds.push_back(Deed::Tell(Event::Proven));
        self.trusted();
        Ok(())
    }

    /// Receiver: so many more passwords may be tried.
    fn attempts(&mut self, left: u32) -> Checked {
        match self.stage {
            // None is wrong yet: the session was unlocked while a try was on its way, which is answered next.
            Stage::Share(_) | Stage::Answer(..) if left == PASSWORD_ATTEMPTS => {}
            Stage::Share(transcript) | Stage::Answer(transcript, _) => {
                self.stage = Stage::Password(transcript);
                self.forget_password();
                self.deeds.push_back(Deed::Tell(Event::PasswordWrong { left }));
            }
            // The session was unlocked.
            Stage::Password(_) if left > 0 => self.deeds.push_back(Deed::Tell(Event::PasswordAsked)),
            _ => return Err(Fault::protocol("a message of the greeting out of place")),
        }
        Ok(())
    }

    /// Receiver: the connection is gone. Whoever was at its other end could try one guess on the proof: a password that a person thought
    /// up is used again only if it was proven to be the sender's, or typed again.
    pub fn part(&mut self) {
        if self.role == Role::Receiver && matches!(self.stage, Stage::Answer(..)) {
            self.forget_password();
        }
        self.stage = Stage::Hello;
        self.meeting = None;
    }

    fn forget_password(&mut self) {
        // The same secret from a link fails the same way at whoever is there now, and is right for the sender.
        if self.password.as_ref().is_some_and(|password| password.guessable) {
            self.password = None;
        }
    }
}

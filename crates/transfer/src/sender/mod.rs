//! The sender: stateless towards ranges, it answers each request with exactly the bytes asked for.

mod io;
mod lanes;
mod ledger;
mod proof;
mod queue;

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, Entry, Standing, StandingState, TransferId};
use perkoon_protocol::{ErrorCode, Role, SessionCode};

pub use io::{SenderInput, SenderOutput};
use lanes::Lanes;
use ledger::Ledger;
use proof::Proof;
use queue::{Asked, Queue, Refusal, Reply};

use crate::fault::{Checked, Fault, ensure};
use crate::link::{Greeting, Hold, Incoming, Link};
use crate::manifest::{Manifest, own_mistake};
use crate::trust::{Deed, Meeting};
use crate::{Event, Millis, Payload};

/// A lane's send buffer is filled up to about this many bytes, once it has carried a hundred times as many.
pub const LANE_HIGH_WATER: usize = 4 << 20;

/// A new lane's send buffer is filled up to about this many bytes.
pub const LANE_FIRST_BYTES: usize = 32 << 10;

/// Bytes that are being read or wait for a place on their lane, at most (one piece more for each further lane).
pub const READ_AHEAD_BYTES: usize = 4 << 20;

/// The sending end of a session: of one peer connection after the other.
pub struct Sender<B> {
    link: Link,
    stage: Stage,
    queue: Queue<B>,
    lanes: Lanes,
    next_read: u32,
    /// The transfer that ended last, and how: late messages of it are no surprise.
    last: Option<(TransferId, StandingState)>,
    outputs: VecDeque<SenderOutput<B>>,
}

enum Stage {
    Idle,
    /// The two ends do not trust each other yet.
    Held(Manifest),
    Offered(Transfer),
    Running(Transfer),
    /// Was running when the connection went.
    Interrupted(Transfer),
}

struct Transfer {
    manifest: Manifest,
    ledger: Ledger,
    hold: Hold,
    /// Whether it was begun by another sender, and it is not known yet that these are the same files.
    restored: bool,
    /// The comparison, once the receiver has said what it has.
    proof: Option<Proof>,
}

impl Transfer {
    fn new(manifest: Manifest) -> Self {
        let ledger = Ledger::new(&manifest.entries, manifest.bytes);
        Self { manifest, ledger, hold: Hold::default(), restored: false, proof: None }
    }

    fn restored(manifest: Manifest) -> Self {
        Self { restored: true, ..Self::new(manifest) }
    }

    fn id(&self) -> TransferId {
        self.manifest.transfer
    }

    fn standing(&self) -> Standing {
        let (bytes, files) = self.ledger.standing();
        let state = if self.hold.is_held_by(Role::Sender) { StandingState::Paused } else { StandingState::Open };
        Standing { transfer: self.id(), state, bytes, files, pieces: None }
    }

    fn name(&self, file: u32) -> &str {
        let entry = usize::try_from(file).ok().and_then(|file| self.manifest.entries.get(file));
        entry.and_then(|entry| entry.path.last()).map_or("", String::as_str)
    }
}

impl<B: Payload> Sender<B> {
    /// A sender in the session `code` that introduces itself as `agent`: name and version of the program.
    pub fn new(agent: &str, code: SessionCode) -> Self {
        Self {
            link: Link::new(Role::Sender, agent, code),
            stage: Stage::Idle,
            queue: Queue::new(),
            lanes: Lanes::default(),
            next_read: 0,
            last: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what has happened. The sender keeps no time; `now` is here so that both ends are driven alike.
    pub fn handle(&mut self, _now: Millis, input: SenderInput<B>) {
        let taken = self.take(input);
        // What the greeting has to say comes before what it says of a fault.
        self.greet();
        if let Err(fault) = taken {
            self.fail(fault);
        }
    }

    /// What to do next; drain to `None` after every [`Self::handle`].
    pub fn poll(&mut self) -> Option<SenderOutput<B>> {
        self.outputs.pop_front()
    }

    fn take(&mut self, input: SenderInput<B>) -> Checked {
        if let Some(code) = self.link.spent() {
            self.take_unheard(input, code);
            return Ok(());
        }
        match input {
            SenderInput::Connected(meeting) => self.connected(meeting),
            SenderInput::Password(password) => self.link.set_password(password),
            SenderInput::Unlock => self.link.unlock(),
            SenderInput::Disconnected => self.disconnected(),
            SenderInput::Abandon => self.abandon(),
            SenderInput::Control(text) => return self.control(&text),
            SenderInput::Offer { transfer, files } => return self.offer(transfer, files),
            SenderInput::Restore { transfer, files } => self.restore(transfer, files),
            SenderInput::LaneOpened { lane, max_message } => {
                self.lanes.open(lane, max_message)?;
                return self.pump();
            }
            SenderInput::LaneBuffered { lane, bytes } => {
                self.lanes.buffered(lane, bytes);
                return self.pump();
            }
            SenderInput::LaneClosed { lane } => {
                self.lanes.close(lane);
                self.queue.drop_lane(lane);
            }
            SenderInput::Read { request, payload } => return self.read(request, payload),
            SenderInput::ReadFailed { request, code } => return self.read_failed(request, code),
            SenderInput::Pause => self.hold(true),
            SenderInput::Resume => self.hold(false),
            SenderInput::Cancel => self.cancel(),
        }
        Ok(())
    }

    /// Takes in what has happened while nobody hears.
    fn take_unheard(&mut self, input: SenderInput<B>, code: ErrorCode) {
        match input {
            SenderInput::Connected(meeting) => self.connected(meeting),
            SenderInput::Password(password) => self.link.set_password(password),
            SenderInput::Unlock => self.link.unlock(),
            SenderInput::Abandon => self.abandon(),
            SenderInput::Offer { .. } if matches!(self.stage, Stage::Idle) => self.end_failed(Fault::new(code, "")),
            SenderInput::Cancel if matches!(self.stage, Stage::Interrupted(_)) => self.end(Event::Cancelled { by: Role::Sender }),
            _ => {}
        }
    }

    fn connected(&mut self, meeting: Meeting) {
        let hello = self.link.hello(meeting);
        self.say(&hello);
    }

    /// Does what the greeting wants done.
    fn greet(&mut self) {
        while let Some(deed) = self.link.poll() {
            match deed {
                Deed::Say(message) => self.say(&message),
                Deed::Tell(event) => self.tell(event),
                Deed::Trusted => {
                    let standing = self.link.standing(self.standing());
                    self.say(&standing);
                }
            }
        }
    }

    fn standing(&self) -> Option<Standing> {
        let ended = |&(transfer, state): &(_, _)| Standing { transfer, state, bytes: 0, files: 0, pieces: None };
        match &self.stage {
            Stage::Interrupted(transfer) => Some(transfer.standing()),
            _ => self.last.as_ref().map(ended),
        }
    }

    fn disconnected(&mut self) {
        self.link.spend(ErrorCode::PeerLeft);
        self.queue = Queue::new();
        drop(self.lanes.take());
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Running(transfer) => {
                // What was read of the proof is read again.
                let transfer = if transfer.restored { Transfer::restored(transfer.manifest) } else { transfer };
                self.stage = Stage::Interrupted(transfer);
                self.tell(Event::Interrupted);
            }
            // It was not greeted on this connection.
            stage @ (Stage::Idle | Stage::Interrupted(_)) => self.stage = stage,
            stage @ (Stage::Held(_) | Stage::Offered(_)) => {
                self.stage = stage;
                self.end_failed(Fault::new(ErrorCode::PeerLeft, ""));
            }
        }
    }

    fn abandon(&mut self) {
        if let Stage::Interrupted(_) = self.stage {
            self.end_failed(Fault::new(ErrorCode::PeerLeft, ""));
        }
    }

    /// The peer has said how things stand: what was held back, or broke off, goes on.
    fn greeted(&mut self, Greeting { agent, standing }: Greeting) -> Checked {
        self.tell(Event::Greeted { agent });
        if let Some(transfer) = self.link.withdrawn(self.current()) {
            self.say(&ControlMessage::Cancel { transfer });
        }
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Held(manifest) => self.announce(manifest),
            Stage::Interrupted(transfer) => {
                let theirs = standing.filter(|standing| standing.transfer == transfer.id());
                return self.go_on(transfer, theirs);
            }
            stage => self.stage = stage,
        }
        Ok(())
    }

    fn go_on(&mut self, transfer: Transfer, theirs: Option<Standing>) -> Checked {
        // Someone who knows nothing of it: the same page after a reload, or another one. Or one who has given it up while this sender
        // was started anew, and may be asked again.
        let asked_again = |theirs: &Standing| transfer.restored && theirs.state == StandingState::Failed;
        let Some(theirs) = theirs.filter(|theirs| !asked_again(theirs)) else {
            self.announce(transfer.manifest);
            return Ok(());
        };
        self.stage = Stage::Running(transfer);
        let Stage::Running(transfer) = &mut self.stage else { return Ok(()) };
        match theirs.state {
            StandingState::Open | StandingState::Paused => {
                if transfer.restored {
                    transfer.ledger.restore(theirs.bytes)?;
                    ensure(theirs.pieces.is_some() || theirs.bytes == 0, "verified bytes without what they come to")?;
                    transfer.proof = Some(Proof::new(theirs.bytes, theirs.pieces));
                } else {
                    transfer.ledger.reopen(theirs.bytes)?;
                }
                let held = transfer.hold.renew(Role::Receiver, theirs.state == StandingState::Paused);
                self.tell(Event::Continued);
                held.into_iter().for_each(|event| self.tell(event));
                return self.prove();
            }
            StandingState::Complete if transfer.restored => {
                transfer.ledger.restore(transfer.manifest.bytes)?;
                let mut proof = Proof::new(transfer.manifest.bytes, None);
                proof.complete();
                transfer.proof = Some(proof);
                self.tell(Event::Continued);
                return self.prove();
            }
            StandingState::Complete => {
                let outputs = &mut self.outputs;
                transfer.ledger.completed(|event| outputs.push_back(SenderOutput::Event(event)))?;
                self.end(Event::Complete);
            }
            StandingState::Cancelled => self.end(Event::Cancelled { by: Role::Receiver }),
            StandingState::Failed => self.end_failed(Fault::new(ErrorCode::PeerLeft, "")),
        }
        Ok(())
    }

    fn offer(&mut self, transfer: TransferId, files: Vec<Entry>) -> Checked {
        if !matches!(self.stage, Stage::Idle) {
            return Ok(());
        }
        match Manifest::own(transfer, files) {
            Ok(manifest) if self.link.is_greeted() => self.announce(manifest),
            Ok(manifest) => self.stage = Stage::Held(manifest),
            // Nothing went out, so the peer has nothing to hear.
            Err(fault) => self.end_failed(own_mistake(fault)),
        }
        Ok(())
    }

    fn announce(&mut self, manifest: Manifest) {
        manifest.announce(|message| self.outputs.push_back(SenderOutput::Control(message.encode())));
        let Manifest { transfer, bytes, .. } = manifest;
        self.stage = Stage::Offered(Transfer::new(manifest));
        self.tell(Event::Offered { transfer, files: Vec::new(), bytes });
    }

    fn control(&mut self, text: &str) -> Checked {
        match self.link.receive(text)? {
            Incoming::Greeting => Ok(()),
            Incoming::Greeted(greeting) => self.greeted(greeting),
            Incoming::Message(message) => self.message(message),
        }
    }

    fn message(&mut self, message: ControlMessage) -> Checked {
        if let ControlMessage::Error { transfer: None, code, .. } = message {
            self.link.spend(code);
            self.end_by_peer(Event::Failed { code, message: code.sentence().to_owned() });
            return Ok(());
        }
        match &mut self.stage {
            Stage::Offered(transfer) if message.transfer() == Some(transfer.id()) => self.answer(message),
            Stage::Running(transfer) if message.transfer() == Some(transfer.id()) => self.running(message),
            // Every id is the sender's own, so a strange one can only be late; before anything has ended there is no late.
            _ => ensure(self.last.is_some(), "a message about a transfer that was never offered"),
        }
    }

    /// What a receiver says while it is being asked.
    fn answer(&mut self, message: ControlMessage) -> Checked {
        match message {
            ControlMessage::Accept { .. } => {
                if let Stage::Offered(transfer) = std::mem::replace(&mut self.stage, Stage::Idle) {
                    self.stage = Stage::Running(transfer);
                }
                self.tell(Event::Accepted);
            }
            ControlMessage::Reject { .. } => self.end_by_peer(Event::Rejected),
            other => return self.ended(other),
        }
        Ok(())
    }

    /// What a receiver says once it has accepted.
    fn running(&mut self, message: ControlMessage) -> Checked {
        let Stage::Running(Transfer { ledger, hold, proof, .. }) = &mut self.stage else { return Ok(()) };
        match message {
            ControlMessage::Request { request, file, offset, length, lane, .. } => {
                ledger.request(request, file, offset, length)?;
                return self.asked(Asked { request, file, offset, length, reply: Reply::Lane(lane) });
            }
            ControlMessage::Check { request, file, offset, length, hash, .. } => {
                ledger.request(request, file, offset, length)?;
                return self.asked(Asked { request, file, offset, length, reply: Reply::HashAlone(hash) });
            }
            ControlMessage::Written { bytes, .. } => {
                let outputs = &mut self.outputs;
                return ledger.written(bytes, |event| outputs.push_back(SenderOutput::Event(event)));
            }
            ControlMessage::FileDone { file, hash, .. } => {
                if let Some(proof) = proof {
                    return proof.claim(file, hash, ledger.standing().1);
                }
                ledger.file_done(file, hash)?;
                self.tell(Event::FileDone { file, hash });
            }
            ControlMessage::Complete { .. } => {
                if let Some(proof) = proof {
                    proof.complete();
                    return Ok(());
                }
                ledger.complete()?;
                self.end_by_peer(Event::Complete);
            }
            ControlMessage::Pause { .. } => {
                let event = hold.set_by_peer(Role::Receiver, true)?;
                self.tell(event);
            }
            ControlMessage::Resume { .. } => {
                let event = hold.set_by_peer(Role::Receiver, false)?;
                self.tell(event);
            }
            other => return self.ended(other),
        }
        Ok(())
    }

    fn asked(&mut self, asked: Asked) -> Checked {
        self.queue.push(asked, self.next_read)?;
        self.next_read = self.next_read.wrapping_add(1);
        self.pump()
    }

    /// The two messages that end a transfer at any time; whatever else comes here is out of place.
    fn ended(&mut self, message: ControlMessage) -> Checked {
        match message {
            ControlMessage::Cancel { .. } => self.end_by_peer(Event::Cancelled { by: Role::Receiver }),
            ControlMessage::Error { code, .. } => self.end_by_peer(Event::Failed { code, message: code.sentence().to_owned() }),
            _ => return Err(Fault::protocol("a message out of place")),
        }
        Ok(())
    }

    fn read(&mut self, read: u32, payload: B) -> Checked {
        if let Some((file, offset)) = self.proof_awaits(read) {
            return self.read_to_prove(file, offset, &payload);
        }
        let Stage::Running(transfer) = &mut self.stage else { return Ok(()) };
        if let Some(hashed) = self.queue.read(read, payload, |file| transfer.ledger.size(file)) {
            transfer.ledger.hashed(hashed.file, hashed.offset, hashed.hash);
            if let Some(same) = hashed.same {
                transfer.ledger.compared(hashed.length, same);
            }
            let message = ControlMessage::Piece { transfer: transfer.id(), request: hashed.request, hash: hashed.hash };
            self.say(&message);
        }
        self.pump()
    }

    fn read_failed(&mut self, read: u32, code: ErrorCode) -> Checked {
        if let Some((file, _)) = self.proof_awaits(read)
            && let Stage::Running(transfer) = &self.stage
        {
            let changed = code == ErrorCode::FileChanged;
            return Err(Fault::file(if changed { code } else { ErrorCode::FileUnreadable }, transfer.name(file)));
        }
        self.queue.read_failed(read, code);
        self.pump()
    }

    /// Sends and reads on as far as lanes and memory allow.
    fn pump(&mut self) -> Checked {
        let Stage::Running(transfer) = &mut self.stage else { return Ok(()) };
        if transfer.proof.is_some() {
            return Ok(());
        }
        let (bytes, refusal) = self.queue.send(&mut self.lanes, &mut self.outputs);
        transfer.ledger.sent(bytes);
        if let Some(refusal) = refusal {
            self.refuse(&refusal);
            return Ok(());
        }
        self.queue.read_ahead(&mut self.lanes, &mut self.outputs);
        Ok(())
    }

    /// Says that a piece cannot be served, which ends the transfer at both ends.
    fn refuse(&mut self, &Refusal { request, file, code }: &Refusal) {
        let Stage::Running(transfer) = &self.stage else { return };
        let (transfer, fault) = (transfer.id(), Fault::file(code, transfer.name(file)));
        self.say(&ControlMessage::Unavailable { transfer, request, code });
        self.end_failed(fault);
    }

    fn hold(&mut self, held: bool) {
        let Stage::Running(running) = &mut self.stage else { return };
        let transfer = running.id();
        if let Some(event) = running.hold.set(Role::Sender, held) {
            self.say(&if held { ControlMessage::Pause { transfer } } else { ControlMessage::Resume { transfer } });
            self.tell(event);
        }
    }

    fn cancel(&mut self) {
        // Before the peer has greeted again there is no one to tell: it hears right after.
        if let (Some(transfer), true) = (self.current(), self.link.is_greeted()) {
            self.say(&ControlMessage::Cancel { transfer });
        }
        if !matches!(self.stage, Stage::Idle) {
            self.end(Event::Cancelled { by: Role::Sender });
        }
    }

    /// The transfer the peer knows of.
    fn current(&self) -> Option<TransferId> {
        match &self.stage {
            Stage::Offered(transfer) | Stage::Running(transfer) | Stage::Interrupted(transfer) => Some(transfer.id()),
            Stage::Idle | Stage::Held(_) => None,
        }
    }

    /// Ends what the fault ends and tells the peer.
    fn fail(&mut self, fault: Fault) {
        let transfer = if Fault::ends_connection(fault.code) { None } else { self.current() };
        if transfer.is_none() || self.link.has_stood() {
            self.say(&ControlMessage::Error { transfer, code: fault.code, message: fault.reason.to_owned() });
        }
        if transfer.is_none() {
            self.link.spend(fault.code);
        }
        self.end_failed(fault);
    }

    fn end_failed(&mut self, fault: Fault) {
        self.end(Event::Failed { code: fault.code, message: fault.message });
    }

    /// The receiver has ended the transfer and waits for nothing more on its lanes, so what they still hold may go at once. (When
    /// the sender ends it, the receiver closes the lanes once it knows: a lane that went first would look like a lost peer.)
    fn end_by_peer(&mut self, event: Event) {
        let closed = self.lanes.take().map(|lane| SenderOutput::CloseLane { lane });
        self.outputs.extend(closed);
        self.end(event);
    }

    fn end(&mut self, event: Event) {
        self.last = self.current().map(|transfer| (transfer, event.standing())).or(self.last);
        self.stage = Stage::Idle;
        self.queue = Queue::new();
        self.tell(event);
    }

    fn say(&mut self, message: &ControlMessage) {
        self.outputs.push_back(SenderOutput::Control(message.encode()));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(SenderOutput::Event(event));
    }
}

//! The receiver: it pulls, piece by piece, as its window and its disk allow.

mod io;
mod piece;
mod plan;
mod running;

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, Standing, StandingState, TransferId};
use perkoon_protocol::{ErrorCode, Role, SessionCode};

pub use io::{ReceiverInput, ReceiverOutput};
use running::Running;

use crate::fault::{Checked, Fault, ensure};
use crate::link::{Greeting, Incoming, Link};
use crate::manifest::Manifest;
use crate::trust::{Deed, Meeting};
use crate::{Event, Millis, Payload};

/// The receiving end of a session: of one peer connection after the other.
pub struct Receiver<B> {
    link: Link,
    stage: Stage<B>,
    /// The transfer that ended last, and how: what is still said about it is late, not wrong.
    last: Option<(TransferId, StandingState)>,
    /// Whether it ended on this connection, after the sender was told how it stands.
    ended_here: bool,
    /// Lanes are numbered through, so a lane with a smaller number was open once.
    next_lane: u16,
    out: Outbox<B>,
}

enum Stage<B> {
    Idle,
    /// The offer is arriving.
    Offering(Manifest),
    /// The person is being asked.
    Offered(Manifest),
    Running(Box<Running<B>>),
}

/// What is to be done, and whether the peer still hears.
struct Outbox<B> {
    outputs: VecDeque<ReceiverOutput<B>>,
    is_cut_off: bool,
}

impl<B> Outbox<B> {
    fn push(&mut self, output: ReceiverOutput<B>) {
        self.outputs.push_back(output);
    }

    fn say(&mut self, message: &ControlMessage) {
        if !self.is_cut_off {
            self.push(ReceiverOutput::Control(message.encode()));
        }
    }

    fn tell(&mut self, event: Event) {
        self.push(ReceiverOutput::Event(event));
    }
}

impl<B: Payload> Receiver<B> {
    /// A receiver in the session `code` that introduces itself as `agent`: name and version of the program.
    pub fn new(agent: &str, code: SessionCode) -> Self {
        Self {
            link: Link::new(Role::Receiver, agent, code),
            stage: Stage::Idle,
            last: None,
            ended_here: false,
            next_lane: 0,
            out: Outbox { outputs: VecDeque::new(), is_cut_off: false },
        }
    }

    /// Takes nothing from a sender that asks for no password, as one in this session has asked for one.
    pub fn insist(&mut self) {
        self.link.guard();
    }

    /// Takes in what has happened.
    pub fn handle(&mut self, now: Millis, input: ReceiverInput<B>) {
        let taken = self.take(now, input);
        // What the greeting has to say comes before what it says of a fault.
        self.greet();
        if let Err(fault) = taken {
            self.fail(fault);
        } else if let Stage::Running(running) = &mut self.stage {
            running.advance(now, &mut self.out);
        }
    }

    /// What to do next; drain to `None` after every [`Self::handle`].
    pub fn poll(&mut self) -> Option<ReceiverOutput<B>> {
        self.out.outputs.pop_front()
    }

    /// Whether bytes were asked for that have not arrived.
    pub fn is_waiting(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if running.is_waiting())
    }

    /// Whether every byte is here and verified, and only has to be put in its place: the sender is not needed any more.
    pub fn has_everything(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if running.has_everything())
    }

    fn take(&mut self, now: Millis, input: ReceiverInput<B>) -> Checked {
        match input {
            ReceiverInput::Connected(meeting) => self.connected(meeting),
            ReceiverInput::Password(password) => self.link.set_password(password),
            ReceiverInput::Disconnected => self.disconnected(),
            ReceiverInput::Abandon => self.abandon(),
            ReceiverInput::Control(text) => return self.control(now, &text),
            ReceiverInput::Accept { kept } => return self.accept(now, kept),
            ReceiverInput::Reject => self.reject(),
            // Requests need not wait for it: the sender keeps those that overtake their lane.
            ReceiverInput::LaneOpened { .. } => {}
            ReceiverInput::LaneMessage { lane, payload } => return self.lane_message(lane, payload),
            ReceiverInput::LaneClosed { lane } => self.lane_closed(lane),
            ReceiverInput::Pause => self.hold(true),
            ReceiverInput::Resume => self.hold(false),
            ReceiverInput::Cancel => self.cancel(),
            ReceiverInput::Published => self.published(),
            sink => return self.sink(now, sink),
        }
        Ok(())
    }

    /// What the sink says. One of a transfer that is over has nothing more to say.
    fn sink(&mut self, now: Millis, input: ReceiverInput<B>) -> Checked {
        match (input, &mut self.stage) {
            (ReceiverInput::Written { file, offset }, Stage::Running(running)) => running.sink_wrote(file, offset),
            (ReceiverInput::Recalled { file, offset, payload }, Stage::Running(running)) => {
                running.recalled(file, offset, payload, &mut self.out);
            }
            (ReceiverInput::Finished { file }, Stage::Running(running)) => running.sink_finished(now, file, &mut self.out),
            (ReceiverInput::SinkFailed { code, message }, Stage::Offered(_) | Stage::Running(_)) => {
                return Err(Fault { code, reason: "the receiver cannot store the files", message });
            }
            _ => {}
        }
        Ok(())
    }

    fn connected(&mut self, meeting: Meeting) {
        self.out.is_cut_off = false;
        self.ended_here = false;
        self.next_lane = 0;
        self.out.say(&self.link.hello(meeting));
    }

    /// Does what the greeting wants done.
    fn greet(&mut self) {
        while let Some(deed) = self.link.poll() {
            match deed {
                Deed::Say(message) => self.out.say(&message),
                Deed::Tell(event) => self.out.tell(event),
                Deed::Trusted => {
                    let standing = self.link.standing(self.standing());
                    self.out.say(&standing);
                }
            }
        }
    }

    fn standing(&self) -> Option<Standing> {
        let ended = |&(transfer, state): &(_, _)| Standing { transfer, state, bytes: 0, files: 0, pieces: None };
        match &self.stage {
            Stage::Running(running) => Some(running.standing()),
            _ => self.last.as_ref().map(ended),
        }
    }

    fn disconnected(&mut self) {
        self.spend(ErrorCode::PeerLeft);
        match &mut self.stage {
            Stage::Running(running) if running.is_published() => self.end(Event::Complete),
            Stage::Running(running) => {
                let told = running.is_attached() && !running.has_everything();
                running.interrupt();
                if told {
                    self.out.tell(Event::Interrupted);
                }
            }
            Stage::Offered(_) => self.end_failed(Fault::new(ErrorCode::PeerLeft, "")),
            Stage::Offering(_) | Stage::Idle => self.stage = Stage::Idle,
        }
    }

    /// What is whole and verified is stored without the sender; anything less has failed.
    fn abandon(&mut self) {
        if let Stage::Running(running) = &self.stage
            && !running.is_attached()
            && !running.has_everything()
        {
            self.end_failed(Fault::new(ErrorCode::PeerLeft, ""));
        }
    }

    fn control(&mut self, now: Millis, text: &str) -> Checked {
        if self.link.spent().is_some() {
            return Ok(());
        }
        match self.link.receive(text)? {
            Incoming::Greeting => Ok(()),
            Incoming::Greeted(greeting) => self.greeted(now, greeting),
            Incoming::Message(message) => self.message(message),
        }
    }

    /// The peer has said how things stand: a transfer that broke off goes on, if it knows of it.
    fn greeted(&mut self, now: Millis, Greeting { agent, standing }: Greeting) -> Checked {
        self.out.tell(Event::Greeted { agent });
        if let Some(transfer) = self.link.withdrawn(self.current()) {
            self.out.say(&ControlMessage::Cancel { transfer });
        }
        let Stage::Running(running) = &self.stage else { return Ok(()) };
        let theirs = standing.filter(|standing| standing.transfer == running.id);
        match theirs.map(|standing| (standing, standing.state)) {
            Some((standing, StandingState::Open | StandingState::Paused)) => return self.go_on(now, standing),
            Some((_, StandingState::Cancelled)) => self.end(Event::Cancelled { by: Role::Sender }),
            Some((_, StandingState::Complete)) => return Err(Fault::protocol("complete before the receiver said so")),
            Some((_, StandingState::Failed)) | None if self.is_published() => self.complete(),
            Some((_, StandingState::Failed)) | None => self.abandon(),
        }
        Ok(())
    }

    fn go_on(&mut self, now: Millis, theirs: Standing) -> Checked {
        let Stage::Running(running) = &self.stage else { return Ok(()) };
        let lane = if running.has_everything() { None } else { Some(self.number_lane()?) };
        if let Some(lane) = lane {
            self.out.push(ReceiverOutput::OpenLane { lane });
        }
        let Stage::Running(running) = &mut self.stage else { return Ok(()) };
        running.reattach(now, theirs, lane, &mut self.out)?;
        if self.is_published() {
            self.complete();
        }
        Ok(())
    }

    fn message(&mut self, message: ControlMessage) -> Checked {
        match message {
            ControlMessage::Error { transfer: None, code, .. } => {
                self.spend(code);
                self.end(Event::Failed { code, message: code.sentence().to_owned() });
                Ok(())
            }
            ControlMessage::Offer { transfer, files, bytes } => self.announced(transfer, files, bytes),
            message if message.transfer() != self.current() => {
                ensure(message.transfer() == self.last_id(), "a message about an unknown transfer")
            }
            ControlMessage::Cancel { .. } => {
                self.cancelled_by_peer();
                Ok(())
            }
            ControlMessage::Error { code, .. } => {
                self.end(Event::Failed { code, message: code.sentence().to_owned() });
                Ok(())
            }
            ControlMessage::Entries { first, entries, .. } => self.entries(first, entries),
            message => match &mut self.stage {
                Stage::Running(running) => running.message(message, &mut self.out),
                _ => Err(Fault::protocol("a message out of place")),
            },
        }
    }

    fn announced(&mut self, transfer: TransferId, files: u32, bytes: u64) -> Checked {
        ensure(matches!(self.stage, Stage::Idle), "an offer while another one is open")?;
        ensure(!self.ended_here || self.last_id() != Some(transfer), "an offer with the id of the last one")?;
        self.stage = Stage::Offering(Manifest::announced(transfer, files, bytes)?);
        Ok(())
    }

    fn entries(&mut self, first: u32, entries: Vec<perkoon_protocol::control::Entry>) -> Checked {
        let Stage::Offering(manifest) = &mut self.stage else { return Err(Fault::protocol("more entries than files")) };
        if manifest.extend(first, entries)?
            && let Stage::Offering(manifest) = std::mem::replace(&mut self.stage, Stage::Idle)
        {
            let (transfer, files, bytes) = (manifest.transfer, manifest.entries.clone(), manifest.bytes);
            self.stage = Stage::Offered(manifest);
            self.out.tell(Event::Offered { transfer, files, bytes });
        }
        Ok(())
    }

    fn accept(&mut self, now: Millis, kept: Vec<u64>) -> Checked {
        let Stage::Offered(manifest) = &self.stage else { return Ok(()) };
        let transfer = manifest.transfer;
        let lane = if manifest.bytes > 0 { Some(self.number_lane()?) } else { None };
        if let Stage::Offered(manifest) = std::mem::replace(&mut self.stage, Stage::Idle) {
            self.stage = Stage::Running(Box::new(Running::new(manifest, kept, lane, now)));
        }
        self.out.say(&ControlMessage::Accept { transfer });
        self.out.tell(Event::Accepted);
        if let Some(lane) = lane {
            self.out.push(ReceiverOutput::OpenLane { lane });
        }
        Ok(())
    }

    fn number_lane(&mut self) -> Checked<u16> {
        let lane = self.next_lane;
        let none_left = || Fault::new(ErrorCode::Internal, "the connection has no lane numbers left");
        self.next_lane = lane.checked_add(1).ok_or_else(none_left)?;
        Ok(lane)
    }

    fn reject(&mut self) {
        if let Stage::Offered(manifest) = &self.stage {
            self.out.say(&ControlMessage::Reject { transfer: manifest.transfer });
            self.end(Event::Rejected);
        }
    }

    fn lane_message(&mut self, lane: u16, payload: B) -> Checked {
        match &mut self.stage {
            _ if self.link.spent().is_some() => Ok(()),
            Stage::Running(running) if running.lane == Some(lane) => running.lane_message(lane, payload, &mut self.out),
            _ => ensure(lane < self.next_lane, "bytes on a lane that was never opened"),
        }
    }

    /// A lane that goes while bytes are to come is the first sign of a connection that goes.
    fn lane_closed(&mut self, lane: u16) {
        match &mut self.stage {
            Stage::Running(running) if running.lane == Some(lane) => {
                running.lane = None;
                if !running.has_everything() {
                    self.disconnected();
                }
            }
            _ => {}
        }
    }

    fn hold(&mut self, held: bool) {
        let Stage::Running(running) = &mut self.stage else { return };
        if !running.is_attached() {
            return;
        }
        let transfer = running.id;
        if let Some(event) = running.hold.set(Role::Receiver, held) {
            self.out.say(&if held { ControlMessage::Pause { transfer } } else { ControlMessage::Resume { transfer } });
            self.out.tell(event);
        }
    }

    fn published(&mut self) {
        let Stage::Running(running) = &mut self.stage else { return };
        if running.is_publishing() {
            running.publish();
            // A sender that was told a moment ago that the transfer is open hears of its end once it has answered.
            if !self.link.is_proposing() {
                self.complete();
            }
        }
    }

    fn complete(&mut self) {
        let Stage::Running(running) = &self.stage else { return };
        if running.is_attached() {
            self.out.say(&ControlMessage::Complete { transfer: running.id });
        }
        self.end(Event::Complete);
    }

    fn is_published(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if running.is_published())
    }

    fn cancel(&mut self) {
        if let (Some(transfer), Stage::Offered(_) | Stage::Running(_)) = (self.current(), &self.stage) {
            // Before the peer has greeted again there is no one to tell: it hears right after.
            if self.link.is_greeted() {
                self.out.say(&ControlMessage::Cancel { transfer });
            }
            self.end(Event::Cancelled { by: Role::Receiver });
        }
    }

    fn cancelled_by_peer(&mut self) {
        if let Stage::Offering(manifest) = &self.stage {
            // Nobody has been told of this offer yet.
            self.last = Some((manifest.transfer, StandingState::Cancelled));
            self.ended_here = true;
            self.stage = Stage::Idle;
        } else {
            self.end(Event::Cancelled { by: Role::Sender });
        }
    }

    /// The transfer that ended last, or that was offered to be gone on with.
    fn last_id(&self) -> Option<TransferId> {
        self.last.map(|(transfer, _)| transfer)
    }

    /// The transfer the peer knows of.
    fn current(&self) -> Option<TransferId> {
        match &self.stage {
            Stage::Offering(manifest) | Stage::Offered(manifest) => Some(manifest.transfer),
            Stage::Running(running) => Some(running.id),
            Stage::Idle => None,
        }
    }

    /// Ends what the fault ends and tells the peer.
    fn fail(&mut self, fault: Fault) {
        let transfer = if Fault::ends_connection(fault.code) { None } else { self.current() };
        if transfer.is_none() || self.link.has_stood() {
            self.out.say(&ControlMessage::Error { transfer, code: fault.code, message: fault.reason.to_owned() });
        }
        if transfer.is_none() {
            self.spend(fault.code);
        }
        self.end_failed(fault);
    }

    fn spend(&mut self, code: ErrorCode) {
        self.link.spend(code);
        self.out.is_cut_off = true;
    }

    fn end_failed(&mut self, fault: Fault) {
        self.end(Event::Failed { code: fault.code, message: fault.message });
    }

    /// Ends the transfer: lane closed, unfinished files thrown away, the program told.
    fn end(&mut self, event: Event) {
        self.last = self.current().map(|transfer| (transfer, event.standing())).or(self.last);
        self.ended_here = self.link.has_stood();
        if let Stage::Running(running) = std::mem::replace(&mut self.stage, Stage::Idle) {
            if let Some(lane) = running.lane {
                self.out.push(ReceiverOutput::CloseLane { lane });
            }
            match &event {
                Event::Complete => {}
                Event::Failed { code, .. } if is_passing(*code) => self.out.push(ReceiverOutput::Shelve),
                _ => self.out.push(ReceiverOutput::Discard),
            }
        }
        self.out.tell(event);
    }
}

/// Whether a transfer that failed with this may well be taken up again: neither the files nor the peer were found to be wrong.
fn is_passing(code: ErrorCode) -> bool {
    !matches!(code, ErrorCode::FileChanged | ErrorCode::IntegrityMismatch | ErrorCode::ProtocolError | ErrorCode::VersionMismatch)
}

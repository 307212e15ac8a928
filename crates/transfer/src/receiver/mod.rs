//! The receiver: it pulls, piece by piece, as its window and its disk allow.

mod io;
mod piece;
mod plan;
mod running;

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, TransferId};
use perkoon_protocol::{ErrorCode, Role};

pub use io::{ReceiverInput, ReceiverOutput};
use running::Running;

use crate::fault::{Checked, Fault, ensure};
use crate::link::{Incoming, Link};
use crate::manifest::Manifest;
use crate::{Event, Millis, Payload};

/// The receiving end of one peer connection.
pub struct Receiver<B> {
    link: Link,
    stage: Stage<B>,
    /// The transfer that ended last: what is still said about it is late, not wrong.
    last: Option<TransferId>,
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
    /// A receiver that introduces itself as `agent`: name and version of the program.
    pub fn new(agent: &str) -> Self {
        Self {
            link: Link::new(Role::Receiver, agent),
            stage: Stage::Idle,
            last: None,
            next_lane: 0,
            out: Outbox { outputs: VecDeque::new(), is_cut_off: false },
        }
    }

    /// Takes in what has happened.
    pub fn handle(&mut self, now: Millis, input: ReceiverInput<B>) {
        let taken = self.take(now, input);
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

    fn take(&mut self, now: Millis, input: ReceiverInput<B>) -> Checked {
        match input {
            ReceiverInput::Connected => self.out.say(&self.link.hello()),
            ReceiverInput::Disconnected => self.disconnected(),
            ReceiverInput::Control(text) => return self.control(&text),
            ReceiverInput::Accept => return self.accept(now),
            ReceiverInput::Reject => self.reject(),
            // Requests need not wait for it: the sender keeps those that overtake their lane.
            ReceiverInput::LaneOpened { .. } => {}
            ReceiverInput::LaneMessage { lane, payload } => return self.lane_message(lane, payload),
            ReceiverInput::LaneClosed { lane } => return self.lane_closed(lane),
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
            (ReceiverInput::Finished { file }, Stage::Running(running)) => running.sink_finished(now, file, &mut self.out),
            (ReceiverInput::SinkFailed { code, message }, Stage::Offered(_) | Stage::Running(_)) => {
                return Err(Fault { code, reason: "the receiver cannot store the files", message });
            }
            _ => {}
        }
        Ok(())
    }

    fn disconnected(&mut self) {
        self.link.spend(ErrorCode::PeerLeft);
        self.out.is_cut_off = true;
        match &self.stage {
            // What is here is whole and verified: it is stored without the sender.
            Stage::Running(running) if running.has_everything() => {}
            Stage::Running(_) | Stage::Offered(_) => self.end_failed(Fault::new(ErrorCode::PeerLeft, "")),
            Stage::Offering(_) | Stage::Idle => self.stage = Stage::Idle,
        }
    }

    fn control(&mut self, text: &str) -> Checked {
        if self.link.spent().is_some() {
            return Ok(());
        }
        match self.link.receive(text)? {
            Incoming::Greeted(agent) => self.out.tell(Event::Greeted { agent }),
            Incoming::Message(message) => return self.message(message),
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
                ensure(message.transfer() == self.last, "a message about an unknown transfer")
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
        ensure(self.last != Some(transfer), "an offer with the id of the last one")?;
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

    fn accept(&mut self, now: Millis) -> Checked {
        let Stage::Offered(manifest) = &self.stage else { return Ok(()) };
        let transfer = manifest.transfer;
        let lane = if manifest.bytes > 0 { Some(self.number_lane()?) } else { None };
        if let Stage::Offered(manifest) = std::mem::replace(&mut self.stage, Stage::Idle) {
            self.stage = Stage::Running(Box::new(Running::new(manifest, lane, now)));
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

    /// A lane that goes while bytes are to come is the first sign of a peer that goes.
    fn lane_closed(&mut self, lane: u16) -> Checked {
        match &mut self.stage {
            Stage::Running(running) if running.lane == Some(lane) => {
                running.lane = None;
                if running.has_everything() { Ok(()) } else { Err(Fault::new(ErrorCode::PeerLeft, "the lane is gone")) }
            }
            _ => Ok(()),
        }
    }

    fn hold(&mut self, held: bool) {
        let Stage::Running(running) = &mut self.stage else { return };
        let transfer = running.id;
        if let Some(event) = running.hold.set(Role::Receiver, held) {
            self.out.say(&if held { ControlMessage::Pause { transfer } } else { ControlMessage::Resume { transfer } });
            self.out.tell(event);
        }
    }

    fn published(&mut self) {
        if let Stage::Running(running) = &self.stage
            && running.is_publishing()
        {
            self.out.say(&ControlMessage::Complete { transfer: running.id });
            self.end(Event::Complete);
        }
    }

    fn cancel(&mut self) {
        if let (Some(transfer), Stage::Offered(_) | Stage::Running(_)) = (self.current(), &self.stage) {
            self.out.say(&ControlMessage::Cancel { transfer });
            self.end(Event::Cancelled { by: Role::Receiver });
        }
    }

    fn cancelled_by_peer(&mut self) {
        if let Stage::Offering(manifest) = &self.stage {
            // Nobody has been told of this offer yet.
            self.last = Some(manifest.transfer);
            self.stage = Stage::Idle;
        } else {
            self.end(Event::Cancelled { by: Role::Sender });
        }
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
        self.out.say(&ControlMessage::Error { transfer, code: fault.code, message: fault.reason.to_owned() });
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
        self.last = self.current().or(self.last);
        if let Stage::Running(running) = std::mem::replace(&mut self.stage, Stage::Idle) {
            if let Some(lane) = running.lane {
                self.out.push(ReceiverOutput::CloseLane { lane });
            }
            if event != Event::Complete {
                self.out.push(ReceiverOutput::Discard);
            }
        }
        self.out.tell(event);
    }
}

//! Two peers, their disks and the network between them, driven by chance from a seed.

pub mod alone;
mod disk;
mod random;
mod wire;

use std::rc::Rc;

use perkoon_protocol::control::ControlMessage;
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, REQUESTS_IN_FLIGHT, WINDOW_BYTES};
use perkoon_transfer::{
    Event, LANE_HIGH_WATER, Millis, READ_AHEAD_BYTES, Receiver, ReceiverInput, ReceiverOutput, Sender, SenderInput, SenderOutput,
    TransferId,
};

pub use disk::{Sink, TestFile, Trouble};
pub use random::Random;
use wire::{LaneWire, Wire};

/// Something that can happen next.
#[derive(Clone, Copy, Debug)]
enum Action {
    ControlToSender,
    ControlToReceiver,
    LaneOpenAtSender(u16),
    LaneOpenAtReceiver(u16),
    LaneMessage(u16),
    LaneLow(u16),
    LaneClosedAtSender(u16),
    LaneClosedAtReceiver(u16),
    SenderGone,
    ReceiverGone,
    Reconnect,
    Read(usize),
    Written(usize),
    Finished(usize),
    Published,
    Recalled(usize),
}

struct PendingRead {
    request: u32,
    file_number: u32,
    file: Rc<TestFile>,
    offset: u64,
    length: u32,
    /// Asked for before the connection broke.
    stale: bool,
}

/// How the world treats the pair.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    pub seed: u64,
    pub slow_disk: bool,
    pub slow_reader: bool,
    pub slow_lane: bool,
    pub max_message: usize,
    pub accept: bool,
    /// Whether a connection that breaks is followed by another.
    pub reconnects: bool,
}

impl Conditions {
    pub fn fair(seed: u64) -> Self {
        Self {
            seed,
            slow_disk: false,
            slow_reader: false,
            slow_lane: false,
            max_message: LANE_MESSAGE_BYTES,
            accept: true,
            reconnects: false,
        }
    }
}

/// Two connected peers.
pub struct Pair {
    pub sender: Sender<Vec<u8>>,
    pub receiver: Receiver<Vec<u8>>,
    pub sender_events: Vec<Event>,
    pub receiver_events: Vec<Event>,
    pub files: Vec<Rc<TestFile>>,
    pub sink: Sink,
    pub random: Random,
    conditions: Conditions,
    wire: Wire,
    reads: Vec<PendingRead>,
    /// Pieces of an earlier attempt to read back: file, offset, length.
    recalls: Vec<(u32, u64, u32)>,
    /// Pieces to be checked by the sender, which keeps none of their bytes: file, offset.
    checks: Vec<(u32, u64)>,
    /// What the sink has of an earlier attempt when the next offer comes.
    pub kept: Vec<Vec<u8>>,
    now: u64,
    transfers: u8,
    // The books that the bounds are checked against.
    held_by_sender: usize,
    requested: u64,
    written: u64,
    arrived: u64,
    /// Bytes that went onto lanes.
    pub sent_bytes: u64,
}

impl Pair {
    /// Connected, nothing delivered yet.
    pub fn new(conditions: Conditions) -> Self {
        let mut pair = Self {
            sender: Sender::new("test sender/1"),
            receiver: Receiver::new("test receiver/1"),
            sender_events: Vec::new(),
            receiver_events: Vec::new(),
            files: Vec::new(),
            sink: Sink::default(),
            random: Random::new(conditions.seed),
            conditions,
            wire: Wire::default(),
            reads: Vec::new(),
            recalls: Vec::new(),
            checks: Vec::new(),
            kept: Vec::new(),
            now: 0,
            transfers: 0,
            held_by_sender: 0,
            requested: 0,
            written: 0,
            arrived: 0,
            sent_bytes: 0,
        };
        pair.tell_sender(SenderInput::Connected);
        pair.tell_receiver(ReceiverInput::Connected);
        pair
    }

    /// Offers files; at the sender the earlier transfer is over.
    pub fn offer(&mut self, files: Vec<TestFile>) {
        self.transfers += 1;
        self.files = files.into_iter().map(Rc::new).collect();
        self.held_by_sender = 0;
        self.sender_events.clear();
        let entries = self.files.iter().map(|file| file.entry()).collect();
        self.tell_sender(SenderInput::Offer { transfer: TransferId([self.transfers; 16]), files: entries });
    }

    /// The receiver hears of a new offer: a new sink, new books.
    fn offered(&mut self) {
        self.sink = Sink::keeping(&self.kept);
        (self.requested, self.written, self.arrived) = (0, 0, 0);
        self.receiver_events.clear();
    }

    /// Until nothing is under way any more.
    pub fn run(&mut self) {
        self.run_until(|_| false);
    }

    /// Until the condition holds; false when nothing is under way any more before it does.
    pub fn run_until(&mut self, condition: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..400_000 {
            if condition(self) {
                return true;
            }
            if !self.step() {
                return false;
            }
        }
        panic!("no end in sight");
    }

    /// One thing happens; false when there is nothing that could.
    pub fn step(&mut self) -> bool {
        let mut actions = self.possible();
        if actions.is_empty() {
            return false;
        }
        self.now += self.random.next() % 20;
        let mut action = actions.swap_remove(self.random.below(actions.len()));
        // What is slow is taken only now and then while anything else can happen.
        while self.is_slow(action) && !actions.is_empty() && !self.random.one_in(8) {
            action = actions.swap_remove(self.random.below(actions.len()));
        }
        self.perform(action);
        true
    }

    /// The connection breaks.
    pub fn cut(&mut self) {
        self.wire.cut();
    }

    pub fn tell_sender(&mut self, input: SenderInput<Vec<u8>>) {
        self.sender.handle(Millis(self.now), input);
        while let Some(output) = self.sender.poll() {
            self.sender_wants(output);
        }
    }

    pub fn tell_receiver(&mut self, input: ReceiverInput<Vec<u8>>) {
        self.receiver.handle(Millis(self.now), input);
        while let Some(output) = self.receiver.poll() {
            self.receiver_wants(output);
        }
    }

    /// How each side ended: its one terminal event.
    pub fn ends(&self) -> (Event, Event) {
        (terminal(&self.sender_events), terminal(&self.receiver_events))
    }

    /// Asserts that everything arrived, is what was sent, and that both say so.
    pub fn assert_complete(&self) {
        assert_eq!(self.ends(), (Event::Complete, Event::Complete));
        self.assert_stored();
        let total: u64 = self.files.iter().map(|file| file.bytes.len() as u64).sum();
        for events in [&self.sender_events, &self.receiver_events] {
            assert_eq!(last_progress(events), total);
            let done = events.iter().filter(|event| matches!(event, Event::FileDone { .. })).count();
            assert_eq!(done, self.files.len());
        }
    }

    /// Asserts that the receiver stored what was sent.
    pub fn assert_stored(&self) {
        assert!(self.sink.published && !self.sink.discarded);
        assert_eq!(self.sink.files.len(), self.files.len());
        for (number, file) in (0..).zip(&self.files) {
            assert!(self.sink.files[&number] == file.bytes, "{} differs", file.path);
            assert_eq!(self.sink.finished[&number], file.hash(), "{}", file.path);
        }
    }

    fn is_slow(&self, action: Action) -> bool {
        match action {
            Action::Written(_) | Action::Finished(_) => self.conditions.slow_disk,
            Action::Read(_) => self.conditions.slow_reader,
            Action::LaneMessage(_) | Action::LaneOpenAtSender(_) => self.conditions.slow_lane,
            _ => false,
        }
    }

    fn possible(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut add = |possible: bool, action: Action| {
            if possible {
                actions.push(action);
            }
        };
        let wire = &self.wire;
        add(!wire.sender_gone && !wire.to_sender.is_empty(), Action::ControlToSender);
        add(!wire.receiver_gone && !wire.to_receiver.is_empty(), Action::ControlToReceiver);
        add(wire.is_cut && !wire.sender_gone, Action::SenderGone);
        add(wire.is_cut && !wire.receiver_gone, Action::ReceiverGone);
        add(self.conditions.reconnects && wire.sender_gone && wire.receiver_gone, Action::Reconnect);
        for (number, lane) in &wire.lanes {
            let (sender_there, receiver_there) =
                (!wire.sender_gone && !lane.closed_at_sender, !wire.receiver_gone && !lane.closed_at_receiver);
            add(sender_there && !lane.known_to_sender && !wire.is_cut, Action::LaneOpenAtSender(*number));
            add(receiver_there && !lane.known_to_receiver && !wire.is_cut, Action::LaneOpenAtReceiver(*number));
            add(!wire.receiver_gone && !lane.messages.is_empty(), Action::LaneMessage(*number));
            add(sender_there && lane.low, Action::LaneLow(*number));
            add(sender_there && lane.known_to_sender && lane.closing, Action::LaneClosedAtSender(*number));
            add(receiver_there && lane.closing && lane.messages.is_empty(), Action::LaneClosedAtReceiver(*number));
        }
        (0..self.reads.len()).for_each(|index| add(true, Action::Read(index)));
        (0..self.sink.writing.len()).for_each(|index| add(true, Action::Written(index)));
        (0..self.sink.finishing.len()).for_each(|index| add(true, Action::Finished(index)));
        add(self.sink.publishing, Action::Published);
        (0..self.recalls.len()).for_each(|index| add(true, Action::Recalled(index)));
        actions
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::ControlToSender => {
                let text = self.wire.to_sender.pop_front().expect("listed");
                self.tell_sender(SenderInput::Control(text));
            }
            Action::ControlToReceiver => {
                let text = self.wire.to_receiver.pop_front().expect("listed");
                self.tell_receiver(ReceiverInput::Control(text));
            }
            Action::SenderGone => {
                self.wire.sender_gone = true;
                self.held_by_sender = 0;
                self.reads.iter_mut().for_each(|read| read.stale = true);
                self.tell_sender(SenderInput::Disconnected);
            }
            Action::ReceiverGone => {
                self.wire.receiver_gone = true;
                self.tell_receiver(ReceiverInput::Disconnected);
            }
            Action::Reconnect => {
                self.wire = Wire::default();
                self.requested = self.sink.bytes();
                self.arrived = self.requested;
                self.tell_sender(SenderInput::Connected);
                self.tell_receiver(ReceiverInput::Connected);
            }
            Action::Read(index) => self.answer_read(index),
            Action::Written(index) => {
                let (file, offset, bytes) = self.sink.writing.remove(index);
                self.written += bytes as u64;
                self.tell_receiver(ReceiverInput::Written { file, offset });
            }
            Action::Finished(index) => {
                let file = self.sink.finishing.remove(index);
                self.tell_receiver(ReceiverInput::Finished { file });
            }
            Action::Published => {
                self.sink.publishing = false;
                self.sink.published = true;
                self.tell_receiver(ReceiverInput::Published);
            }
            Action::Recalled(index) => {
                let (file, offset, length) = self.recalls.remove(index);
                let payload = self.sink.read_back(file, offset, length);
                self.tell_receiver(ReceiverInput::Recalled { file, offset, payload });
            }
            lane => self.perform_on_lane(lane),
        }
    }

    fn perform_on_lane(&mut self, action: Action) {
        match action {
            Action::LaneOpenAtSender(lane) => {
                self.lane(lane).known_to_sender = true;
                let max_message = self.conditions.max_message;
                self.tell_sender(SenderInput::LaneOpened { lane, max_message });
            }
            Action::LaneOpenAtReceiver(lane) => {
                self.lane(lane).known_to_receiver = true;
                self.tell_receiver(ReceiverInput::LaneOpened { lane });
            }
            Action::LaneMessage(lane) => {
                let wire = self.lane(lane);
                let before = wire.buffered();
                let payload = wire.messages.pop_front().expect("listed");
                wire.low |= before > wire.low_at && wire.buffered() <= wire.low_at;
                // What comes late on a closed lane is not kept.
                self.arrived += if wire.closed_at_receiver { 0 } else { payload.len() as u64 };
                assert!(self.arrived - self.written <= WINDOW_BYTES, "the receiver holds more than its window");
                self.tell_receiver(ReceiverInput::LaneMessage { lane, payload });
            }
            Action::LaneLow(lane) => {
                self.lane(lane).low = false;
                let bytes = self.lane(lane).buffered();
                self.tell_sender(SenderInput::LaneBuffered { lane, bytes });
            }
            Action::LaneClosedAtSender(lane) => {
                self.lane(lane).closed_at_sender = true;
                self.tell_sender(SenderInput::LaneClosed { lane });
            }
            Action::LaneClosedAtReceiver(lane) => {
                self.lane(lane).closed_at_receiver = true;
                self.tell_receiver(ReceiverInput::LaneClosed { lane });
            }
            other => unreachable!("{other:?} is not about a lane"),
        }
    }

    fn lane(&mut self, lane: u16) -> &mut LaneWire {
        self.wire.lanes.get_mut(&lane).expect("a lane the receiver opened")
    }

    fn answer_read(&mut self, index: usize) {
        let PendingRead { request, file_number, file, offset, length, stale } = self.reads.remove(index);
        let read = file.read(offset, length);
        let check = self.checks.iter().position(|check| *check == (file_number, offset));
        if let Some(check) = check {
            self.checks.swap_remove(check);
            self.held_by_sender -= length as usize;
        } else if stale {
            // Nobody waits for it.
        } else if read.as_ref().map_or(true, |payload| payload.len() != length as usize) {
            // Nothing of it is sent, nor kept.
            self.held_by_sender -= length as usize;
        }
        match read {
            Ok(payload) => self.tell_sender(SenderInput::Read { request, payload }),
            Err(code) => self.tell_sender(SenderInput::ReadFailed { request, code }),
        }
    }

    fn sender_wants(&mut self, output: SenderOutput<Vec<u8>>) {
        match output {
            SenderOutput::Control(text) => {
                if !self.wire.is_cut {
                    self.wire.to_receiver.push_back(text);
                }
            }
            SenderOutput::Read { request, file, offset, length } => {
                self.held_by_sender += length as usize;
                assert!(self.held_by_sender <= READ_AHEAD_BYTES, "the sender reads too far ahead");
                let read = Rc::clone(&self.files[file as usize]);
                self.reads.push(PendingRead { request, file_number: file, file: read, offset, length, stale: false });
            }
            SenderOutput::Lane { lane, payload } => {
                self.held_by_sender -= payload.len();
                self.sent_bytes += payload.len() as u64;
                let (is_cut, max_message) = (self.wire.is_cut, self.conditions.max_message);
                let wire = self.lane(lane);
                assert!(wire.known_to_sender && !wire.closed_at_sender, "bytes on a lane that is not open");
                assert!(payload.len() <= max_message, "a message too long");
                assert!(wire.buffered() < LANE_HIGH_WATER, "a full lane is filled further");
                if !is_cut && !wire.closing {
                    wire.messages.push_back(payload);
                    wire.low_at = wire.buffered() / 2;
                }
            }
            SenderOutput::CloseLane { lane } => self.lane(lane).closing = true,
            SenderOutput::Event(event) => {
                let interrupted = event == Event::Interrupted;
                self.sender_events.push(event);
                if interrupted && !self.conditions.reconnects {
                    self.sender.handle(Millis(self.now), SenderInput::Abandon);
                }
            }
        }
    }

    fn receiver_wants(&mut self, output: ReceiverOutput<Vec<u8>>) {
        match output {
            ReceiverOutput::Control(text) => {
                self.check_request(&text);
                if !self.wire.is_cut {
                    self.wire.to_sender.push_back(text);
                }
            }
            ReceiverOutput::OpenLane { lane } => {
                let wire = LaneWire { closing: self.wire.is_cut, ..LaneWire::default() };
                assert!(self.wire.lanes.insert(lane, wire).is_none(), "a lane's number is used twice");
            }
            ReceiverOutput::CloseLane { lane } => {
                self.lane(lane).closing = true;
                self.lane(lane).closed_at_receiver = true;
            }
            ReceiverOutput::Write { file, offset, payload } => {
                self.sink.write(file, offset, &payload);
                assert!(self.sink.writing.len() <= REQUESTS_IN_FLIGHT, "too many writes at once");
            }
            ReceiverOutput::Finish { file, hash } => {
                self.sink.finish(file, hash);
                assert!(self.sink.finishing.len() <= REQUESTS_IN_FLIGHT, "too many files to finish at once");
            }
            ReceiverOutput::Publish => self.sink.publish(self.files.len()),
            ReceiverOutput::Discard | ReceiverOutput::Shelve => self.sink.discard(),
            ReceiverOutput::Recall { file, offset, length } => self.recalls.push((file, offset, length)),
            ReceiverOutput::Event(event) => {
                if event == Event::Interrupted && !self.conditions.reconnects {
                    self.receiver.handle(Millis(self.now), ReceiverInput::Abandon);
                }
                let offered = matches!(event, Event::Offered { .. });
                if offered {
                    self.offered();
                }
                self.receiver_events.push(event);
                if offered && self.conditions.accept {
                    // The person answers while further outputs of the same call wait: they must not mind.
                    let kept = self.kept.iter().map(|bytes| bytes.len() as u64).collect();
                    self.receiver.handle(Millis(self.now), ReceiverInput::Accept { kept });
                }
            }
        }
    }

    fn check_request(&mut self, text: &str) {
        match ControlMessage::decode(text) {
            Ok(ControlMessage::Request { length, .. }) => {
                self.requested += u64::from(length);
                assert!(self.requested - self.written <= WINDOW_BYTES, "more is requested than the window holds");
            }
            Ok(ControlMessage::Check { file, offset, .. }) => self.checks.push((file, offset)),
            _ => {}
        }
    }
}

/// The last progress told.
pub fn last_progress(events: &[Event]) -> u64 {
    let progress = events.iter().rev().find_map(|event| match event {
        Event::Progress { bytes } => Some(*bytes),
        _ => None,
    });
    progress.unwrap_or(0)
}

/// The one terminal event.
pub fn terminal(events: &[Event]) -> Event {
    let mut terminals = events.iter().filter(|event| event.is_terminal());
    let end = terminals.next().unwrap_or_else(|| panic!("not ended: {:?}", events.last())).clone();
    assert_eq!(terminals.next(), None, "ended twice");
    end
}

/// Whether the side has ended.
pub fn has_ended(events: &[Event]) -> bool {
    events.iter().any(Event::is_terminal)
}

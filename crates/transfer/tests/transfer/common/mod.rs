//! Two peers, their disks and the network between them, driven by chance from a seed.

mod actions;
pub mod alone;
mod disk;
pub mod greeting;
mod outputs;
mod random;
mod told;
mod wire;

use std::rc::Rc;

use greeting::{code, meeting};
use perkoon_protocol::Role;
use perkoon_protocol::limits::LANE_MESSAGE_BYTES;
use perkoon_transfer::{Event, Millis, Receiver, ReceiverInput, Sender, SenderInput, TransferId};

pub use disk::{Sink, TestFile, Trouble};
pub use random::Random;
pub use told::{has_ended, last_progress, terminal};
use wire::Wire;

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
        let max_message = LANE_MESSAGE_BYTES;
        Self { seed, slow_disk: false, slow_reader: false, slow_lane: false, max_message, accept: true, reconnects: false }
    }
}

/// What may stand still for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    ControlToSender,
    ControlToReceiver,
    Lanes,
    Reader,
    Disk,
}

/// The most bytes that a side held at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peaks {
    /// Being read, or read and not yet on a lane.
    pub sender: usize,
    /// Arrived and not yet written.
    pub receiver: u64,
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
    pub peaks: Peaks,
    conditions: Conditions,
    wire: Wire,
    reads: Vec<PendingRead>,
    /// Pieces of an earlier attempt to read back: file, offset, length.
    recalls: Vec<(u32, u64, u32)>,
    /// Pieces to be checked by the sender, which keeps none of their bytes: file, offset.
    checks: Vec<(u32, u64)>,
    /// Pieces requested on this connection: file, offset.
    asked: Vec<(u32, u64)>,
    /// What the sink has of an earlier attempt when the next offer comes.
    pub kept: Vec<Vec<u8>>,
    now: u64,
    steps: usize,
    /// What stands still, and until which step.
    stalls: Vec<(Channel, usize)>,
    transfers: u8,
    // The books that the bounds are checked against.
    held_by_sender: usize,
    requested: u64,
    written: u64,
    arrived: u64,
    /// Bytes that went onto lanes.
    pub sent_bytes: u64,
    /// Whether the sender's program starts anew before the next connection.
    pub sender_forgets: bool,
    /// How often the sender's program has started anew.
    restarts: usize,
}

impl Pair {
    /// Connected, nothing delivered yet.
    pub fn new(conditions: Conditions) -> Self {
        let mut pair = Self {
            sender: Sender::new("test sender/1", code()),
            receiver: Receiver::new("test receiver/1", code()),
            sender_events: Vec::new(),
            receiver_events: Vec::new(),
            files: Vec::new(),
            sink: Sink::default(),
            random: Random::new(conditions.seed),
            peaks: Peaks::default(),
            conditions,
            wire: Wire::default(),
            reads: Vec::new(),
            recalls: Vec::new(),
            checks: Vec::new(),
            asked: Vec::new(),
            kept: Vec::new(),
            now: 0,
            steps: 0,
            stalls: Vec::new(),
            transfers: 0,
            held_by_sender: 0,
            requested: 0,
            written: 0,
            arrived: 0,
            sent_bytes: 0,
            sender_forgets: false,
            restarts: 0,
        };
        pair.connect();
        pair
    }

    /// A control channel opens between the two programs.
    pub(crate) fn connect(&mut self) {
        let page = u8::try_from(self.restarts).expect("a few");
        let (to_sender, to_receiver) = (self.random.next() as u8, self.random.next() as u8);
        self.tell_sender(SenderInput::Connected(meeting(Role::Sender, page, 255, to_sender)));
        self.tell_receiver(ReceiverInput::Connected(meeting(Role::Receiver, page, 255, to_receiver)));
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
        self.steps += 1;
        let mut actions = self.possible_despite_stalls();
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

    /// The sender's program ends, and starts anew if connections are.
    pub fn restart_sender(&mut self) {
        self.sender_forgets = self.conditions.reconnects;
        self.cut();
    }

    /// Another sender takes the place of one that is gone, with the files as they are now.
    pub fn replace_sender(&mut self) {
        self.restarts += 1;
        self.sender = Sender::new("test sender/2", code());
        self.sender_events.clear();
        self.reads.clear();
        self.checks.clear();
        let files = self.files.iter().map(|file| file.entry()).collect();
        self.tell_sender(SenderInput::Restore { transfer: TransferId([self.transfers; 16]), files });
    }

    /// The connection breaks.
    pub fn cut(&mut self) {
        self.wire.cut();
    }

    /// Nothing moves there for so many steps, unless nothing else can happen before: then time has passed.
    pub fn stall(&mut self, channel: Channel, steps: usize) {
        self.stalls.push((channel, self.steps + steps));
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

    /// Asserts that both know how it ended, and that what counts as complete is there to the last byte.
    pub fn assert_clear_end(&self) {
        let (sender, receiver) = self.ends();
        if sender == Event::Complete {
            assert_eq!(receiver, Event::Complete);
        }
        if receiver == Event::Complete {
            self.assert_stored();
        } else {
            assert!(!self.sink.published && self.sink.files.is_empty(), "nothing unfinished stays");
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
}

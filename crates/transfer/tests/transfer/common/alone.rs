//! One peer alone, told by the test what the other one says.

use perkoon_protocol::control::{ControlMessage, Standing};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{
    Entry, Event, Hash, Millis, Receiver, ReceiverInput, ReceiverOutput, Sender, SenderInput, SenderOutput, TransferId,
};

use super::greeting::{code, greeting, meeting};

/// The transfer that the lone peers take part in.
pub const ID: TransferId = TransferId([7; 16]);

pub fn entry(name: &str, size: u64) -> Entry {
    Entry { path: vec![name.to_owned()], size, modified: None }
}

pub fn request(request: u32, file: u32, offset: u64, length: u32) -> ControlMessage {
    ControlMessage::Request { transfer: ID, request, file, offset, length, lane: 0 }
}

pub fn piece(request: u32, bytes: &[u8]) -> ControlMessage {
    ControlMessage::Piece { transfer: ID, request, hash: Hash(*blake3::hash(bytes).as_bytes()) }
}

/// What a peer said and told since it was last asked.
#[derive(Default, Debug)]
pub struct Told {
    pub messages: Vec<ControlMessage>,
    pub events: Vec<Event>,
}

impl Told {
    pub fn said(&self, message: &ControlMessage) -> bool {
        self.messages.contains(message)
    }

    /// Asserts that the transfer, or with no id the connection, failed for both sides.
    pub fn assert_failed(&self, about: &str, expected: ErrorCode, expected_transfer: Option<TransferId>) {
        let told = self.messages.iter().any(|message| {
            matches!(message, ControlMessage::Error { transfer, code, .. } if *code == expected && *transfer == expected_transfer)
        });
        assert!(told, "{about}: the peer is told of {expected}: {self:?}");
        let ends: Vec<_> = self.events.iter().filter(|event| event.is_terminal()).collect();
        assert!(matches!(ends[..], [Event::Failed { code, .. }] if *code == expected), "{about}: {self:?}");
    }
}

pub struct LoneReceiver {
    receiver: Receiver<Vec<u8>>,
    pub outputs: Vec<ReceiverOutput<Vec<u8>>>,
}

impl LoneReceiver {
    pub fn new() -> Self {
        let mut lone = Self { receiver: Receiver::new("receiver/1", code()), outputs: Vec::new() };
        lone.connect();
        lone
    }

    /// Greeted.
    pub fn greeted() -> Self {
        let mut lone = Self::new();
        lone.greet(None);
        lone
    }

    /// The files `a`, `b`, … of these sizes are offered.
    pub fn offered(sizes: &[u64]) -> Self {
        let mut lone = Self::greeted();
        lone.say(&ControlMessage::Offer { transfer: ID, files: sizes.len() as u32, bytes: sizes.iter().sum() });
        let entries = ('a'..).zip(sizes).map(|(name, size)| entry(&name.to_string(), *size)).collect();
        lone.say(&ControlMessage::Entries { transfer: ID, first: 0, entries });
        lone
    }

    /// Accepted; what was said and told so far is forgotten.
    pub fn running(sizes: &[u64]) -> Self {
        let mut lone = Self::offered(sizes);
        lone.put(ReceiverInput::Accept { kept: Vec::new() });
        lone.told();
        lone
    }

    /// A control channel opens.
    pub fn connect(&mut self) {
        self.put(ReceiverInput::Connected(meeting(Role::Receiver, 1, 2, 3)));
    }

    /// The sender says everything that comes before files.
    pub fn greet(&mut self, standing: Option<Standing>) {
        greeting(Role::Sender, standing).iter().for_each(|message| self.say(message));
    }

    pub fn put(&mut self, input: ReceiverInput<Vec<u8>>) {
        self.receiver.handle(Millis(0), input);
        self.outputs.extend(std::iter::from_fn(|| self.receiver.poll()));
    }

    pub fn say(&mut self, message: &ControlMessage) {
        self.text(&message.encode());
    }

    pub fn text(&mut self, text: &str) {
        self.put(ReceiverInput::Control(text.to_owned()));
    }

    pub fn bytes(&mut self, payload: &[u8]) {
        self.put(ReceiverInput::LaneMessage { lane: 0, payload: payload.to_vec() });
    }

    pub fn told(&mut self) -> Told {
        let mut told = Told::default();
        for output in self.outputs.drain(..) {
            match output {
                ReceiverOutput::Control(text) => {
                    told.messages.push(ControlMessage::decode(&text).expect("own messages are valid"));
                }
                ReceiverOutput::Event(event) => told.events.push(event),
                _ => {}
            }
        }
        told
    }
}

pub struct LoneSender {
    sender: Sender<Vec<u8>>,
    pub outputs: Vec<SenderOutput<Vec<u8>>>,
}

impl LoneSender {
    pub fn new() -> Self {
        let mut lone = Self { sender: Sender::new("sender/1", code()), outputs: Vec::new() };
        lone.connect();
        lone
    }

    /// Has offered the files `a`, `b`, … of these sizes.
    pub fn offered(sizes: &[u64]) -> Self {
        let mut lone = Self::new();
        lone.greet(None);
        let files = ('a'..).zip(sizes).map(|(name, size)| entry(&name.to_string(), *size)).collect();
        lone.put(SenderInput::Offer { transfer: ID, files });
        lone
    }

    /// Accepted, lane 0 open; what was said and told so far is forgotten.
    pub fn running(sizes: &[u64]) -> Self {
        let mut lone = Self::offered(sizes);
        lone.say(&ControlMessage::Accept { transfer: ID });
        lone.put(SenderInput::LaneOpened { lane: 0, max_message: 1 << 20 });
        lone.told();
        lone
    }

    /// Goes on with a transfer of the files `a`, `b`, … that another one has begun.
    pub fn restored(sizes: &[u64]) -> Self {
        let mut lone = Self { sender: Sender::new("sender/2", code()), outputs: Vec::new() };
        let files = ('a'..).zip(sizes).map(|(name, size)| entry(&name.to_string(), *size)).collect();
        lone.put(SenderInput::Restore { transfer: ID, files });
        lone.connect();
        lone
    }

    /// A control channel opens.
    pub fn connect(&mut self) {
        self.put(SenderInput::Connected(meeting(Role::Sender, 1, 2, 3)));
    }

    /// The receiver says everything that comes before files.
    pub fn greet(&mut self, standing: Option<Standing>) {
        greeting(Role::Receiver, standing).iter().for_each(|message| self.say(message));
    }

    pub fn put(&mut self, input: SenderInput<Vec<u8>>) {
        self.sender.handle(Millis(0), input);
        self.outputs.extend(std::iter::from_fn(|| self.sender.poll()));
    }

    pub fn say(&mut self, message: &ControlMessage) {
        self.text(&message.encode());
    }

    pub fn text(&mut self, text: &str) {
        self.put(SenderInput::Control(text.to_owned()));
    }

    /// Answers every read with zeros and empties the lanes; the payloads that went onto lanes.
    pub fn serve(&mut self) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        while let Some(index) =
            self.outputs.iter().position(|output| matches!(output, SenderOutput::Read { .. } | SenderOutput::Lane { .. }))
        {
            match self.outputs.remove(index) {
                SenderOutput::Read { request, length, .. } => {
                    self.put(SenderInput::Read { request, payload: vec![0; length as usize] });
                }
                SenderOutput::Lane { lane, payload } => {
                    sent.push(payload);
                    self.put(SenderInput::LaneBuffered { lane, bytes: 0 });
                }
                _ => {}
            }
        }
        sent
    }

    /// The next read that is not answered, which the caller is about to do.
    pub fn take_read(&mut self) -> Option<(u32, u32)> {
        let index = self.outputs.iter().position(|output| matches!(output, SenderOutput::Read { .. }))?;
        match self.outputs.remove(index) {
            SenderOutput::Read { request, length, .. } => Some((request, length)),
            _ => None,
        }
    }

    /// The reads asked for and not answered.
    pub fn reads(&self) -> Vec<(u32, u32)> {
        let read = |output: &_| match output {
            SenderOutput::Read { request, length, .. } => Some((*request, *length)),
            _ => None,
        };
        self.outputs.iter().filter_map(read).collect()
    }

    pub fn told(&mut self) -> Told {
        let mut told = Told::default();
        self.outputs.retain(|output| {
            match output {
                SenderOutput::Control(text) => told.messages.push(ControlMessage::decode(text).expect("own messages are valid")),
                SenderOutput::Event(event) => told.events.push(event.clone()),
                _ => return true,
            }
            false
        });
        told
    }
}

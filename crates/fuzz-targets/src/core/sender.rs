//! A sender whose receiver is the fuzzer.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use perkoon_protocol::control::{ControlMessage, Entry, Hash, TransferId};
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, LANE_MESSAGE_MIN_BYTES, LANES, PIECE_BYTES, REQUESTS_IN_FLIGHT};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, LANE_HIGH_WATER, Millis, READ_AHEAD_BYTES, Sender, SenderInput, SenderOutput};

use super::words;
use super::{Conduct, DEEDS};

/// What may be read ahead: a piece for each lane besides what all share.
const HELD: usize = READ_AHEAD_BYTES + LANES * PIECE_BYTES as usize;

/// Drives a sender as the input says, and checks that it keeps within its bounds.
pub fn sender(data: &[u8]) {
    drive(data);
}

/// What the deeds in the input lead to.
fn drive(data: &[u8]) -> Driven {
    let mut input = Unstructured::new(data);
    let mut driven = Driven::new();
    // An input that ends in the middle of a deed has done what came before.
    for _ in 0..DEEDS {
        if input.is_empty() || driven.deed(&mut input).is_err() {
            break;
        }
    }
    driven
}

struct Read {
    request: u32,
    length: u32,
    /// Of a transfer that has ended: nobody waits for it any more.
    is_late: bool,
}

/// A lane as the platform sees it.
struct Lane {
    max_message: usize,
    buffered: usize,
}

struct Driven {
    sender: Sender<Vec<u8>>,
    conduct: Conduct,
    files: Vec<Entry>,
    id: TransferId,
    reads: Vec<Read>,
    lanes: BTreeMap<u16, Lane>,
    /// Being read, or read and not yet on a lane. Not known any more once a lane has taken its requests along.
    held: Option<usize>,
    sent: u64,
    /// The next honest request, and the piece it asks for.
    next_request: u32,
    next_piece: (usize, u64),
}

impl Driven {
    fn new() -> Self {
        let mut driven = Self {
            sender: Sender::new("fuzzed/1", words::code()),
            conduct: Conduct::default(),
            files: Vec::new(),
            id: TransferId([0; 16]),
            reads: Vec::new(),
            lanes: BTreeMap::new(),
            held: Some(0),
            sent: 0,
            next_request: 0,
            next_piece: (0, 0),
        };
        driven.put(SenderInput::Connected(words::meeting()));
        driven
    }

    /// One thing happens.
    fn deed(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        match input.int_in_range(0..=23)? {
            0 => words::greeting(Role::Receiver).iter().for_each(|message| self.say(message)),
            1 | 2 => self.offer(input)?,
            3 => self.say(&ControlMessage::Accept { transfer: self.id }),
            4 => self.open_lane(input)?,
            5..=7 => self.ask(input)?,
            8..=10 => self.read(input)?,
            11 | 12 => self.drain(input)?,
            13 => {
                let share = u64::from(input.int_in_range(1..=4_u8)?);
                self.say(&ControlMessage::Written { transfer: self.id, bytes: self.sent * share / 4 });
            }
            14 => self.file_done(input)?,
            15 => self.say(&ControlMessage::Complete { transfer: self.id }),
            16 => self.say(&words::message(input)?),
            17 => self.put(SenderInput::Control(words::text(input)?)),
            18 => self.close_lane(input)?,
            19 => self.put(SenderInput::Pause),
            20 => self.put(SenderInput::Resume),
            21 => self.put(SenderInput::Cancel),
            23 => self.put(if input.arbitrary()? { SenderInput::Password(words::password()) } else { SenderInput::Unlock }),
            _ => {
                self.conduct.is_silent = true;
                self.put(SenderInput::Disconnected);
                self.put(SenderInput::Abandon);
            }
        }
        Ok(())
    }

    fn offer(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let (transfer, mut files) = (words::transfer(input)?, words::files(input)?);
        if input.ratio(1, 8)? {
            files[0].size = words::number(input)?;
        }
        // The driver knows better than to offer while another transfer is open.
        if !self.conduct.is_open {
            self.conduct.opens(files.iter().fold(0, |sum, entry| sum.saturating_add(entry.size)));
            (self.id, self.files) = (transfer, files.clone());
            (self.sent, self.next_request, self.next_piece) = (0, 0, (0, 0));
            self.put(SenderInput::Offer { transfer, files });
        }
        Ok(())
    }

    fn open_lane(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let lane = input.int_in_range(0..=17)?;
        let max_message = *input.choose(&[0, 1024, 1500, 16 << 10, LANE_MESSAGE_BYTES, usize::MAX])?;
        let opened = max_message.clamp(LANE_MESSAGE_MIN_BYTES, LANE_MESSAGE_BYTES);
        // What breaks the rules about lanes ends everything, so that nothing is ever sent on such a lane.
        self.lanes.entry(lane).or_insert(Lane { max_message: opened, buffered: 0 });
        self.put(SenderInput::LaneOpened { lane, max_message });
        Ok(())
    }

    /// The next piece in order, or any piece again.
    fn ask(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let piece = u64::from(PIECE_BYTES);
        let (mut file, mut offset) = self.next_piece;
        while self.files.get(file).is_some_and(|entry| offset >= entry.size) {
            (file, offset) = (file + 1, 0);
        }
        if file >= self.files.len() || input.ratio(1, 8)? {
            file = input.int_in_range(0..=self.files.len())?;
            offset = piece * input.int_in_range(0..=41)?;
        }
        let size = self.files.get(file).map_or(1, |entry| entry.size);
        let length = size.saturating_sub(offset).min(piece) as u32;
        let lane = self.lanes.keys().next().copied().unwrap_or_default();
        let lane = if input.ratio(1, 4)? { input.int_in_range(0..=17)? } else { lane };
        let request = self.next_request;
        self.next_request += 1;
        self.next_piece = (file, offset + piece);
        self.say(&ControlMessage::Request { transfer: self.id, request, file: file as u32, offset, length, lane });
        Ok(())
    }

    /// The disk answers.
    fn read(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        if self.reads.is_empty() {
            return Ok(());
        }
        let Read { request, length, is_late } = self.reads.remove(input.int_in_range(0..=self.reads.len() - 1)?);
        let outcome = input.int_in_range(0..=31)?;
        if outcome < 2 && !is_late {
            // Nothing of it is sent, nor kept.
            self.held = self.held.map(|held| held - length as usize);
        }
        match outcome {
            0 => self.put(SenderInput::ReadFailed { request, code: *input.choose(ErrorCode::ALL)? }),
            1 => self.put(SenderInput::Read { request, payload: vec![0; length as usize - 1] }),
            _ => self.put(SenderInput::Read { request, payload: vec![0; length as usize] }),
        }
        Ok(())
    }

    /// A lane's buffer empties, partly or whole.
    fn drain(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let share = input.int_in_range(0..=3)?;
        let lane = if input.arbitrary()? { input.int_in_range(0..=17)? } else { self.lanes.keys().next().copied().unwrap_or(0) };
        if let Some(open) = self.lanes.get_mut(&lane) {
            open.buffered = open.buffered * share / 4;
            let bytes = open.buffered;
            self.put(SenderInput::LaneBuffered { lane, bytes });
        }
        Ok(())
    }

    fn file_done(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let file = input.int_in_range(0..=self.files.len())?;
        // Large files are never whole here, and the digest of many zeros takes long.
        let size = self.files.get(file).map_or(0, |entry| entry.size).min(4 * u64::from(PIECE_BYTES));
        let mut hasher = blake3::Hasher::new();
        hasher.update(&vec![0; size as usize]);
        let hash = Hash(*hasher.finalize().as_bytes());
        self.say(&ControlMessage::FileDone { transfer: self.id, file: file as u32, hash });
        Ok(())
    }

    fn close_lane(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let lane = input.int_in_range(0..=17)?;
        if self.lanes.remove(&lane).is_some() {
            self.held = None;
            self.put(SenderInput::LaneClosed { lane });
        }
        Ok(())
    }

    fn say(&mut self, message: &ControlMessage) {
        self.put(SenderInput::Control(message.encode()));
    }

    fn put(&mut self, input: SenderInput<Vec<u8>>) {
        self.sender.handle(Millis(0), input);
        let (mut reads, mut words) = (0, 0);
        while let Some(output) = self.sender.poll() {
            reads += usize::from(matches!(output, SenderOutput::Read { .. }));
            words += usize::from(matches!(output, SenderOutput::Control(_)));
            self.obey(output);
        }
        assert!(reads <= REQUESTS_IN_FLIGHT && words <= 3 + self.files.len());
        assert!(self.held.is_none_or(|held| held <= HELD), "{:?} bytes read ahead", self.held);
    }

    fn obey(&mut self, output: SenderOutput<Vec<u8>>) {
        match output {
            SenderOutput::Control(text) => _ = self.conduct.says(&text),
            SenderOutput::Read { request, file, offset, length } => {
                let size = self.files[file as usize].size;
                assert!(offset + u64::from(length) <= size && length <= PIECE_BYTES, "a read beyond the file");
                self.held = self.held.map(|held| held + length as usize);
                self.reads.push(Read { request, length, is_late: false });
            }
            SenderOutput::Lane { lane, payload } => self.send(lane, &payload),
            SenderOutput::CloseLane { lane } => assert!(self.lanes.remove(&lane).is_some(), "an open lane is closed"),
            SenderOutput::Event(event) => self.told(&event),
        }
    }

    fn send(&mut self, lane: u16, payload: &[u8]) {
        let open = self.lanes.get_mut(&lane).expect("bytes go to open lanes only");
        assert!(payload.len() <= open.max_message, "a message too long");
        assert!(payload.is_empty() || open.buffered < LANE_HIGH_WATER, "a full lane is filled further");
        open.buffered += payload.len();
        self.held = self.held.map(|held| held.checked_sub(payload.len()).expect("what is sent was read"));
        self.sent += payload.len() as u64;
    }

    fn told(&mut self, event: &Event) {
        self.conduct.tells(event);
        if *event == Event::Complete {
            assert_eq!(self.conduct.files_done, self.files.len(), "complete before every file is done");
        }
        if event.is_terminal() {
            self.held = Some(0);
            self.reads.iter_mut().for_each(|read| read.is_late = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The honest deeds lead to the end of a transfer: nothing on the way to it is out of a fuzzer's reach.
    #[test]
    fn a_whole_transfer_is_within_reach() {
        let driven = drive(include_bytes!("../../../../fuzz/corpus/sender/seed-complete"));
        assert_eq!((driven.conduct.completed, driven.conduct.files_done, driven.conduct.progress), (1, 1, 3000));
    }
}

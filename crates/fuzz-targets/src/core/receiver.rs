//! A receiver whose sender is the fuzzer.

use std::collections::VecDeque;

use arbitrary::{Result, Unstructured};
use perkoon_protocol::control::{ControlMessage, Entry, Hash, TransferId};
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, PIECE_BYTES, REQUESTS_IN_FLIGHT, WINDOW_BYTES};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::digest::{piece_hash, piece_hasher};
use perkoon_transfer::{Event, Millis, Receiver, ReceiverInput, ReceiverOutput};

use super::words;
use super::{Conduct, DEEDS};

/// What one input may lead to, at most: requests, writes and files to finish, and a few words about it.
const OUTPUTS: usize = 3 * REQUESTS_IN_FLIGHT + 16;

/// Drives a receiver as the input says, and checks that it keeps within its bounds.
pub fn receiver(data: &[u8]) {
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

/// A piece that was asked for.
#[derive(Clone, Copy)]
struct Asked {
    request: u32,
    file: u32,
    offset: u64,
    length: u32,
    lane: u16,
    promised: Option<Hash>,
}

struct Driven {
    receiver: Receiver<Vec<u8>>,
    conduct: Conduct,
    now: u64,
    /// Offered last, and the transfer's id.
    files: Vec<Entry>,
    id: TransferId,
    /// Of the running transfer, oldest first; those before `served` were answered.
    asked: Vec<Asked>,
    served: usize,
    lane: Option<u16>,
    writing: VecDeque<(u32, u64, u32)>,
    finishing: VecDeque<u32>,
    is_publishing: bool,
    is_discarded: bool,
    requested: u64,
    arrived: u64,
    written: u64,
}

impl Driven {
    fn new() -> Self {
        let mut driven = Self {
            receiver: Receiver::new("fuzzed/1", words::code()),
            conduct: Conduct::default(),
            now: 0,
            files: Vec::new(),
            id: TransferId([0; 16]),
            asked: Vec::new(),
            served: 0,
            lane: None,
            writing: VecDeque::new(),
            finishing: VecDeque::new(),
            is_publishing: false,
            is_discarded: false,
            requested: 0,
            arrived: 0,
            written: 0,
        };
        driven.put(ReceiverInput::Connected(words::meeting()));
        driven
    }

    /// One thing happens.
    fn deed(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        self.now += u64::from(input.int_in_range(0..=3)? * 50_u8);
        match input.int_in_range(0..=23)? {
            0 => words::greeting(Role::Sender).iter().for_each(|message| self.say(message)),
            1 | 2 => self.offer(input)?,
            3 | 4 => self.put(ReceiverInput::Accept { kept: Vec::new() }),
            5..=8 => self.serve(input)?,
            9 | 10 => self.write_done(),
            11 => self.finish_done(),
            12 => self.publish_done(),
            13 => self.say(&words::message(input)?),
            14 => self.put(ReceiverInput::Control(words::text(input)?)),
            15 => self.lane_message(input)?,
            16 => self.put(ReceiverInput::LaneOpened { lane: input.int_in_range(0..=2)? }),
            17 => self.put(ReceiverInput::LaneClosed { lane: input.int_in_range(0..=2)? }),
            18 => self.put(ReceiverInput::Pause),
            19 => self.put(ReceiverInput::Resume),
            20 => self.put(if input.arbitrary()? { ReceiverInput::Reject } else { ReceiverInput::Cancel }),
            21 => {
                let code = *input.choose(&[ErrorCode::InsufficientStorage, ErrorCode::TargetExists, ErrorCode::Internal])?;
                self.put(ReceiverInput::SinkFailed { code, message: "the disk is gone".to_owned() });
            }
            23 => self.put(ReceiverInput::Password(words::password())),
            _ => {
                self.conduct.is_silent = true;
                self.put(ReceiverInput::Disconnected);
                self.put(ReceiverInput::Abandon);
            }
        }
        Ok(())
    }

    /// An offer as it should be, in one or two messages.
    fn offer(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let (transfer, entries) = (words::transfer(input)?, words::files(input)?);
        let bytes = entries.iter().map(|entry| entry.size).sum();
        let cut = input.int_in_range(0..=entries.len() - 1)?;
        self.say(&ControlMessage::Offer { transfer, files: entries.len() as u32, bytes });
        for (first, part) in [(0, &entries[..cut]), (cut, &entries[cut..])] {
            if !part.is_empty() {
                self.say(&ControlMessage::Entries { transfer, first: first as u32, entries: part.to_vec() });
            }
        }
        Ok(())
    }

    /// The oldest request not answered yet is, honestly or nearly so.
    fn serve(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let Some(asked) = self.asked.get(self.served).copied() else { return Ok(()) };
        self.served += 1;
        let bytes = vec![0; asked.length as usize];
        let mut hasher = piece_hasher(asked.offset);
        hasher.update(&bytes);
        let size = self.files.get(asked.file as usize).map_or(0, |entry| entry.size);
        let hash = if input.ratio(1, 16)? { Hash([7; 32]) } else { piece_hash(&hasher, size) };
        let message = ControlMessage::Piece { transfer: self.id, request: asked.request, hash };
        let hash_first: bool = input.arbitrary()?;
        if hash_first {
            self.say(&message);
        }
        let part = *input.choose(&[LANE_MESSAGE_BYTES, 64 << 10, 1 << 20])?;
        for part in bytes.chunks(part) {
            self.put(ReceiverInput::LaneMessage { lane: asked.lane, payload: part.to_vec() });
        }
        if !hash_first {
            self.say(&message);
        }
        Ok(())
    }

    fn lane_message(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let length = *input.choose(&[0, 1, 1023, 1024, 3000, LANE_MESSAGE_BYTES, LANE_MESSAGE_BYTES + 1])?;
        let lane = if input.ratio(1, 4)? { input.int_in_range(0..=3)? } else { self.lane.unwrap_or_default() };
        self.put(ReceiverInput::LaneMessage { lane, payload: vec![input.arbitrary()?; length] });
        Ok(())
    }

    fn write_done(&mut self) {
        if let Some((file, offset, length)) = self.writing.pop_front() {
            self.written += u64::from(length);
            self.put(ReceiverInput::Written { file, offset });
        }
    }

    fn finish_done(&mut self) {
        if let Some(file) = self.finishing.pop_front() {
            self.put(ReceiverInput::Finished { file });
        }
    }

    fn publish_done(&mut self) {
        if std::mem::take(&mut self.is_publishing) {
            self.put(ReceiverInput::Published);
        }
    }

    fn say(&mut self, message: &ControlMessage) {
        if let ControlMessage::Piece { request, hash, .. } = message
            && let Some(asked) = self.asked.iter_mut().find(|asked| asked.request == *request)
        {
            asked.promised.get_or_insert(*hash);
        }
        self.put(ReceiverInput::Control(message.encode()));
    }

    fn put(&mut self, input: ReceiverInput<Vec<u8>>) {
        if let ReceiverInput::LaneMessage { lane, payload } = &input
            && self.lane == Some(*lane)
        {
            self.arrived += payload.len() as u64;
        }
        self.receiver.handle(Millis(self.now), input);
        let outputs: Vec<_> = std::iter::from_fn(|| self.receiver.poll()).collect();
        assert!(outputs.len() <= OUTPUTS, "{} outputs", outputs.len());
        outputs.into_iter().for_each(|output| self.obey(output));
        assert!(self.requested - self.written <= WINDOW_BYTES, "more requested than the window holds");
        assert!(self.lane.is_none() || self.arrived - self.written <= WINDOW_BYTES, "more is held than the window allows");
    }

    fn obey(&mut self, output: ReceiverOutput<Vec<u8>>) {
        match output {
            ReceiverOutput::Control(text) => {
                if let ControlMessage::Request { request, file, offset, length, lane, .. } = self.conduct.says(&text) {
                    assert!(length <= PIECE_BYTES && self.lane == Some(lane));
                    self.requested += u64::from(length);
                    self.asked.push(Asked { request, file, offset, length, lane, promised: None });
                }
            }
            ReceiverOutput::OpenLane { lane } => assert_eq!(self.lane.replace(lane), None),
            ReceiverOutput::CloseLane { lane } => assert_eq!(self.lane.take(), Some(lane)),
            ReceiverOutput::Write { file, offset, payload } => self.write(file, offset, &payload),
            ReceiverOutput::Finish { file, .. } => {
                assert!(!self.is_discarded && self.writing.iter().all(|(writing, ..)| *writing != file));
                self.finishing.push_back(file);
            }
            ReceiverOutput::Publish => {
                assert!(self.finishing.is_empty() && self.conduct.files_done == self.files.len());
                self.is_publishing = true;
            }
            ReceiverOutput::Recall { .. } => panic!("nothing was said to be there from an earlier attempt"),
            ReceiverOutput::Discard | ReceiverOutput::Shelve => {
                assert!(!self.is_discarded, "thrown away twice");
                self.is_discarded = true;
                self.writing.clear();
                self.finishing.clear();
                self.is_publishing = false;
            }
            ReceiverOutput::Event(event) => self.told(event),
        }
    }

    /// Only what was asked for and matches the hash that was said is written.
    fn write(&mut self, file: u32, offset: u64, payload: &[Vec<u8>]) {
        assert!(!self.is_discarded);
        let asked = self.asked.iter().find(|asked| asked.file == file && asked.offset == offset).expect("it was asked for");
        let mut hasher = piece_hasher(offset);
        payload.iter().for_each(|part| _ = hasher.update(part));
        assert_eq!(payload.iter().map(Vec::len).sum::<usize>(), asked.length as usize);
        assert_eq!(asked.promised, Some(piece_hash(&hasher, self.files[file as usize].size)));
        self.writing.push_back((file, offset, asked.length));
    }

    fn told(&mut self, event: Event) {
        if event.is_terminal() {
            self.lane = None;
        }
        if let Event::Offered { transfer, files, bytes } = event {
            self.conduct.opens(bytes);
            (self.files, self.id) = (files, transfer);
            self.asked.clear();
            (self.served, self.requested, self.arrived, self.written, self.is_discarded) = (0, 0, 0, 0, false);
        } else {
            self.conduct.tells(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The honest deeds lead to the end of a transfer: nothing on the way to it is out of a fuzzer's reach.
    #[test]
    fn a_whole_transfer_is_within_reach() {
        let driven = drive(include_bytes!("../../../../fuzz/corpus/receiver/seed-complete"));
        assert_eq!((driven.conduct.completed, driven.conduct.files_done, driven.conduct.progress), (1, 1, 3000));
    }
}

//! What the peers want done, done; and the bounds that they must keep to.

use std::rc::Rc;

use perkoon_protocol::control::ControlMessage;
use perkoon_protocol::limits::{REQUESTS_IN_FLIGHT, WINDOW_BYTES};
use perkoon_transfer::{
    Event, LANE_HIGH_WATER, Millis, READ_AHEAD_BYTES, ReceiverInput, ReceiverOutput, SenderInput, SenderOutput,
};

use super::wire::LaneWire;
use super::{Pair, PendingRead, Sink};

impl Pair {
    pub(super) fn sender_wants(&mut self, output: SenderOutput<Vec<u8>>) {
        match output {
            SenderOutput::Control(text) => {
                if !self.wire.is_cut {
                    self.wire.to_receiver.push_back(text);
                }
            }
            SenderOutput::Read { request, file, offset, length } => {
                self.held_by_sender += length as usize;
                self.peaks.sender = self.peaks.sender.max(self.held_by_sender);
                assert!(self.peaks.sender <= READ_AHEAD_BYTES, "the sender reads too far ahead");
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

    pub(super) fn receiver_wants(&mut self, output: ReceiverOutput<Vec<u8>>) {
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
            Ok(ControlMessage::Request { file, offset, length, .. }) => {
                self.asked.push((file, offset));
                self.requested += u64::from(length);
                assert!(self.requested - self.written <= WINDOW_BYTES, "more is requested than the window holds");
            }
            Ok(ControlMessage::Check { file, offset, .. }) => self.checks.push((file, offset)),
            _ => {}
        }
    }

    /// The receiver hears of a new offer: a new sink, new books.
    fn offered(&mut self) {
        self.sink = Sink::keeping(&self.kept);
        (self.requested, self.written, self.arrived) = (0, 0, 0);
        self.receiver_events.clear();
    }
}

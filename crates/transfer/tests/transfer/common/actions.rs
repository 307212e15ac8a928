//! What can happen next in the world of a pair, and what follows from it.

use perkoon_protocol::limits::WINDOW_BYTES;
use perkoon_transfer::{ReceiverInput, SenderInput};

use super::wire::{LaneWire, Wire};
use super::{Channel, Pair, PendingRead};

/// Something that can happen next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
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

impl Pair {
    pub(super) fn is_slow(&self, action: Action) -> bool {
        match action {
            Action::Written(_) | Action::Finished(_) => self.conditions.slow_disk,
            Action::Read(_) => self.conditions.slow_reader,
            Action::LaneMessage(_) | Action::LaneOpenAtSender(_) => self.conditions.slow_lane,
            _ => false,
        }
    }

    /// What can happen next; what stands still only when nothing else can.
    pub(super) fn possible_despite_stalls(&mut self) -> Vec<Action> {
        self.stalls.retain(|(_, until)| *until > self.steps);
        let all = self.possible();
        let moving: Vec<Action> = all.iter().copied().filter(|action| !self.is_stalled(*action)).collect();
        if !moving.is_empty() {
            return moving;
        }
        self.stalls.clear();
        all
    }

    fn is_stalled(&self, action: Action) -> bool {
        let channel = match action {
            Action::ControlToSender => Channel::ControlToSender,
            Action::ControlToReceiver => Channel::ControlToReceiver,
            Action::LaneMessage(_) | Action::LaneOpenAtSender(_) => Channel::Lanes,
            Action::Read(_) => Channel::Reader,
            Action::Written(_) | Action::Finished(_) | Action::Recalled(_) => Channel::Disk,
            _ => return false,
        };
        self.stalls.iter().any(|(stalled, _)| *stalled == channel)
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

    pub(super) fn perform(&mut self, action: Action) {
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
                self.asked.clear();
                self.checks.clear();
                let writing: usize = self.sink.writing.iter().map(|(.., bytes)| bytes).sum();
                self.requested = self.written + writing as u64;
                self.arrived = self.requested;
                if std::mem::take(&mut self.sender_forgets) {
                    self.replace_sender();
                }
                self.connect();
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
                self.peaks.receiver = self.peaks.receiver.max(self.arrived - self.written);
                assert!(self.peaks.receiver <= WINDOW_BYTES, "the receiver holds more than its window");
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

    pub(super) fn lane(&mut self, lane: u16) -> &mut LaneWire {
        self.wire.lanes.get_mut(&lane).expect("a lane the receiver opened")
    }

    fn answer_read(&mut self, index: usize) {
        let PendingRead { request, file_number, file, offset, length, stale } = self.reads.remove(index);
        let read = file.read(offset, length);
        let check = self.checks.iter().position(|check| *check == (file_number, offset));
        if stale {
            // Nobody waits for it.
        } else if let Some(check) = check {
            self.checks.swap_remove(check);
            self.held_by_sender -= length as usize;
        } else if !self.asked.contains(&(file_number, offset)) {
            // Read to be compared with what the receiver has.
            self.held_by_sender -= length as usize;
        } else if read.as_ref().map_or(true, |payload| payload.len() != length as usize) {
            // Nothing of it is sent, nor kept.
            self.held_by_sender -= length as usize;
        }
        match read {
            Ok(payload) => self.tell_sender(SenderInput::Read { request, payload }),
            Err(code) => self.tell_sender(SenderInput::ReadFailed { request, code }),
        }
    }
}

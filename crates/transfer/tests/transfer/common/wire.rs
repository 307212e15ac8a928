//! The network between two peers: ordered channels, each as slow as chance wants, none ordered against another.

use std::collections::{BTreeMap, VecDeque};

/// One lane.
#[derive(Default)]
pub struct LaneWire {
    /// Messages in the sender's buffer or on their way.
    pub messages: VecDeque<Vec<u8>>,
    pub known_to_sender: bool,
    pub known_to_receiver: bool,
    /// Half of what the buffer held after the last message.
    pub low_at: usize,
    /// The buffer fell to it and the sender has not heard yet.
    pub low: bool,
    /// Someone closed it.
    pub closing: bool,
    pub closed_at_sender: bool,
    pub closed_at_receiver: bool,
}

impl LaneWire {
    pub fn buffered(&self) -> usize {
        self.messages.iter().map(Vec::len).sum()
    }
}

/// Everything under way.
#[derive(Default)]
pub struct Wire {
    pub to_sender: VecDeque<String>,
    pub to_receiver: VecDeque<String>,
    pub lanes: BTreeMap<u16, LaneWire>,
    pub is_cut: bool,
    pub sender_gone: bool,
    pub receiver_gone: bool,
}

impl Wire {
    /// The connection breaks: what was under way is lost, and each side notices in its own time.
    pub fn cut(&mut self) {
        self.is_cut = true;
        self.to_sender.clear();
        self.to_receiver.clear();
        for lane in self.lanes.values_mut() {
            lane.messages.clear();
            lane.closing = true;
        }
    }
}

//! The sender's view of its lanes: who is open and how full their send buffers are.

use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, LANE_MESSAGE_MIN_BYTES, LANES};

use super::LANE_HIGH_WATER;
use crate::fault::{Checked, ensure};

/// One open lane.
pub(super) struct Lane {
    pub number: u16,
    /// The largest message to put on it.
    pub max_message: usize,
    /// Bytes handed over and, as far as known, not yet sent.
    buffered: usize,
    /// While going through the queue: an earlier piece on this lane has to wait, so later ones do too.
    pub blocked: bool,
    /// While going through the queue: bytes being read, or read and not handed over.
    pub held: usize,
}

impl Lane {
    pub fn has_room(&self) -> bool {
        self.buffered < LANE_HIGH_WATER
    }

    pub fn add(&mut self, bytes: usize) {
        self.buffered += bytes;
    }
}

/// The open lanes.
#[derive(Default)]
pub(super) struct Lanes(Vec<Lane>);

impl Lanes {
    pub fn open(&mut self, number: u16, max_message: usize) -> Checked {
        ensure(self.get(number).is_none(), "the same lane twice")?;
        ensure(self.0.len() < LANES, "too many lanes")?;
        let max_message = max_message.clamp(LANE_MESSAGE_MIN_BYTES, LANE_MESSAGE_BYTES);
        self.0.push(Lane { number, max_message, buffered: 0, blocked: false, held: 0 });
        Ok(())
    }

    pub fn buffered(&mut self, number: u16, bytes: usize) {
        if let Some(lane) = self.get(number) {
            lane.buffered = bytes;
        }
    }

    pub fn close(&mut self, number: u16) {
        self.0.retain(|lane| lane.number != number);
    }

    pub fn get(&mut self, number: u16) -> Option<&mut Lane> {
        self.0.iter_mut().find(|lane| lane.number == number)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.0.iter_mut()
    }

    /// Forgets all lanes; their numbers.
    pub fn take(&mut self) -> impl Iterator<Item = u16> + use<> {
        std::mem::take(&mut self.0).into_iter().map(|lane| lane.number)
    }
}

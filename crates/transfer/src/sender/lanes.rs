//! The sender's view of its lanes: who is open and how full their send buffers are.

use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, LANE_MESSAGE_MIN_BYTES, LANES};

use super::{LANE_FIRST_BYTES, LANE_HIGH_WATER};
use crate::fault::{Checked, ensure};

/// A send buffer may hold one byte for each so many that went onto the lane, besides what it may hold from the first.
const GROWTH: usize = 100;

/// Messages of a lane that starts gently are small, but not so small that handling them costs more than their bytes.
const SMALLEST_MESSAGE: usize = 16 << 10;

/// One open lane.
pub(super) struct Lane {
    pub number: u16,
    /// The largest message that may be put on it.
    max_message: usize,
    /// Bytes handed over and, as far as known, not yet sent.
    buffered: usize,
    /// Bytes handed over in all.
    sent: usize,
    /// While going through the queue: an earlier piece on this lane has to wait, so later ones do too.
    pub blocked: bool,
    /// While going through the queue: bytes being read, or read and not handed over.
    pub held: usize,
}

impl Lane {
    /// What the send buffer may hold. It grows with what has gone through it. An association that is given megabytes at once doubles
    /// its congestion window until it loses most of one, and then stands still for one or two seconds (measured in Chromium 156 on
    /// one machine; RFC 9260 section 7.2.1 calls it slow start). One that is fed gently loses little, and late.
    fn limit(&self) -> usize {
        LANE_HIGH_WATER.min(LANE_FIRST_BYTES + self.sent / GROWTH)
    }

    pub fn has_room(&self) -> bool {
        self.buffered < self.limit()
    }

    /// How long the next message may be: a part of what the buffer may hold, in whole chunks of the hash.
    pub fn message_bytes(&self) -> usize {
        self.max_message.min(SMALLEST_MESSAGE.max(self.limit() / 4 / 1024 * 1024))
    }

    pub fn add(&mut self, bytes: usize) {
        self.buffered += bytes;
        self.sent = self.sent.saturating_add(bytes);
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
        self.0.push(Lane { number, max_message, buffered: 0, sent: 0, blocked: false, held: 0 });
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

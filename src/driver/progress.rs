//! Progress as it is shown: at most twice a second, with speed, time left and the samples of the graph.

use perkoon_transfer::{Millis, progress::Meter};

use crate::state::Progress;

/// Between two showings. Numbers that change faster cannot be read, and each showing draws the page anew, on both devices: at four a
/// second that took 3 % of the processors' time (measured in Chromium 156, two processors).
const SHOW_MS: u64 = 500;

/// Between two samples of the graph.
const SAMPLE_MS: u64 = 500;

/// Collects progress between showings.
#[derive(Default)]
pub(super) struct ProgressGate {
    meter: Meter,
    accepted: Option<Millis>,
    bytes: u64,
    total: u64,
    /// The files that have moved since the last showing, by number.
    files: Vec<(u32, u64)>,
    shown: Option<Millis>,
    sampled: Option<Millis>,
}

impl ProgressGate {
    /// The receiver said yes to `total` bytes.
    pub(super) fn start(&mut self, now: Millis, total: u64) {
        *self = Self { accepted: Some(now), total, ..Self::default() };
        self.meter.record(now, 0);
    }

    /// The transfer has moved.
    pub(super) fn moved(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// One file of it has.
    pub(super) fn file_moved(&mut self, file: u32, bytes: u64) {
        match self.files.binary_search_by_key(&file, |(number, _)| *number) {
            Ok(index) => self.files[index].1 = bytes,
            Err(index) => self.files.insert(index, (file, bytes)),
        }
    }

    /// Milliseconds since the receiver's yes.
    pub(super) fn duration(&self, now: Millis) -> u64 {
        self.accepted.map_or(0, |accepted| now.since(accepted))
    }

    /// After a pause: the time that passed was no one's speed.
    pub(super) fn resume(&mut self, now: Millis) {
        self.meter.reset();
        self.meter.record(now, self.bytes);
    }

    /// What to show now, if it is time to.
    pub(super) fn due(&mut self, now: Millis) -> Option<(Progress, Vec<(u32, u64)>)> {
        let early = self.shown.is_some_and(|shown| now.since(shown) < SHOW_MS);
        if early { None } else { Some(self.show(now)) }
    }

    /// What to show now, whatever the time.
    pub(super) fn show(&mut self, now: Millis) -> (Progress, Vec<(u32, u64)>) {
        self.shown = Some(now);
        self.meter.record(now, self.bytes);
        let sample = self.sampled.is_none_or(|sampled| now.since(sampled) >= SAMPLE_MS);
        if sample {
            self.sampled = Some(now);
        }
        let eta = self.meter.eta(self.total.saturating_sub(self.bytes));
        let progress = Progress { bytes: self.bytes, speed: self.meter.speed(), eta, sample };
        (progress, std::mem::take(&mut self.files))
    }
}

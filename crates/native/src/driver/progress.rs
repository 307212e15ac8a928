//! Progress as it is told: at most ten times a second.

use std::time::Duration;

use perkoon_transfer::{Millis, progress::Meter};

use crate::Progress;

/// Between two tellings.
const SHOW_MS: u64 = 100;

/// Collects progress between tellings.
#[derive(Default)]
pub(super) struct ProgressGate {
    meter: Meter,
    accepted: Millis,
    bytes: u64,
    /// Bytes of all files.
    pub(super) total: u64,
    shown: Option<Millis>,
}

impl ProgressGate {
    /// The receiver said yes.
    pub(super) fn start(&mut self, now: Millis) {
        *self = Self { accepted: now, total: self.total, ..Self::default() };
        self.meter.record(now, 0);
    }

    /// The transfer has moved.
    pub(super) fn moved(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// Time since the receiver's yes.
    pub(super) fn duration(&self, now: Millis) -> Duration {
        Duration::from_millis(now.since(self.accepted))
    }

    /// After a pause: the time that passed was no one's speed.
    pub(super) fn resume(&mut self, now: Millis) {
        self.meter.reset();
        self.meter.record(now, self.bytes);
    }

    /// What to tell now, if it is time to.
    pub(super) fn due(&mut self, now: Millis) -> Option<Progress> {
        let early = self.shown.is_some_and(|shown| now.since(shown) < SHOW_MS);
        if early { None } else { Some(self.show(now)) }
    }

    /// What to tell now, whatever the time.
    pub(super) fn show(&mut self, now: Millis) -> Progress {
        self.shown = Some(now);
        self.meter.record(now, self.bytes);
        let eta = self.meter.eta(self.total.saturating_sub(self.bytes));
        Progress { bytes: self.bytes, total: self.total, speed: self.meter.speed(), eta }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_ten_times_a_second_at_most_and_the_end_at_once() {
        let mut gate = ProgressGate { total: 1_000, ..ProgressGate::default() };
        gate.start(Millis(5_000));
        let told = (0..1_000).filter(|step| {
            gate.moved(*step);
            gate.due(Millis(5_000 + step)).is_some()
        });
        assert_eq!(told.count(), 10);
        gate.moved(1_000);
        let last = gate.show(Millis(6_001));
        assert_eq!((last.bytes, last.total, last.eta), (1_000, 1_000, Some(0.0)));
        assert_eq!(gate.duration(Millis(6_001)), Duration::from_millis(1_001));
    }
}

//! Speed and time left.

use std::collections::VecDeque;

use crate::Millis;

/// How far back samples count.
const WINDOW_MILLIS: u64 = 3_000;

/// Samples closer together than this replace one another, which bounds how many are kept: about 60.
const STEP_MILLIS: u64 = 50;

/// Speed over the last seconds, from samples of the bytes transferred so far.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    samples: VecDeque<(Millis, u64)>,
}

impl Meter {
    /// A meter without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// At `now`, `bytes` of the transfer are done. Worth telling once a second too when nothing moves: silence has no speed.
    pub fn record(&mut self, now: Millis, bytes: u64) {
        if let [.., (before, _), (last, _)] = self.samples.make_contiguous()
            && last.since(*before) < STEP_MILLIS
        {
            self.samples.pop_back();
        }
        self.samples.push_back((now, bytes));
        // One sample older than the window stays, so that the speed covers the whole of it.
        while self.samples.get(1).is_some_and(|(second, _)| now.since(*second) >= WINDOW_MILLIS) {
            self.samples.pop_front();
        }
    }

    /// Bytes a second over the last about three seconds; 0 before the second sample.
    pub fn speed(&self) -> f64 {
        let (Some((start, first)), Some((end, last))) = (self.samples.front(), self.samples.back()) else { return 0.0 };
        let millis = end.since(*start);
        if millis == 0 { 0.0 } else { last.saturating_sub(*first) as f64 * 1000.0 / millis as f64 }
    }

    /// Seconds until `remaining` bytes are done at this speed; `None` while nothing moves.
    pub fn eta(&self, remaining: u64) -> Option<f64> {
        let speed = self.speed();
        if remaining == 0 {
            Some(0.0)
        } else if speed > 0.0 {
            Some(remaining as f64 / speed)
        } else {
            None
        }
    }

    /// Forgets everything: after a pause, or for the next transfer.
    pub fn reset(&mut self) {
        self.samples.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_has_its_speed() {
        let mut meter = Meter::new();
        for step in 0..1000 {
            meter.record(Millis(step * 10), step * 10_000);
        }
        assert!((meter.speed() - 1_000_000.0).abs() < 1.0, "{}", meter.speed());
        assert_eq!(meter.eta(0), Some(0.0));
        assert!((meter.eta(2_000_000).expect("moving") - 2.0).abs() < 0.01);
        assert!(meter.samples.len() <= 70, "{}", meter.samples.len());
    }

    #[test]
    fn speed_follows_within_the_window() {
        let mut meter = Meter::new();
        for step in 0..100 {
            meter.record(Millis(step * 100), step * 100_000);
        }
        for step in 100..140 {
            meter.record(Millis(step * 100), 9_900_000);
        }
        assert_eq!(meter.speed(), 0.0);
        assert_eq!(meter.eta(1), None);
    }

    #[test]
    fn one_sample_has_no_speed() {
        let mut meter = Meter::new();
        assert_eq!(meter.speed(), 0.0);
        meter.record(Millis(5), 10);
        assert_eq!(meter.speed(), 0.0);
        meter.record(Millis(5), 20);
        assert_eq!(meter.speed(), 0.0);
        meter.reset();
        assert_eq!(meter.eta(1), None);
    }
}

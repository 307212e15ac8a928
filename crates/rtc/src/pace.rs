//! How much may be on its way at once. The stack lets its congestion window grow for as long as nothing is lost; what is then lost at once,
//! in a full socket buffer, takes it a second and more to find out, several times over. So it is given no more than what the path carries:
//! twice the bandwidth-delay product, as BBR has it (Cardwell et al., "BBR: Congestion-Based Congestion Control", 2016).

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Bytes that may be on their way in any case: less than a socket's receive buffer usually takes, and more than what is on its way between two
/// devices of one network.
const LEAST: usize = 256 << 10;

/// How much more than what the path is known to carry may be on its way, so that it is found out when it carries more.
const GAIN: f64 = 2.0;

/// How long a measurement counts, at least; it is forgotten after twice as long.
const MEMORY: Duration = Duration::from_secs(5);

/// Between two measurements that begin.
const SPACING: Duration = Duration::from_millis(1);

/// Measurements that have begun, at most. One that is lost ends with what is acknowledged later.
const MARKS: usize = 1024;

/// A measurement that has begun: what had been acknowledged and sent, and when.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Instant,
    acknowledged: u64,
    sent: u64,
}

/// What the path was found to carry.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// Bytes a second, at most.
    rate: f64,
    /// Seconds there and back, at least.
    round_trip: f64,
}

impl Found {
    const NOTHING: Self = Self { rate: 0.0, round_trip: f64::INFINITY };

    fn and(self, other: Self) -> Self {
        Self { rate: self.rate.max(other.rate), round_trip: self.round_trip.min(other.round_trip) }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    acknowledged: u64,
    /// Where in all that was ever sent the sending is.
    sent: u64,
    marks: VecDeque<Mark>,
    since: Option<Instant>,
    /// Measured since then, and in the time before.
    found: [Found; 2],
}

impl Default for Pace {
    fn default() -> Self {
        Self { acknowledged: 0, sent: 0, marks: VecDeque::new(), since: None, found: [Found::NOTHING; 2] }
    }
}

impl Pace {
    /// So many more bytes are acknowledged, and so many are on their way. To be called whenever something has left.
    pub(crate) fn settle(&mut self, now: Instant, acknowledged: usize, on_their_way: usize) {
        self.acknowledged += acknowledged as u64;
        while let Some(mark) = self.marks.pop_front_if(|mark| mark.sent <= self.acknowledged) {
            let (seconds, bytes) = (now.duration_since(mark.at).as_secs_f64(), self.acknowledged - mark.acknowledged);
            if seconds > 0.0 {
                self.measured(now, Found { rate: bytes as f64 / seconds, round_trip: seconds });
            }
        }
        let (acknowledged, sent) = (self.acknowledged, self.acknowledged + on_their_way as u64);
        // Only what leaves now tells how long it takes.
        if sent > self.sent {
            self.sent = sent;
            let due = self.marks.back().is_none_or(|mark| now.duration_since(mark.at) >= SPACING);
            if due && self.marks.len() < MARKS {
                self.marks.push_back(Mark { at: now, acknowledged, sent });
            }
        }
    }

    fn measured(&mut self, now: Instant, found: Found) {
        if now.duration_since(*self.since.get_or_insert(now)) >= MEMORY {
            self.since = Some(now);
            self.found = [Found::NOTHING, self.found[0]];
        }
        self.found[0] = self.found[0].and(found);
    }

    /// Bytes that may be on their way.
    pub(crate) fn allowed(&self) -> usize {
        let Found { rate, round_trip } = self.found[0].and(self.found[1]);
        let carried = if round_trip.is_finite() { rate * round_trip } else { 0.0 };
        LEAST.max((GAIN * carried) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is allowed after so long a time of sending all that is, over a path of this rate and length.
    fn after(pace: &mut Pace, begun: Instant, seconds: f64, rate: f64, round_trip: f64) -> usize {
        const STEP: f64 = 0.001;
        let (mut arriving, mut on_their_way, mut credit) = (VecDeque::new(), 0, 0.0);
        for step in 0..(seconds / STEP) as u64 {
            let now = begun + Duration::from_secs_f64(step as f64 * STEP);
            let mut acknowledged = 0;
            while let Some((_, bytes)) = arriving.pop_front_if(|(due, _): &mut (Instant, usize)| *due <= now) {
                acknowledged += bytes;
            }
            on_their_way -= acknowledged;
            pace.settle(now, acknowledged, on_their_way);
            credit = f64::min(credit + rate * STEP, rate * STEP * 2.0);
            let leaving = pace.allowed().saturating_sub(on_their_way).min(credit as usize);
            credit -= leaving as f64;
            on_their_way += leaving;
            if leaving > 0 {
                arriving.push_back((now + Duration::from_secs_f64(round_trip), leaving));
                pace.settle(now, 0, on_their_way);
            }
        }
        pace.allowed()
    }

    #[test]
    fn a_short_path_is_not_filled_with_more_than_it_carries() {
        let allowed = after(&mut Pace::default(), Instant::now(), 2.0, 30e6, 0.002);
        assert_eq!(allowed, LEAST);
    }

    #[test]
    fn a_long_path_is_filled_within_some_round_trips() {
        let carried = 100e6 * 0.1;
        let allowed = after(&mut Pace::default(), Instant::now(), 1.5, 100e6, 0.1) as f64;
        assert!((1.5 * carried..3.0 * carried).contains(&allowed), "{allowed}");
    }

    #[test]
    fn what_was_measured_long_ago_is_forgotten() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let before = after(&mut pace, begun, 3.0, 100e6, 0.05);
        let later = after(&mut pace, begun + Duration::from_secs(3), 12.0, 5e6, 0.05);
        assert!(before > 5_000_000 && later < 1_000_000, "{before}, then {later}");
    }
}

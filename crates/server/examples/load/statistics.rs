//! Medians and percentiles of small samples.

use std::time::Duration;

/// Durations in ascending order, never none.
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Of these.
    pub fn new(mut durations: Vec<Duration>) -> Self {
        assert!(!durations.is_empty(), "there is nothing to say about no durations");
        durations.sort_unstable();
        Self(durations)
    }

    /// The one in the middle.
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The smallest one that is not smaller than this part of them.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0[rank.clamp(1, self.0.len()) - 1]
    }
}

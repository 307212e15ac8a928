use crate::clock::Millis;

/// Credit that refills steadily up to a bound.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    most: f64,
    credit: f64,
    refilled_at: Millis,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(now: Millis, per_second: f64, most: f64) -> Self {
        Self { per_second, most, credit: most, refilled_at: now }
    }

    /// Spends `cost` if the credit is there.
    pub(crate) fn spend(&mut self, now: Millis, cost: f64) -> bool {
        self.credit = (self.credit + now.since(self.refilled_at).as_secs_f64() * self.per_second).min(self.most);
        self.refilled_at = now;
        let enough = cost <= self.credit;
        if enough {
            self.credit -= cost;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spends_what_was_saved_and_refills_in_time() {
        let mut bucket = Bucket::new(Millis(0), 2.0, 3.0);
        assert!(bucket.spend(Millis(0), 3.0));
        assert!(!bucket.spend(Millis(499), 1.0));
        assert!(bucket.spend(Millis(500), 1.0));
        assert!(!bucket.spend(Millis(500), 0.5));
        assert!(bucket.spend(Millis(1_000_000), 3.0), "refilled, and no further than the bound");
        assert!(!bucket.spend(Millis(1_000_000), 0.1));
    }
}

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::Duration,
};

use crate::{client::grouped, clock::Millis, config::RequestLimits};

pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Budget {
    Create,
    Join,
    Status,
}

impl Budget {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Join => "join",
            Self::Status => "status",
        }
    }

    /// How many requests there may be in [`WINDOW`].
    pub(crate) const fn of(self, limits: &RequestLimits) -> usize {
        match self {
            Self::Create => limits.creates,
            Self::Join => limits.joins,
            Self::Status => limits.statuses,
        }
    }
}

type Requests = HashMap<(Budget, IpAddr), VecDeque<Millis>>;

/// Counts each address's requests over a sliding window.
///
/// Addresses live in two generations: whoever asks is moved to the recent one; every window, or when that one is full, it becomes
/// the old one and the previous old one is dropped whole. So memory is bounded, and each request costs the same.
#[derive(Debug)]
pub(crate) struct RequestLimiter {
    limits: RequestLimits,
    addresses: usize,
    recent: Requests,
    old: Requests,
    turned_at: Millis,
}

impl RequestLimiter {
    pub(crate) fn new(now: Millis, limits: RequestLimits, addresses: usize) -> Self {
        Self { limits, addresses, recent: Requests::new(), old: Requests::new(), turned_at: now }
    }

    /// Counts a request, or says how long to wait. A refused request is not counted.
    pub(crate) fn admit(&mut self, now: Millis, budget: Budget, address: IpAddr) -> Result<(), Duration> {
        let most = budget.of(&self.limits);
        if most == 0 {
            return Ok(());
        }
        let times = self.times(now, (budget, grouped(address)));
        while times.front().is_some_and(|time| now.since(*time) >= WINDOW) {
            times.pop_front();
        }
        match times.front() {
            Some(oldest) if times.len() >= most => Err(WINDOW - now.since(*oldest)),
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }

    fn times(&mut self, now: Millis, key: (Budget, IpAddr)) -> &mut VecDeque<Millis> {
        let full = self.recent.len() >= self.addresses && !self.recent.contains_key(&key);
        if full || now.since(self.turned_at) >= WINDOW {
            self.old = std::mem::take(&mut self.recent);
            self.turned_at = now;
        }
        let moved = self.old.remove(&key).unwrap_or_default();
        self.recent.entry(key).or_insert(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(addresses: usize) -> RequestLimiter {
        RequestLimiter::new(Millis(0), RequestLimits { creates: 2, joins: 1, statuses: 0 }, addresses)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_window_slides() {
        let (mut limiter, home) = (limiter(10), address("192.0.2.1"));
        assert_eq!(limiter.admit(Millis(0), Budget::Create, home), Ok(()));
        assert_eq!(limiter.admit(Millis(30_000), Budget::Create, home), Ok(()));
        assert_eq!(limiter.admit(Millis(59_999), Budget::Create, home), Err(Duration::from_millis(1)));
        assert_eq!(limiter.admit(Millis(60_000), Budget::Create, home), Ok(()));
        assert_eq!(limiter.admit(Millis(60_000), Budget::Create, home), Err(Duration::from_secs(30)));
    }

    #[test]
    fn budgets_and_addresses_are_counted_apart() {
        let mut limiter = limiter(10);
        for place in ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1"] {
            assert_eq!(limiter.admit(Millis(0), Budget::Join, address(place)), Ok(()), "{place}");
        }
        assert_eq!(limiter.admit(Millis(0), Budget::Create, address("192.0.2.1")), Ok(()));
        assert!(limiter.admit(Millis(0), Budget::Join, address("::ffff:192.0.2.1")).is_err(), "the same address, mapped");
        assert!(limiter.admit(Millis(0), Budget::Join, address("2001:db8:0:1::2")).is_err(), "the same /64");
        for _ in 0..1000 {
            assert_eq!(limiter.admit(Millis(0), Budget::Status, address("192.0.2.1")), Ok(()), "zero is no limit");
        }
    }

    #[test]
    fn many_addresses_stay_within_the_table() {
        let mut limiter = limiter(10);
        for number in 0..10_000_u32 {
            assert_eq!(limiter.admit(Millis(0), Budget::Join, IpAddr::V4(number.into())), Ok(()));
            assert!(limiter.recent.len() + limiter.old.len() <= 20);
        }
        assert!(limiter.admit(Millis(0), Budget::Join, IpAddr::V4(9_999.into())).is_err(), "the latest are remembered");
    }

    #[test]
    fn a_window_without_requests_forgets_an_address() {
        let (mut limiter, home) = (limiter(10), address("192.0.2.1"));
        assert_eq!(limiter.admit(Millis(0), Budget::Join, home), Ok(()));
        assert_eq!(limiter.admit(Millis(61_000), Budget::Join, address("192.0.2.2")), Ok(()));
        assert_eq!(limiter.admit(Millis(122_000), Budget::Join, address("192.0.2.2")), Ok(()));
        assert_eq!(limiter.recent.len() + limiter.old.len(), 1);
    }
}

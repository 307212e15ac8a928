use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::client::grouped;

/// How many things each address has at once.
#[derive(Debug)]
pub(crate) struct Tally {
    /// For one address; zero means any number.
    most: usize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl Tally {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, by_address: Mutex::default() })
    }

    /// Counts one more for as long as the answer lives. None when the address has as many as it may.
    pub(crate) fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let address = grouped(address);
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let before = by_address.get(&address).copied().unwrap_or_default();
        if self.most > 0 && before >= self.most {
            return None;
        }
        by_address.insert(address, before + 1);
        drop(by_address);
        Some(Counted { address, tally: Arc::clone(self) })
    }
}

/// One of the things that an address has.
#[derive(Debug)]
pub(crate) struct Counted {
    address: IpAddr,
    tally: Arc<Tally>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut by_address = self.tally.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        match by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(by_address.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_address_has_as_many_as_it_may_and_gets_them_back() {
        let tally = Tally::new(2);
        let first = tally.count(address("192.0.2.1")).expect("there is room");
        let second = tally.count(address("::ffff:192.0.2.1")).expect("there is room");
        assert!(tally.count(address("192.0.2.1")).is_none(), "the same address, mapped");
        let other = tally.count(address("192.0.2.2")).expect("another address");
        drop(first);
        let third = tally.count(address("192.0.2.1")).expect("there is room again");
        drop((second, third, other));
        assert!(tally.by_address.lock().expect("not poisoned").is_empty(), "nothing is remembered of who is gone");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let tally = Tally::new(1);
        let _first = tally.count(address("2001:db8:0:1::1")).expect("there is room");
        assert!(tally.count(address("2001:db8:0:1:ffff::2")).is_none(), "the same /64");
        assert!(tally.count(address("2001:db8:0:2::1")).is_some(), "another one");
    }

    #[test]
    fn zero_is_no_limit() {
        let tally = Tally::new(0);
        let counted: Vec<_> = (0..1000).map_while(|_| tally.count(address("192.0.2.1"))).collect();
        assert_eq!(counted.len(), 1000);
    }
}

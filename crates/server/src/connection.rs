//! Connections: how many there may be, and whose address a request counts for.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use tokio::sync::watch;

use crate::{config::Capacity, state::AppState};

/// Counts open connections, all together and by address.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    most_by_address: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
    all: watch::Sender<usize>,
}

impl Connections {
    pub(crate) fn new(capacity: Capacity, trusted_proxies: usize) -> Arc<Self> {
        let by_address = if trusted_proxies == 0 { capacity.connections_per_address } else { 0 };
        Arc::new(Self {
            most: capacity.connections,
            most_by_address: by_address,
            open: Mutex::default(),
            all: watch::Sender::new(0),
        })
    }

    /// Counts a connection for as long as the answer, or a clone of it, lives. None when there are too many.
    pub(crate) fn open(self: &Arc<Self>, address: IpAddr) -> Option<Connection> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.get(&address).copied().unwrap_or_default();
        let crowded = self.most_by_address > 0 && here >= self.most_by_address;
        if crowded || *self.all.borrow() >= self.most {
            return None;
        }
        open.insert(address, here + 1);
        self.all.send_modify(|all| *all += 1);
        drop(open);
        Some(Connection(Arc::new(Counted { address, connections: Arc::clone(self) })))
    }

    /// Resolves when the last one has ended.
    pub(crate) async fn all_closed(&self) {
        let closed = self.all.subscribe().wait_for(|all| *all == 0).await.is_ok();
        debug_assert!(closed, "the sending half lives in self");
    }
}

/// An open connection. Every request on it carries a clone among its extensions; a socket keeps one.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    address: IpAddr,
    connections: Arc<Connections>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.address)),
        }
        self.connections.all.send_modify(|all| *all -= 1);
    }
}

/// The address that a request counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client(pub IpAddr);

impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Connection>().map_or(Ipv4Addr::UNSPECIFIED.into(), |connection| connection.0.address);
        Ok(Self(forwarded_for(&parts.headers, state.trusted_proxies).unwrap_or(peer)))
    }
}

/// What the outermost trusted proxy saw: further left in the header stands only what clients claim.
fn forwarded_for(headers: &HeaderMap, trusted_proxies: usize) -> Option<IpAddr> {
    let place = trusted_proxies.checked_sub(1)?;
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    hops.iter().rev().nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize, by_address: usize) -> Arc<Connections> {
        let capacity = Capacity { connections: most, connections_per_address: by_address, ..Capacity::default() };
        Connections::new(capacity, 0)
    }

    #[test]
    fn one_address_cannot_take_all_connections() {
        let connections = connections(3, 2);
        let [one, other] = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        let first = connections.open(one).expect("there is room");
        let second = connections.open(one).expect("there is room");
        assert!(connections.open(one).is_none(), "two are enough for one address");
        let third = connections.open(other).expect("there is room");
        assert!(connections.open(other).is_none(), "three are enough together");
        let kept = first.clone();
        drop((first, second));
        let fourth = connections.open(one).expect("there is room again");
        assert!(connections.open(one).is_none(), "a clone counts on");
        drop((kept, third, fourth));
        assert!(connections.open.lock().expect("not poisoned").is_empty());
    }

    #[test]
    fn forwarded_addresses_count_from_the_right() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9, 198.51.100.2".parse().expect("a value"));
        headers.append("x-forwarded-for", "10.0.0.1".parse().expect("a value"));
        let seen = |proxies| forwarded_for(&headers, proxies).map(|address| address.to_string());
        assert_eq!(seen(0), None);
        assert_eq!(seen(1).as_deref(), Some("10.0.0.1"));
        assert_eq!(seen(2).as_deref(), Some("198.51.100.2"));
        assert_eq!(seen(4), None);
    }
}

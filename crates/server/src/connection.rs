//! Connections: how many there may be.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::watch;

use crate::{
    config::Capacity,
    limit::{Counted, Tally},
    metrics::Refused,
};

/// Counts open connections, all together and by address.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    by_address: Arc<Tally>,
    all: watch::Sender<usize>,
}

impl Connections {
    pub(crate) fn new(capacity: Capacity, trusted_proxies: usize) -> Arc<Self> {
        // All connections come from the proxy, whose own address says nothing.
        let by_address = if trusted_proxies == 0 { capacity.connections_per_address } else { 0 };
        Arc::new(Self { most: capacity.connections, by_address: Tally::new(by_address), all: watch::Sender::new(0) })
    }

    /// Counts a connection for as long as the answer, or a clone of it, lives; or says of what there are too many.
    pub(crate) fn open(self: &Arc<Self>, address: IpAddr) -> Result<Connection, Refused> {
        let counted = self.by_address.count(address).ok_or(Refused::ConnectionsOfAddress)?;
        let fits = self.all.send_if_modified(|all| {
            let fits = *all < self.most;
            *all += usize::from(fits);
            fits
        });
        if !fits {
            return Err(Refused::Connections);
        }
        Ok(Connection(Arc::new(Open { address, _counted: counted, connections: Arc::clone(self) })))
    }

    /// How many are open.
    pub(crate) fn number(&self) -> usize {
        *self.all.borrow()
    }

    /// Resolves when the last one has ended.
    pub(crate) async fn all_closed(&self) {
        let closed = self.all.subscribe().wait_for(|all| *all == 0).await.is_ok();
        debug_assert!(closed, "the sending half lives in self");
    }
}

/// An open connection. Every request on it carries a clone among its extensions; a socket keeps one.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Open>);

impl Connection {
    /// Who is at its other end: a client, or the innermost proxy.
    pub(crate) fn address(&self) -> IpAddr {
        self.0.address
    }
}

#[derive(Debug)]
struct Open {
    address: IpAddr,
    _counted: Counted,
    connections: Arc<Connections>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.all.send_modify(|all| *all -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_all_connections() {
        let capacity = Capacity { connections: 3, connections_per_address: 2, ..Capacity::default() };
        let connections = Connections::new(capacity, 0);
        let [one, other] = [IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])];
        let first = connections.open(one).expect("there is room");
        let second = connections.open(one).expect("there is room");
        assert_eq!(connections.open(one).err(), Some(Refused::ConnectionsOfAddress), "two are enough for one address");
        let third = connections.open(other).expect("there is room");
        assert_eq!(connections.open(other).err(), Some(Refused::Connections), "three are enough together");
        let kept = first.clone();
        drop((first, second));
        let fourth = connections.open(one).expect("there is room again");
        assert!(connections.open(one).is_err(), "a clone counts on");
        drop((kept, third, fourth));
        assert_eq!(connections.number(), 0);
    }

    #[test]
    fn a_proxy_may_have_all_connections() {
        let capacity = Capacity { connections: 3, connections_per_address: 1, ..Capacity::default() };
        let connections = Connections::new(capacity, 1);
        let proxy = IpAddr::from([10, 0, 0, 1]);
        let open: Vec<_> = (0..3).map_while(|_| connections.open(proxy).ok()).collect();
        assert_eq!(open.len(), 3);
        assert!(connections.open(proxy).is_err());
    }
}

//! The outboxes of this server's seated sockets, and the numbers by which rooms know them.

use std::{collections::HashMap, fmt, str::FromStr};

use perkoon_protocol::{SessionCode, signal::close};
use serde::{Deserialize, Serialize};

use crate::{
    config::SocketLimits,
    outbox::{Outbox, Outgoing, Pool, Queue},
    random,
};

/// A server process, for as long as it keeps touch with the store. Random, so that no two are ever the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct NodeId(pub u64);

impl NodeId {
    pub(crate) fn random() -> Self {
        Self(u64::from_be_bytes(random::bytes()))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// A socket's number, never given out twice by any server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct SocketId {
    pub node: NodeId,
    pub number: u64,
}

/// What became of something that was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It is in the socket's queue.
    Queued,
    /// The socket's client reads so slowly that it is given up. It was in this room.
    GivenUp(SessionCode),
    /// There is no such socket here.
    NotHere,
}

/// All outboxes of this server.
#[derive(Debug)]
pub(crate) struct Outboxes {
    limits: SocketLimits,
    pool: Pool,
    node: NodeId,
    so_far: u64,
    open: HashMap<u64, (SessionCode, Outbox)>,
}

impl Outboxes {
    pub(crate) fn new(limits: SocketLimits, pool: Pool) -> Self {
        Self { limits, pool, node: NodeId::random(), so_far: 0, open: HashMap::new() }
    }

    pub(crate) const fn node(&self) -> NodeId {
        self.node
    }

    /// Bytes that wait in all of them together.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.pool.waiting()
    }

    /// A number that no socket had before.
    pub(crate) fn number(&mut self) -> SocketId {
        self.so_far += 1;
        SocketId { node: self.node, number: self.so_far }
    }

    /// From now on what is for the socket is queued.
    pub(crate) fn open(&mut self, socket: SocketId, code: SessionCode) -> Queue {
        let (outbox, queue) = self.pool.queue(&self.limits);
        self.open.insert(socket.number, (code, outbox));
        queue
    }

    /// The socket is gone. One of an earlier node's was so before.
    pub(crate) fn close(&mut self, socket: SocketId) {
        if socket.node == self.node {
            self.open.remove(&socket.number);
        }
    }

    /// Queues something; after a close, or when there is no room, the socket gets nothing more.
    pub(crate) fn deliver(&mut self, socket: SocketId, outgoing: Outgoing) -> Delivery {
        let last = matches!(outgoing, Outgoing::Close(_));
        let Some((code, outbox)) = self.open.get(&socket.number).filter(|_| socket.node == self.node) else {
            return Delivery::NotHere;
        };
        let (code, queued) = (*code, outbox.push(outgoing));
        if last || !queued {
            self.open.remove(&socket.number);
        }
        if queued { Delivery::Queued } else { Delivery::GivenUp(code) }
    }

    /// The rooms of all who are here.
    pub(crate) fn codes(&self) -> Vec<SessionCode> {
        self.open.values().map(|(code, _)| *code).collect()
    }

    /// Sends everyone away, to come back at once, and goes on as another node: what is on its way to these sockets will not arrive.
    pub(crate) fn start_over(&mut self) -> NodeId {
        for (_, (_, outbox)) in self.open.drain() {
            // One that is full ends its socket all the same.
            outbox.push(Outgoing::Close(close::GOING_AWAY));
        }
        self.node = NodeId::random();
        self.node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outboxes() -> Outboxes {
        Outboxes::new(SocketLimits { queue_messages: 2, ..SocketLimits::default() }, Pool::new(1000))
    }

    fn text() -> Outgoing {
        Outgoing::Text("x".to_owned())
    }

    #[test]
    fn whoever_is_gone_is_not_here() {
        let (mut outboxes, code) = (outboxes(), random::session_code());
        let [slow, closed, left] = [(); 3].map(|()| outboxes.number());
        let _queues = [slow, closed, left].map(|socket| outboxes.open(socket, code));
        assert_eq!(outboxes.deliver(slow, text()), Delivery::Queued);
        assert_eq!(outboxes.deliver(slow, text()), Delivery::Queued);
        assert_eq!(outboxes.deliver(slow, text()), Delivery::GivenUp(code), "two may wait");
        assert_eq!(outboxes.deliver(closed, Outgoing::Close(1000)), Delivery::Queued);
        outboxes.close(left);
        for gone in [slow, closed, left] {
            assert_eq!(outboxes.deliver(gone, text()), Delivery::NotHere);
        }
        assert_eq!(outboxes.codes(), []);
    }

    #[tokio::test]
    async fn starting_over_sends_everyone_away_and_is_another_node() {
        let (mut outboxes, code) = (outboxes(), random::session_code());
        let socket = outboxes.number();
        let mut queue = outboxes.open(socket, code);
        assert_ne!(outboxes.start_over(), socket.node);
        assert!(matches!(queue.next().await, Some(Outgoing::Close(close::GOING_AWAY))));
        assert!(queue.next().await.is_none());
        let next = outboxes.number();
        let _queue = outboxes.open(next, code);
        let same_number = SocketId { number: next.number, ..socket };
        assert_eq!(outboxes.deliver(same_number, text()), Delivery::NotHere, "another node's");
    }

    #[test]
    fn the_text_brings_the_node_back() {
        for node in [NodeId(0), NodeId(1), NodeId(u64::MAX), NodeId::random()] {
            assert_eq!(node.to_string().parse(), Ok(node));
            assert_eq!(node.to_string().len(), 16);
        }
    }
}

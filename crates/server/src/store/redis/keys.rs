//! Names in Redis, all with one prefix, so that others may use the same database.

use std::net::IpAddr;

use perkoon_protocol::SessionCode;

use crate::{limit::Budget, outboxes::NodeId};

#[derive(Debug)]
pub(super) struct Keys(String);

impl Keys {
    pub(super) const fn new(prefix: String) -> Self {
        Self(prefix)
    }

    /// A hash: `room` as JSON, its `nodes`, and a `stamp` that is another with each change.
    pub(super) fn room(&self, code: SessionCode) -> String {
        self.rooms_prefix() + code.as_str()
    }

    pub(super) fn rooms_prefix(&self) -> String {
        format!("{}room:", self.0)
    }

    /// A sorted set: the codes of all rooms, by the time until which they are kept.
    pub(super) fn rooms(&self) -> String {
        format!("{}rooms", self.0)
    }

    /// A sorted set: the nodes, by the time until which they are taken for alive.
    pub(super) fn nodes(&self) -> String {
        format!("{}nodes", self.0)
    }

    /// A set: the codes of the rooms in which a node has sockets.
    pub(super) fn rooms_of(&self, node: NodeId) -> String {
        format!("{}{node}", self.rooms_of_prefix())
    }

    pub(super) fn rooms_of_prefix(&self) -> String {
        format!("{}rooms-of:", self.0)
    }

    /// A channel: what is for a node's sockets.
    pub(super) fn channel(&self, node: NodeId) -> String {
        format!("{}for:{node}", self.0)
    }

    /// A sorted set: an address's requests, by their times.
    pub(super) fn requests(&self, budget: Budget, address: IpAddr) -> String {
        format!("{}requests:{}:{address}", self.0, budget.as_str())
    }
}

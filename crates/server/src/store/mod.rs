//! Where rooms are: in this process, or in a store that several servers share. The rooms themselves are the same machine either way.

mod memory;
mod redis;
mod setting;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use self::{memory::Memory, redis::Redis};
pub use self::{
    redis::{RedisSetting, RedisUrlError},
    setting::{StoreError, StoreSetting},
};
use crate::{outbox::Outgoing, outboxes::SocketId, rooms::Effect};

/// The store does not answer, or not in a way that makes sense. Whoever asked may ask again soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The address has used up its budget, and has to wait so long.
    Wait(Duration),
    /// Nobody can tell.
    Unavailable,
}

impl From<Unavailable> for Denial {
    fn from(Unavailable: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// An effect as the socket's writer takes it.
fn written(effect: Effect) -> (SocketId, Outgoing) {
    match effect {
        Effect::Send { socket, message } => {
            (socket, Outgoing::Text(serde_json::to_string(&message).expect("messages have string keys")))
        }
        Effect::Close { socket, code } => (socket, Outgoing::Close(code)),
    }
}

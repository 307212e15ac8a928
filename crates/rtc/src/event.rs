//! What a peer connection tells.

use perkoon_peer::connecting::Connection;
use perkoon_protocol::signal::Signal;

use crate::Chunk;

/// What the memory of an event counts for beside its bytes, because many tiny ones take memory too.
const EVENT_COST: usize = 128;

/// What a peer connection tells the driver.
#[derive(Debug)]
pub enum RtcEvent {
    /// For the other peer, by way of the server.
    Signal(Signal),
    /// The control channel is open.
    ControlOpen,
    /// From the other peer's control channel.
    Control(String),
    /// A lane is open.
    LaneOpen {
        /// The lane's number.
        lane: u16,
        /// Bytes a message may have.
        max_message: usize,
    },
    /// Bytes on a lane.
    LaneMessage {
        /// The lane's number.
        lane: u16,
        /// The bytes.
        payload: Chunk,
    },
    /// A lane has drained to half of what it held after the last bytes were sent.
    LaneDrained,
    /// A lane is closed.
    LaneClosed {
        /// The lane's number.
        lane: u16,
    },
    /// The connection is lost for good: the peer closed it, or no description was agreed on.
    Lost,
    /// No address was found that this device may be reached at.
    Unreachable,
    /// ICE has not heard from the peer for a while; it may come back.
    Faltering,
    /// ICE failed; starting it anew may help.
    Failed,
    /// ICE is in touch with the peer.
    InTouch,
    /// How the bytes travel, where that is known, and how many have arrived.
    Path(Option<Connection>, u64),
}

impl RtcEvent {
    /// What a message of the other side weighs until it is taken, in bytes; nothing for what is told otherwise.
    pub fn weight(&self) -> usize {
        match self {
            Self::Control(text) => EVENT_COST + text.len(),
            Self::LaneMessage { payload, .. } => EVENT_COST + payload.0.len(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use perkoon_transfer::Payload;

    use super::*;

    #[test]
    fn a_message_without_bytes_weighs_something() {
        assert!(RtcEvent::Control(String::new()).weight() > 0);
        assert!(RtcEvent::LaneMessage { lane: 0, payload: Chunk::empty() }.weight() > 0);
        assert_eq!(RtcEvent::LaneDrained.weight(), 0);
    }
}

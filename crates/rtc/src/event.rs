//! What a peer connection tells.

use perkoon_peer::connecting::Connection;
use perkoon_protocol::signal::Signal;

use crate::Chunk;

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

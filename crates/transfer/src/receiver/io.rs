//! What goes into a receiver and what comes out.

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::Hash;

use crate::Event;
use crate::trust::{Meeting, Password};

/// What has happened on the receiver's side.
#[derive(Clone, Debug)]
pub enum ReceiverInput<B> {
    /// The control channel is open, for the first time or on a new peer connection.
    Connected(Meeting),
    /// Try this password, if the sender asks for one; if it does not, nothing is taken from it.
    Password(Password),
    /// The control channel or the peer connection is gone. A transfer that runs waits for another one.
    Disconnected,
    /// No other connection is to be waited for: an interrupted transfer has failed.
    Abandon,
    /// Text from the peer on the control channel.
    Control(String),
    /// Take the offered files; ignored when nothing is offered (any more).
    Accept {
        /// How many bytes of each file the sink has from an earlier attempt, from the file's beginning; files left out have none.
        kept: Vec<u64>,
    },
    /// Decline the offered files; ignored when nothing is offered (any more).
    Reject,
    /// The data channel asked for by [`ReceiverOutput::OpenLane`] is open.
    LaneOpened {
        /// Which lane.
        lane: u16,
    },
    /// A binary message on a lane.
    LaneMessage {
        /// Which lane.
        lane: u16,
        /// The message.
        payload: B,
    },
    /// The lane is gone.
    LaneClosed {
        /// Which lane.
        lane: u16,
    },
    /// Answer to [`ReceiverOutput::Recall`].
    Recalled {
        /// As in the output.
        file: u32,
        /// As in the output.
        offset: u64,
        /// What the sink has there; none when it cannot be read.
        payload: Option<B>,
    },
    /// The [`ReceiverOutput::Write`] is done: the sink no longer holds the piece in memory. Only now the window opens again.
    Written {
        /// As in the output.
        file: u32,
        /// As in the output.
        offset: u64,
    },
    /// The [`ReceiverOutput::Finish`] is done: the file is flushed.
    Finished {
        /// As in the output.
        file: u32,
    },
    /// The [`ReceiverOutput::Publish`] is done: every file is where the person expects it.
    Published,
    /// The sink cannot go on, or there is none that could take what is offered.
    SinkFailed {
        /// Why; the sender learns it too.
        code: ErrorCode,
        /// A sentence for the person at this end.
        message: String,
    },
    /// Hold the transfer.
    Pause,
    /// Lift the own hold.
    Resume,
    /// End the transfer, offered or running.
    Cancel,
}

/// What the driver of a receiver must do.
#[derive(Clone, Debug)]
pub enum ReceiverOutput<B> {
    /// Send this text on the control channel.
    Control(String),
    /// Open the ordered, reliable data channel `perkoon-lane-<n>`.
    OpenLane {
        /// The number for its label, never used twice on a connection.
        lane: u16,
    },
    /// Close the lane.
    CloseLane {
        /// Which lane.
        lane: u16,
    },
    /// Write one verified piece. Pieces come in the order of the files, ascending offsets; an empty file has none. A file is opened
    /// by its first write or finish. Pieces of the next file may come before the finish of this one.
    Write {
        /// Index of the file in the offer.
        file: u32,
        /// First byte.
        offset: u64,
        /// The piece, cut as it arrived.
        payload: Vec<B>,
    },
    /// Read back this piece, which the sink has from an earlier attempt. It is not written again unless it has changed; then it is
    /// written like any other, in its turn.
    Recall {
        /// Index of the file in the offer.
        file: u32,
        /// First byte.
        offset: u64,
        /// How many bytes.
        length: u32,
    },
    /// Every piece of the file is written: flush it. Files finish in order.
    Finish {
        /// Index of the file in the offer.
        file: u32,
        /// The file's BLAKE3 digest.
        hash: Hash,
    },
    /// Every file is finished: put them where the person expects them.
    Publish,
    /// The transfer ended early, and nobody will want it to go on: throw away what is there of it.
    Discard,
    /// The transfer ended early, and may be taken up again another day: keep what is written, if the sink can.
    Shelve,
    /// Tell the program.
    Event(Event),
}

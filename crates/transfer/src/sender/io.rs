//! What goes into a sender and what comes out.

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::{Entry, TransferId};

use crate::Event;
use crate::trust::{Meeting, Password};

/// What has happened on the sender's side.
#[derive(Clone, Debug)]
pub enum SenderInput<B> {
    /// The control channel is open, for the first time or on a new peer connection.
    Connected(Meeting),
    /// The receiver has to know this. Before the first connection.
    Password(Password),
    /// A session that too many wrong passwords have locked is open again.
    Unlock,
    /// The control channel or the peer connection is gone. A transfer that runs waits for another one.
    Disconnected,
    /// No other connection is to be waited for: an interrupted transfer has failed.
    Abandon,
    /// Text from the peer on the control channel.
    Control(String),
    /// Offer these files. Held until the peer has said hello; ignored while another transfer runs.
    Offer {
        /// A fresh random id.
        transfer: TransferId,
        /// The files; requests name them by their index here.
        files: Vec<Entry>,
    },
    /// Go on with a transfer that was begun by a sender that is gone, as when a page is loaded again, with files that seem to be the
    /// same. On the next connection what the receiver has is read again and compared. Ignored once anything else was done.
    Restore {
        /// The id it was offered with.
        transfer: TransferId,
        /// The files, in the order they were offered in.
        files: Vec<Entry>,
    },
    /// The receiver opened the data channel `perkoon-lane-<n>`.
    LaneOpened {
        /// The number in its label.
        lane: u16,
        /// The largest message the peer takes, in bytes.
        max_message: usize,
    },
    /// What the lane's send buffer holds now; due when it has fallen to half of what it held after the last message was handed over
    /// (`bufferedAmountLowThreshold`), and before any other input that finds it lower than it was.
    LaneBuffered {
        /// Which lane.
        lane: u16,
        /// Bytes not yet sent.
        bytes: usize,
    },
    /// The lane is gone.
    LaneClosed {
        /// Which lane.
        lane: u16,
    },
    /// Answer to [`SenderOutput::Read`].
    Read {
        /// As in the output.
        request: u32,
        /// Exactly the bytes asked for; another length counts as a changed file.
        payload: B,
    },
    /// Answer to [`SenderOutput::Read`] when it cannot be done.
    ReadFailed {
        /// As in the output.
        request: u32,
        /// `FILE_CHANGED` or `FILE_UNREADABLE`; anything else counts as the latter.
        code: ErrorCode,
    },
    /// Hold the transfer.
    Pause,
    /// Lift the own hold.
    Resume,
    /// End the transfer, offered or running.
    Cancel,
}

/// What the driver of a sender must do.
#[derive(Clone, Debug)]
pub enum SenderOutput<B> {
    /// Send this text on the control channel.
    Control(String),
    /// Read exactly these bytes. Several reads may be outstanding, their answers may come in any order.
    Read {
        /// Names the read in its answer; never used twice on a connection.
        request: u32,
        /// Index of the file in the offer.
        file: u32,
        /// First byte.
        offset: u64,
        /// How many bytes.
        length: u32,
    },
    /// Send this as one binary message on the lane.
    Lane {
        /// Which lane.
        lane: u16,
        /// The message; empty for a piece that cannot be served.
        payload: B,
    },
    /// Close the lane.
    CloseLane {
        /// Which lane.
        lane: u16,
    },
    /// Tell the program.
    Event(Event),
}

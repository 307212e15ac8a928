//! The sender: stateless towards ranges, it answers each request with exactly the bytes asked for.

mod io;

pub use io::{SenderInput, SenderOutput};

use std::collections::VecDeque;

use crate::{Millis, Payload};

/// A lane's send buffer is filled up to about this many bytes.
pub const LANE_HIGH_WATER: usize = 4 << 20;

/// When a lane's send buffer falls to this many bytes, [`SenderInput::LaneBuffered`] is due (`bufferedAmountLowThreshold`).
pub const LANE_LOW_WATER: usize = 1 << 20;

/// Bytes that are being read or wait for a place on their lane, at most (one piece more for each further lane).
pub const READ_AHEAD_BYTES: usize = 4 << 20;

/// The sending end of one peer connection.
pub struct Sender<B> {
    agent: String,
    outputs: VecDeque<SenderOutput<B>>,
}

impl<B: Payload> Sender<B> {
    /// A sender that introduces itself as `agent`: name and version of the program.
    pub fn new(agent: &str) -> Self {
        Self { agent: agent.to_owned(), outputs: VecDeque::new() }
    }

    /// Takes in what has happened.
    pub fn handle(&mut self, _now: Millis, input: SenderInput<B>) {
        if let SenderInput::Connected = input {
            self.outputs.push_back(SenderOutput::Control(self.agent.clone()));
        }
    }

    /// What to do next; drain to `None` after every [`Self::handle`].
    pub fn poll(&mut self) -> Option<SenderOutput<B>> {
        self.outputs.pop_front()
    }
}

//! The receiver: it pulls, piece by piece, as its window and its disk allow.

mod io;

pub use io::{ReceiverInput, ReceiverOutput};

use std::collections::VecDeque;

use crate::{Millis, Payload};

/// The receiving end of one peer connection.
pub struct Receiver<B> {
    agent: String,
    outputs: VecDeque<ReceiverOutput<B>>,
}

impl<B: Payload> Receiver<B> {
    /// A receiver that introduces itself as `agent`: name and version of the program.
    pub fn new(agent: &str) -> Self {
        Self { agent: agent.to_owned(), outputs: VecDeque::new() }
    }

    /// Takes in what has happened.
    pub fn handle(&mut self, _now: Millis, input: ReceiverInput<B>) {
        if let ReceiverInput::Connected = input {
            self.outputs.push_back(ReceiverOutput::Control(self.agent.clone()));
        }
    }

    /// What to do next; drain to `None` after every [`Self::handle`].
    pub fn poll(&mut self) -> Option<ReceiverOutput<B>> {
        self.outputs.pop_front()
    }
}

//! The transfer core against a peer that does whatever the input says.
//!
//! The input is a list of deeds. Some are honest, so that a fuzzer gets far into a transfer, and some are anything; the platform at the own
//! end (reads, writes, lanes) keeps to the driving contract, as drivers do.

mod receiver;
mod sender;
mod words;

pub use receiver::receiver;
pub use sender::sender;

use perkoon_protocol::control::ControlMessage;
use perkoon_protocol::limits::CONTROL_MESSAGE_BYTES;
use perkoon_transfer::Event;

/// Deeds in one input, at most.
const DEEDS: usize = 400;

/// What both ends must keep to.
#[derive(Default)]
struct Conduct {
    /// The peer is gone, or was told that nothing more is to be said.
    is_silent: bool,
    /// A transfer that both know of has begun and not ended.
    is_open: bool,
    /// The bytes of the transfer's files together.
    bytes: u64,
    progress: u64,
    files_done: usize,
    /// Transfers that came to their good end.
    completed: usize,
}

impl Conduct {
    /// The machine says something.
    fn says(&mut self, text: &str) -> ControlMessage {
        assert!(!self.is_silent, "{text} to a peer that hears nothing");
        assert!(text.len() <= CONTROL_MESSAGE_BYTES);
        let message = ControlMessage::decode(text).expect("own messages are valid");
        self.is_silent = matches!(message, ControlMessage::Error { transfer: None, .. });
        message
    }

    /// A transfer begins.
    fn opens(&mut self, bytes: u64) {
        assert!(!self.is_open, "a transfer in a transfer");
        *self = Self { is_silent: self.is_silent, completed: self.completed, is_open: true, bytes, ..Self::default() };
    }

    /// The machine tells its program something.
    fn tells(&mut self, event: &Event) {
        match event {
            Event::Progress { bytes } => {
                assert!((self.progress..=self.bytes).contains(bytes), "{bytes} of {} after {}", self.bytes, self.progress);
                self.progress = *bytes;
            }
            Event::FileDone { .. } => self.files_done += 1,
            Event::Complete => {
                assert!(self.is_open && self.progress == self.bytes);
                self.completed += 1;
            }
            // A connection fails without a transfer, too.
            event if event.is_terminal() => assert!(self.is_open || matches!(event, Event::Failed { .. }), "{event:?}"),
            _ => {}
        }
        if event.is_terminal() {
            self.is_open = false;
        }
    }
}

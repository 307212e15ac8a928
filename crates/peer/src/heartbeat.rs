//! Whether the server still hears this page: a pure decision, taken at every tick. A browser tells of a socket whose network has
//! changed only after minutes, and shows a page none of the WebSocket's own pings.

use perkoon_transfer::Millis;

/// How long the server may be silent before it is asked.
const CALM_MS: u64 = 20_000;

/// The same while a connection is broken: then the socket may be too.
const URGENT_MS: u64 = 1_000;

/// How long its answer may take.
const ANSWER_MS: u64 = 4_000;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing.
    Rest,
    /// Ask the server for a word.
    Ask,
    /// Open a new socket.
    Dead,
}

/// When the server was heard and asked.
#[derive(Debug)]
pub struct Heartbeat {
    heard: Millis,
    asked: Option<Millis>,
}

impl Heartbeat {
    /// Of a socket that opens now.
    pub const fn new(now: Millis) -> Self {
        Self { heard: now, asked: None }
    }

    /// The server said something.
    pub const fn heard(&mut self, now: Millis) {
        *self = Self::new(now);
    }

    /// Decides.
    pub fn step(&mut self, now: Millis, urgent: bool) -> Beat {
        if let Some(asked) = self.asked {
            return if now.since(asked) >= ANSWER_MS { Beat::Dead } else { Beat::Rest };
        }
        if now.since(self.heard) < if urgent { URGENT_MS } else { CALM_MS } {
            return Beat::Rest;
        }
        self.asked = Some(now);
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_is_asked_and_then_given_up() {
        let mut heartbeat = Heartbeat::new(Millis(0));
        assert_eq!(heartbeat.step(Millis(19_999), false), Beat::Rest);
        assert_eq!(heartbeat.step(Millis(20_000), false), Beat::Ask);
        assert_eq!(heartbeat.step(Millis(23_999), true), Beat::Rest);
        assert_eq!(heartbeat.step(Millis(24_000), false), Beat::Dead);
    }

    #[test]
    fn an_answer_calms_and_trouble_asks_at_once() {
        let mut heartbeat = Heartbeat::new(Millis(0));
        assert_eq!(heartbeat.step(Millis(1000), true), Beat::Ask);
        heartbeat.heard(Millis(1200));
        assert_eq!(heartbeat.step(Millis(5000), false), Beat::Rest);
    }
}

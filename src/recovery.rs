//! What to do about a transfer whose connection broke: a pure decision, taken at every tick.

use perkoon_protocol::Role;
use perkoon_transfer::Millis;

/// How long the other side may be away once its page is gone. One that is loaded again takes a second or two, on a phone more.
const ABSENT_MS: u64 = 8_000;

/// How long a new connection may take to open before another is tried.
const ATTEMPT_MS: u64 = 10_000;

/// How long to try altogether: a device that sleeps, or changes from one network to another, is back by then.
const GIVE_UP_MS: u64 = 120_000;

/// How long a receiver waits for the next bytes that it has asked for. On the slowest of connections a message takes this long, and a
/// disk at the sender that has gone to sleep has woken up.
const STALLED_MS: u64 = 60_000;

/// What is known about the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// This page's role. Connections are made by the sender.
    pub role: Role,
    /// Whether the server says that the other side is there.
    pub present: bool,
    /// Whether its page is gone, rather than its network.
    pub left: bool,
    /// Whether a new connection is being made.
    pub connecting: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Wait,
    /// Make a new connection.
    Connect,
    /// Let the transfer fail.
    GiveUp,
}

/// How long what has lasted.
#[derive(Debug, Default)]
pub struct Recovery {
    since: Millis,
    /// Since when the other side is away.
    absent: Option<Millis>,
    /// When the last connection was tried.
    tried: Option<Millis>,
}

impl Recovery {
    /// The connection broke.
    pub fn start(&mut self, now: Millis) {
        *self = Self { since: now, absent: None, tried: None };
    }

    /// Decides.
    pub fn step(&mut self, now: Millis, sight: Sight) -> Step {
        self.absent = if sight.present { None } else { self.absent.or(Some(now)) };
        let lasting = |since: Option<Millis>, limit| since.is_some_and(|since| now.since(since) >= limit);
        if lasting(Some(self.since), GIVE_UP_MS) || (sight.left && lasting(self.absent, ABSENT_MS)) {
            return Step::GiveUp;
        }
        let free = !sight.connecting || lasting(self.tried, ATTEMPT_MS);
        if sight.role == Role::Receiver || !sight.present || !free {
            return Step::Wait;
        }
        self.tried = Some(now);
        Step::Connect
    }
}

/// Notices a connection that seems to be there and brings nothing.
#[derive(Debug, Default)]
pub struct Watchdog {
    /// How much there was when it last became more, and when that was.
    last: (u64, Millis),
}

impl Watchdog {
    /// Looks at how many bytes have come so far, and whether more are asked for and on their way.
    pub fn is_stalled(&mut self, now: Millis, bytes: u64, waiting: bool) -> bool {
        if bytes != self.last.0 || !waiting {
            self.last = (bytes, now);
        }
        now.since(self.last.1) >= STALLED_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Sight = Sight { role: Role::Sender, present: true, left: false, connecting: false };
    const AWAY: Sight = Sight { present: false, left: true, ..HERE };

    fn started() -> Recovery {
        let mut recovery = Recovery::default();
        recovery.start(Millis(1000));
        recovery
    }

    #[test]
    fn the_sender_connects_anew_at_once_and_again_when_that_takes_too_long() {
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(1000), HERE), Step::Connect);
        let connecting = Sight { connecting: true, ..HERE };
        assert_eq!(recovery.step(Millis(10_999), connecting), Step::Wait);
        assert_eq!(recovery.step(Millis(11_000), connecting), Step::Connect);
        assert_eq!(recovery.step(Millis(11_500), HERE), Step::Connect, "an attempt that failed is followed by the next");
    }

    #[test]
    fn the_receiver_waits_to_be_connected_to() {
        assert_eq!(started().step(Millis(2000), Sight { role: Role::Receiver, ..HERE }), Step::Wait);
    }

    #[test]
    fn who_comes_back_in_time_is_connected_to() {
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(2000), AWAY), Step::Wait);
        assert_eq!(recovery.step(Millis(9999), AWAY), Step::Wait);
        assert_eq!(recovery.step(Millis(9999), HERE), Step::Connect);
        assert_eq!(recovery.step(Millis(15_000), AWAY), Step::Wait, "the time counts anew");
        assert_eq!(recovery.step(Millis(23_000), AWAY), Step::GiveUp);
    }

    #[test]
    fn whose_network_is_gone_is_waited_for() {
        let mut recovery = started();
        let lost = Sight { left: false, ..AWAY };
        assert_eq!(recovery.step(Millis(2000), lost), Step::Wait);
        assert_eq!(recovery.step(Millis(120_999), lost), Step::Wait);
        assert_eq!(recovery.step(Millis(121_000), lost), Step::GiveUp);
    }

    #[test]
    fn only_bytes_that_are_waited_for_can_stay_away() {
        let mut watchdog = Watchdog::default();
        assert!(!watchdog.is_stalled(Millis(1000), 5, true));
        assert!(!watchdog.is_stalled(Millis(60_999), 5, true));
        assert!(watchdog.is_stalled(Millis(61_000), 5, true));
        assert!(!watchdog.is_stalled(Millis(61_001), 6, true), "something came");
        assert!(!watchdog.is_stalled(Millis(130_000), 6, false), "nothing was asked for");
        assert!(!watchdog.is_stalled(Millis(189_999), 6, true));
    }

    #[test]
    fn it_is_not_tried_for_ever() {
        assert_eq!(started().step(Millis(121_000), HERE), Step::GiveUp);
    }
}

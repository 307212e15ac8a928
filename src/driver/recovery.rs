//! What to do about a transfer whose connection broke: a pure decision, taken at every tick.

use perkoon_protocol::Role;
use perkoon_transfer::Millis;

/// How long the other side may be away. A page that is loaded again takes a second or two, on a phone more.
const ABSENT_MS: u64 = 8_000;

/// How long a new connection may take to open before another is tried.
const ATTEMPT_MS: u64 = 10_000;

/// How long to try altogether: a device that sleeps, or changes from one network to another, is back by then.
const GIVE_UP_MS: u64 = 120_000;

/// What is known about the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sight {
    /// This page's role. Connections are made by the sender.
    pub(super) role: Role,
    /// Whether the server says that the other side is there.
    pub(super) present: bool,
    /// Whether a new connection is being made.
    pub(super) connecting: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Wait,
    /// Make a new connection.
    Connect,
    /// Let the transfer fail.
    GiveUp,
}

/// How long what has lasted.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    since: Millis,
    /// Since when the other side is away.
    absent: Option<Millis>,
    /// When the last connection was tried.
    tried: Option<Millis>,
}

impl Recovery {
    /// The connection broke.
    pub(super) fn start(&mut self, now: Millis) {
        *self = Self { since: now, absent: None, tried: None };
    }

    /// Decides.
    pub(super) fn step(&mut self, now: Millis, sight: Sight) -> Step {
        self.absent = if sight.present { None } else { self.absent.or(Some(now)) };
        let lasting = |since: Option<Millis>, limit| since.is_some_and(|since| now.since(since) >= limit);
        if lasting(Some(self.since), GIVE_UP_MS) || lasting(self.absent, ABSENT_MS) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Sight = Sight { role: Role::Sender, present: true, connecting: false };
    const AWAY: Sight = Sight { present: false, ..HERE };

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
    fn it_is_not_tried_for_ever() {
        assert_eq!(started().step(Millis(121_000), HERE), Step::GiveUp);
    }
}

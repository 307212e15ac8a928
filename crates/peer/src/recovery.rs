//! What to do about a transfer whose connection broke: a pure decision, taken at every tick.

use perkoon_protocol::Role;
use perkoon_transfer::Millis;

/// How long the other side may be away that has said goodbye. A page that is loaded again takes a second or two, on a phone more.
const ABSENT_MS: u64 = 8_000;

/// How long a new connection, or a restart of ICE that was answered, may take before a new connection is tried.
const ATTEMPT_MS: u64 = 10_000;

/// How long ICE is started anew without an answer: a new connection has to come by the same way.
const RESTARTS_MS: u64 = 60_000;

/// How long to try altogether: a device that sleeps, or changes from one network to another, is back by then.
const GIVE_UP_MS: u64 = 120_000;

/// How long nothing may arrive although something is waited for.
const STALL_MS: u64 = 5_000;

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// There is none.
    Gone,
    /// A new one is being made, or is there and the other side has not said over it how far it is.
    Connecting,
    /// A new one is there, and the other side has begun to greet and is asked for the password: a person may take minutes to type it.
    Greeting,
    /// Nothing arrives over it; it may be mended by starting ICE anew. `answered`: the other side has had its say in that.
    Stalled {
        /// Whether the other side has answered the last offer.
        answered: bool,
    },
}

/// What is known about the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// This page's role. Connections are made by the sender.
    pub role: Role,
    /// Whether the server says that the other side is there.
    pub present: bool,
    /// Whether it went on purpose. One that was lost, or that a new server has not seen yet, may be on its way back.
    pub parted: bool,
    /// The connection.
    pub link: Broken,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Wait,
    /// Start ICE anew on the connection there is: nothing on its way is lost by that.
    Restart,
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
    /// When a connection or a restart was last tried.
    tried: Option<Millis>,
}

impl Recovery {
    /// The connection broke.
    pub fn start(&mut self, now: Millis) {
        *self = Self { since: now, absent: None, tried: None };
    }

    /// The way to the other side is a new one: what was tried before may not have reached it.
    pub fn retry(&mut self) {
        self.tried = None;
    }

    /// Decides.
    pub fn step(&mut self, now: Millis, sight: Sight) -> Step {
        self.absent = if sight.present || !sight.parted { None } else { self.absent.or(Some(now)) };
        if sight.link == Broken::Greeting {
            self.since = now;
        }
        let lasting = |since: Option<Millis>, limit| since.is_some_and(|since| now.since(since) >= limit);
        if lasting(Some(self.since), GIVE_UP_MS) || lasting(self.absent, ABSENT_MS) {
            return Step::GiveUp;
        }
        if sight.role == Role::Receiver || !sight.present {
            return Step::Wait;
        }
        let over = self.tried.is_none() || lasting(self.tried, ATTEMPT_MS);
        let step = match sight.link {
            Broken::Gone => Step::Connect,
            Broken::Greeting => return Step::Wait,
            Broken::Connecting | Broken::Stalled { .. } if !over => return Step::Wait,
            Broken::Connecting => Step::Connect,
            Broken::Stalled { answered } if (answered && self.tried.is_some()) || lasting(Some(self.since), RESTARTS_MS) => {
                Step::Connect
            }
            Broken::Stalled { .. } => Step::Restart,
        };
        self.tried = Some(now);
        step
    }
}

/// Sees whether bytes arrive. An ICE state comes late, or not at all when only the bytes stand still.
#[derive(Debug, Default)]
pub struct Watchdog {
    received: f64,
    moved: Millis,
}

impl Watchdog {
    /// So many bytes have arrived over the connection; answers whether there are more than before.
    pub fn look(&mut self, now: Millis, received: f64, waiting: bool) -> bool {
        let more = received != self.received;
        if more || !waiting {
            *self = Self { received, moved: now };
        }
        more
    }

    /// Whether nothing has arrived for too long.
    pub fn is_stalled(&self, now: Millis) -> bool {
        now.since(self.moved) >= STALL_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Sight = Sight { role: Role::Sender, present: true, parted: false, link: Broken::Gone };
    const AWAY: Sight = Sight { present: false, parted: true, ..HERE };

    fn started() -> Recovery {
        let mut recovery = Recovery::default();
        recovery.start(Millis(1000));
        recovery
    }

    #[test]
    fn the_sender_connects_anew_at_once_and_again_when_that_takes_too_long() {
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(1000), HERE), Step::Connect);
        let connecting = Sight { link: Broken::Connecting, ..HERE };
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
    fn a_person_who_types_a_password_is_given_time_unless_they_go() {
        let greeting = Sight { link: Broken::Greeting, ..HERE };
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(1000), HERE), Step::Connect);
        assert_eq!(recovery.step(Millis(2000), greeting), Step::Wait);
        assert_eq!(recovery.step(Millis(900_000), greeting), Step::Wait);
        assert_eq!(recovery.step(Millis(901_000), HERE), Step::Connect, "that connection was lost, too");
        assert_eq!(recovery.step(Millis(902_000), Sight { link: Broken::Greeting, ..AWAY }), Step::Wait);
        assert_eq!(recovery.step(Millis(910_000), Sight { link: Broken::Greeting, ..AWAY }), Step::GiveUp);
    }

    #[test]
    fn it_is_not_tried_for_ever() {
        assert_eq!(started().step(Millis(121_000), HERE), Step::GiveUp);
    }

    #[test]
    fn who_was_lost_is_waited_for_longer_than_who_left() {
        let lost = Sight { parted: false, ..AWAY };
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(60_000), lost), Step::Wait);
        assert_eq!(recovery.step(Millis(61_000), HERE), Step::Connect);
        assert_eq!(recovery.step(Millis(121_000), lost), Step::GiveUp);
    }

    #[test]
    fn ice_is_started_anew_before_a_connection_is_made() {
        let stalled = |answered| Sight { link: Broken::Stalled { answered }, ..HERE };
        let mut recovery = started();
        assert_eq!(recovery.step(Millis(1000), stalled(true)), Step::Restart, "stable before anything was offered");
        assert_eq!(recovery.step(Millis(10_999), stalled(false)), Step::Wait);
        assert_eq!(recovery.step(Millis(11_000), stalled(false)), Step::Restart);
        recovery.retry();
        assert_eq!(recovery.step(Millis(12_000), stalled(false)), Step::Restart, "the other side has come back");
        assert_eq!(recovery.step(Millis(22_000), stalled(true)), Step::Connect, "it answered, and that did not help");
        let mut unanswered = started();
        assert_eq!(unanswered.step(Millis(61_000), stalled(false)), Step::Connect);
    }

    #[test]
    fn bytes_that_stand_still_while_they_are_waited_for_are_noticed() {
        let mut watchdog = Watchdog::default();
        assert!(watchdog.look(Millis(0), 10.0, true));
        assert!(!watchdog.look(Millis(4999), 10.0, true));
        assert!(!watchdog.is_stalled(Millis(4999)));
        assert!(watchdog.is_stalled(Millis(5000)));
        watchdog.look(Millis(6000), 10.0, false);
        assert!(!watchdog.is_stalled(Millis(7000)), "nothing is waited for");
    }
}

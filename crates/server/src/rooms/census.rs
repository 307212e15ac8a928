//! How many rooms there are, by what they do.

use perkoon_protocol::rest::SessionState;

/// Rooms in memory. One that was closed keeps its code taken until its time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Census {
    waiting: usize,
    active: usize,
    complete: usize,
    expired: usize,
    closed: usize,
}

impl Census {
    /// Counts a room; none is one that was closed.
    pub(super) const fn count(&mut self, state: Option<SessionState>) {
        let rooms = match state {
            Some(SessionState::Waiting) => &mut self.waiting,
            Some(SessionState::Active) => &mut self.active,
            Some(SessionState::Complete) => &mut self.complete,
            Some(SessionState::Expired) => &mut self.expired,
            None => &mut self.closed,
        };
        *rooms += 1;
    }

    /// Each state's name with the number of its rooms.
    pub(crate) const fn by_state(&self) -> [(&'static str, usize); 5] {
        [
            ("waiting", self.waiting),
            ("active", self.active),
            ("complete", self.complete),
            ("expired", self.expired),
            ("closed", self.closed),
        ]
    }
}

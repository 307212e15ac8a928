//! A password, and how often it may be guessed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use perkoon_protocol::limits;

use crate::Pake;

/// Counts the wrong passwords of a session, over all its connections and receivers. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Failures(Rc<Cell<u32>>);

impl Failures {
    /// So many may yet be tried in a session that an earlier page of its sender has begun, and no more than in any other.
    pub fn with_left(left: u32) -> Self {
        let failures = Self::default();
        failures.0.set(limits::PASSWORD_ATTEMPTS.saturating_sub(left));
        failures
    }

    /// How many more passwords may be tried.
    pub fn left(&self) -> u32 {
        limits::PASSWORD_ATTEMPTS.saturating_sub(self.0.get())
    }

    /// All may be tried again.
    pub fn forgive(&self) {
        self.0.set(0);
    }

    pub(super) fn count(&self) {
        self.0.set(self.0.get().saturating_add(1));
    }
}

/// What both ends have to know, ready for an exchange that shows it to nobody.
#[derive(Clone)]
pub struct Password {
    pub(super) exchange: Rc<RefCell<dyn Pake>>,
    pub(super) failures: Failures,
    /// Whether it was thought up by a person, so that each try is worth something to whoever is in the middle.
    pub(super) guessable: bool,
}

impl Password {
    /// One that a person thought up.
    pub fn of_person(exchange: impl Pake + 'static, failures: &Failures) -> Self {
        Self { exchange: Rc::new(RefCell::new(exchange)), failures: failures.clone(), guessable: true }
    }

    /// One of at least 128 random bits, from a link.
    pub fn of_link(exchange: impl Pake + 'static, failures: &Failures) -> Self {
        Self { guessable: false, ..Self::of_person(exchange, failures) }
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

//! Counts that the thread of the stack and its peer share.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use std::{collections::BTreeMap, sync::Arc};

use perkoon_peer::identity::Identity;

/// Bytes on their way out of a channel.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    given: AtomicUsize,
    gone: AtomicUsize,
}

impl Gauge {
    /// So many more were given to the stack's thread.
    pub(crate) fn give(&self, bytes: usize) {
        self.given.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Of all that was `taken` from the peer, so many are still to go.
    pub(crate) fn left(&self, taken: usize, outstanding: usize) {
        self.gone.store(taken.wrapping_sub(outstanding), Ordering::Release);
    }

    /// Bytes that have not gone.
    pub(crate) fn buffered(&self) -> usize {
        // Read in this order, so that what is given meanwhile makes it seem fuller, never emptier.
        let gone = self.gone.load(Ordering::Acquire);
        self.given.load(Ordering::Acquire).wrapping_sub(gone)
    }
}

/// What a peer can be asked without asking its thread.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) control: Gauge,
    pub(crate) lanes: Mutex<BTreeMap<u16, Arc<Gauge>>>,
    pub(crate) remote: Mutex<Identity>,
    /// Bytes of packets that have arrived.
    pub(crate) received: AtomicU64,
    /// What the messages weigh that were told and not taken (see [`RtcEvent::weight`](crate::RtcEvent::weight)).
    pub(crate) untaken: AtomicUsize,
    pub(crate) answered: AtomicBool,
    pub(crate) stable: AtomicBool,
    pub(crate) faltering: AtomicBool,
    pub(crate) gathered: AtomicBool,
    pub(crate) path: AtomicBool,
}

/// What is behind these locks is whole at any time: a thread that panicked changes nothing about that.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_and_has_not_gone_is_buffered() {
        let gauge = Gauge::default();
        gauge.give(100);
        assert_eq!(gauge.buffered(), 100);
        gauge.left(60, 50);
        assert_eq!(gauge.buffered(), 90, "ten have gone");
        gauge.left(100, 0);
        assert_eq!(gauge.buffered(), 0);
    }
}

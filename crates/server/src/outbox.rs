//! What waits for a socket to be written: bounded for each socket, and for all of them together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use crate::config::SocketLimits;

/// The part of its own queue that a client may fill although all queues together are full, as one over this.
const FLOOR: usize = 64;

/// What a socket's writer has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outgoing {
    /// Send this text.
    Text(String),
    /// Close with this code.
    Close(u16),
}

/// Bytes that wait in all queues together.
#[derive(Debug)]
pub(crate) struct Pool {
    most: usize,
    waiting: Arc<AtomicUsize>,
}

impl Pool {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, waiting: Arc::default() }
    }

    /// How many bytes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The two ends of a socket's queue.
    pub(crate) fn queue(&self, limits: &SocketLimits) -> (Outbox, Queue) {
        let (sender, messages) = mpsc::channel(limits.queue_messages);
        let overflow = Arc::new(Notify::new());
        let queue = Queue { messages, overflow: Arc::clone(&overflow) };
        let outbox = Outbox {
            most: limits.queue_bytes,
            messages: sender,
            waiting: Arc::default(),
            most_together: self.most,
            together: Arc::clone(&self.waiting),
            overflow,
        };
        (outbox, queue)
    }
}

/// The reading end of a queue.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: mpsc::Receiver<(Outgoing, Held)>,
    overflow: Arc<Notify>,
}

impl Queue {
    /// The next thing to write; none once the outbox is gone.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        self.messages.recv().await.map(|(outgoing, _)| outgoing)
    }

    /// Resolves when the client has read so slowly that its queue is full.
    pub(crate) fn overflow(&self) -> Arc<Notify> {
        Arc::clone(&self.overflow)
    }
}

/// The writing end. It never waits: a full one is the slow client's own problem.
#[derive(Debug)]
pub(crate) struct Outbox {
    most: usize,
    messages: mpsc::Sender<(Outgoing, Held)>,
    waiting: Arc<AtomicUsize>,
    most_together: usize,
    together: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
}

impl Outbox {
    /// Whether there was room for it.
    pub(crate) fn push(&self, outgoing: Outgoing) -> bool {
        let bytes = if let Outgoing::Text(text) = &outgoing { text.len() } else { 0 };
        let pushed = self.has_room(bytes) && self.messages.try_send((outgoing, self.hold(bytes))).is_ok();
        if !pushed {
            self.overflow.notify_one();
        }
        pushed
    }

    /// When all queues together are full, a client that keeps up still gets what two devices have to say to find each other, and one
    /// message after the other: only who has let more wait is refused.
    fn has_room(&self, bytes: usize) -> bool {
        let waiting = self.waiting.load(Ordering::Relaxed);
        let short = self.together.load(Ordering::Relaxed) + bytes > self.most_together;
        waiting + bytes <= self.most && (waiting == 0 || waiting + bytes <= self.most / FLOOR || !short)
    }

    fn hold(&self, bytes: usize) -> Held {
        let counters = [Arc::clone(&self.waiting), Arc::clone(&self.together)];
        for counter in &counters {
            counter.fetch_add(bytes, Ordering::Relaxed);
        }
        Held { bytes, counters }
    }
}

/// Counts a message's bytes until it leaves the queue, by whichever end.
#[derive(Debug)]
struct Held {
    bytes: usize,
    counters: [Arc<AtomicUsize>; 2],
}

impl Drop for Held {
    fn drop(&mut self) {
        for counter in &self.counters {
            counter.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Outgoing {
        Outgoing::Text("x".repeat(bytes))
    }

    fn limits() -> SocketLimits {
        SocketLimits { queue_messages: 4, queue_bytes: 100, ..SocketLimits::default() }
    }

    #[tokio::test]
    async fn a_queue_is_bounded_in_bytes_and_messages() {
        let (outbox, mut queue) = Pool::new(1000).queue(&limits());
        assert!(outbox.push(text(60)));
        assert!(!outbox.push(text(41)));
        queue.overflow().notified().await;
        assert!(outbox.push(text(40)));
        assert!(matches!(queue.next().await, Some(Outgoing::Text(text)) if text.len() == 60));
        assert!(outbox.push(text(60)), "what was read makes room");
        assert!(outbox.push(Outgoing::Close(1000)) && outbox.push(Outgoing::Close(1000)));
        assert!(!outbox.push(Outgoing::Close(1000)), "four messages are enough");
    }

    #[tokio::test]
    async fn when_memory_is_short_only_those_who_let_messages_wait_are_refused() {
        let pool = Pool::new(100);
        let (slow, slow_queue) = pool.queue(&limits());
        let (quick, mut quick_queue) = pool.queue(&limits());
        assert!(slow.push(text(50)) && slow.push(text(50)));
        for _ in 0..3 {
            assert!(quick.push(text(50)), "nothing waits here");
            quick_queue.next().await.expect("pushed");
        }
        let (patient, _patient_queue) = pool.queue(&SocketLimits { queue_bytes: 1280, ..limits() });
        assert!(patient.push(text(10)) && patient.push(text(10)), "an offer, and the addresses with it");
        assert!(!patient.push(text(1)), "a 64th of its own queue is full");
        drop((slow_queue, patient, _patient_queue));
        assert_eq!(pool.waiting(), 0, "a queue that is gone holds nothing");
        assert!(quick.push(text(50)) && quick.push(text(50)));
    }
}

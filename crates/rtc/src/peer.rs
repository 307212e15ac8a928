//! A peer connection as its user has it: what to do goes to the thread of its stack, and what happens comes from there.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    thread::{Builder, JoinHandle},
};

use perkoon_peer::connecting::{Progress, Relay};
use perkoon_protocol::{rest::IceServer, signal::Signal};
use perkoon_transfer::{Binding, Fingerprint, Meeting, Payload};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::{
    Certificate, Chunk, Error, RtcEvent,
    gauge::{Shared, locked},
    stack::{Command, Stack},
};

/// Names that are looked up at once.
const LOOK_UPS: usize = 4;

/// How a connection is made.
pub struct Configuration {
    /// The sender's number for it, in signals.
    pub number: u32,
    /// Servers that help to find a path.
    pub ice_servers: Vec<IceServer>,
    /// Whether a relay has to be used.
    pub relay: Relay,
    /// What this process shows to the other side.
    pub certificate: Certificate,
}

/// A peer connection. When it is dropped everything closes, and the other side hears of it.
pub struct Peer {
    commands: UnboundedSender<Command>,
    shared: Arc<Shared>,
    local: Fingerprint,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Makes a connection that neither offers nor answers yet; `tell` hears what happens, on another thread.
    ///
    /// # Errors
    /// When the system refuses a thread, or the stack its configuration.
    pub fn new(configuration: Configuration, mut tell: impl FnMut(RtcEvent) + Send + 'static) -> Result<Self, Error> {
        let (commands, queue) = unbounded_channel();
        let (shared, local) = (Arc::new(Shared::default()), configuration.certificate.fingerprint);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(LOOK_UPS).build()?;
        let stack = {
            // Sockets belong to the runtime that they are made in.
            let _entered = runtime.enter();
            Stack::new(configuration, Arc::clone(&shared), queue)?
        };
        let thread = Builder::new().name("webrtc".to_owned()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(stack.run(&mut tell))));
            // A name that is still being looked up is nobody's concern any more.
            runtime.shutdown_background();
            // A fault of the stack ends the connection, not the program.
            if ended.is_err() {
                tell(RtcEvent::Lost);
            }
        })?;
        Ok(Self { commands, shared, local, thread: Some(thread) })
    }

    /// Makes an SDP offer and tells it.
    pub fn offer(&self) {
        self.order(Command::Offer { restart: false });
    }

    /// Starts ICE anew, on the addresses that the two have now. What the channels hold stays.
    pub fn restart(&self) {
        self.order(Command::Offer { restart: true });
    }

    /// Whether the last offer was answered.
    pub fn is_answered(&self) -> bool {
        self.shared.stable.load(Ordering::Acquire)
    }

    /// Takes in what the other peer sent by way of the server.
    pub fn signal(&self, signal: Signal) {
        self.order(Command::Signal(signal));
    }

    /// What the core is told of the connection, now that it is open; nothing when it cannot be said whom it connects.
    pub fn meeting(&self) -> Option<Meeting> {
        let remote = locked(&self.shared.remote).fingerprint()?;
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).ok()?;
        Some(Meeting { binding: Binding { local: self.local, remote }, nonce })
    }

    /// Sends on the control channel, after what already waits for room there. A closing channel loses it; `Lost` tells the driver.
    pub fn send_control(&self, text: String) {
        self.shared.control.give(text.len());
        self.order(Command::Control(text));
    }

    /// Bytes given to the control channel that the other side has not acknowledged.
    pub fn unsent(&self) -> usize {
        self.shared.control.buffered()
    }

    /// Bytes of packets that have arrived, of whatever kind.
    pub fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Acquire)
    }

    /// A message that was told waits no more. Whoever is told has to say so of each: a connection ends when too much waits.
    pub fn took(&self, event: &RtcEvent) {
        self.shared.untaken.fetch_sub(event.weight(), Ordering::AcqRel);
    }

    /// Opens a lane (the receiver does).
    pub fn open_lane(&self, lane: u16) {
        self.order(Command::OpenLane(lane));
    }

    /// Closes a lane.
    pub fn close_lane(&self, lane: u16) {
        self.order(Command::CloseLane(lane));
    }

    /// Sends one message on a lane. A lane that is gone loses it; `LaneClosed` tells the driver.
    pub fn send_lane(&self, lane: u16, payload: Chunk) {
        if let Some(gauge) = locked(&self.shared.lanes).get(&lane) {
            gauge.give(payload.len());
            self.order(Command::Lane(lane, payload));
        }
    }

    /// What the send buffer of each lane holds now, in bytes.
    pub fn lanes_buffered(&self) -> Vec<(u16, usize)> {
        locked(&self.shared.lanes).iter().map(|(lane, gauge)| (*lane, gauge.buffered())).collect()
    }

    /// Closes it, so that the peer hears of it.
    pub fn close(&self) {
        self.order(Command::Close);
    }

    /// Whether ICE has lost touch with the peer.
    pub fn is_faltering(&self) -> bool {
        self.shared.faltering.load(Ordering::Acquire)
    }

    /// How far connecting has come.
    pub fn progress(&self) -> Progress {
        Progress {
            gathered: self.shared.gathered.load(Ordering::Acquire),
            answered: self.shared.answered.load(Ordering::Acquire),
            path: self.shared.path.load(Ordering::Acquire),
        }
    }

    /// A thread that has ended does nothing more.
    fn order(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.close();
        // It has its last packets to send, and waits for nothing else.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

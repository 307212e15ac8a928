//! A peer whose events can be waited for.

use std::{
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use perkoon_peer::connecting::{Connection, Relay};
use perkoon_protocol::{rest::IceServer, signal::Signal};
use perkoon_rtc::{Certificate, Chunk, Configuration, Peer, RtcEvent};

/// How long anything may take on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct End {
    pub peer: Peer,
    events: Receiver<RtcEvent>,
    other: Option<std::sync::mpsc::Sender<Signal>>,
    signals: Receiver<Signal>,
    pub path: Option<Connection>,
}

/// Two ends; what one signals reaches the other while either is waited on.
pub struct Pair {
    pub sender: End,
    pub receiver: End,
    /// All that were passed on while it connected.
    pub candidates: Vec<String>,
}

impl End {
    pub fn new(servers: &[IceServer], relay: Relay) -> Self {
        let certificate = Certificate::generate().expect("randomness");
        let configuration = Configuration { number: 7, ice_servers: servers.to_vec(), relay, certificate };
        let (tell, events) = channel();
        let peer = Peer::new(configuration, move |event| drop(tell.send(event))).expect("a peer");
        let (_, signals) = channel();
        Self { peer, events, other: None, signals, path: None }
    }

    /// The next event that is no signal.
    pub fn next(&mut self) -> RtcEvent {
        loop {
            while let Ok(signal) = self.signals.try_recv() {
                self.peer.signal(signal);
            }
            match self.events.recv_timeout(PATIENCE).expect("an event in time") {
                RtcEvent::Signal(signal) => self.other.iter().for_each(|other| drop(other.send(signal.clone()))),
                RtcEvent::Path(path, _) => self.path = path.or(self.path),
                RtcEvent::LaneDrained | RtcEvent::InTouch | RtcEvent::Faltering => {}
                event => {
                    self.peer.took(&event);
                    return event;
                }
            }
        }
    }

    /// Whether the other side is known to have gone, of all that was told so far, and the bytes of texts among that; nothing of it is taken.
    pub fn overhear(&mut self) -> (bool, usize) {
        let (mut lost, mut bytes) = (false, 0);
        for event in self.events.try_iter() {
            match event {
                RtcEvent::Control(text) => bytes += text.len(),
                RtcEvent::Lost => lost = true,
                _ => {}
            }
        }
        (lost, bytes)
    }

    /// Waits until the other side is known to have gone, whatever else is told before.
    pub fn until_lost(&mut self) {
        while !matches!(self.next(), RtcEvent::Lost) {}
    }
}

impl Pair {
    pub fn new(servers: &[IceServer], relay: Relay) -> Self {
        let (mut sender, mut receiver) = (End::new(servers, relay), End::new(servers, relay));
        let ((to_receiver, at_receiver), (to_sender, at_sender)) = (channel(), channel());
        (sender.other, receiver.other) = (Some(to_receiver), Some(to_sender));
        (sender.signals, receiver.signals) = (at_sender, at_receiver);
        Self { sender, receiver, candidates: Vec::new() }
    }

    /// Passes signals on until neither has any more, or both are connected.
    pub fn connect(&mut self) {
        self.sender.peer.offer();
        let (mut open, begun) = ([false; 2], std::time::Instant::now());
        while open != [true; 2] {
            assert!(begun.elapsed() < PATIENCE, "connected in time: {open:?}");
            for (index, end) in [&mut self.sender, &mut self.receiver].into_iter().enumerate() {
                while let Ok(signal) = end.signals.try_recv() {
                    if let Signal::Candidate { candidate, .. } = &signal {
                        self.candidates.push(candidate.clone());
                    }
                    end.peer.signal(signal);
                }
                match end.events.recv_timeout(Duration::from_millis(5)) {
                    Ok(RtcEvent::Signal(signal)) => end.other.iter().for_each(|other| drop(other.send(signal.clone()))),
                    Ok(RtcEvent::ControlOpen) => open[index] = true,
                    Ok(RtcEvent::Path(path, _)) => end.path = path.or(end.path),
                    Ok(RtcEvent::InTouch | RtcEvent::Faltering) | Err(_) => {}
                    Ok(event) => panic!("{event:?} before the connection is there"),
                }
            }
        }
    }

    /// The receiver opens a lane, and both have it.
    pub fn open_lane(&mut self, lane: u16) {
        self.receiver.peer.open_lane(lane);
        for end in [&mut self.receiver, &mut self.sender] {
            let RtcEvent::LaneOpen { lane: opened, max_message } = end.next() else { panic!("a lane") };
            assert_eq!((opened, max_message), (lane, 256 << 10));
        }
    }
}

/// Bytes that differ everywhere.
pub fn bytes(length: usize, seed: usize) -> Chunk {
    Chunk((0..length).map(|index| (index.wrapping_mul(31) + seed * 7 + index / 251) as u8).collect::<Vec<_>>().into())
}

impl Pair {
    /// Passes signals on, and everything else to `look`, until it has seen enough.
    pub fn until(&mut self, mut look: impl FnMut(RtcEvent) -> bool) {
        let begun = std::time::Instant::now();
        while !self.turn(&mut look) {
            assert!(begun.elapsed() < PATIENCE, "seen in time");
        }
    }

    /// Passes signals on until the sender's last offer is answered.
    pub fn until_answered(&mut self) {
        let begun = std::time::Instant::now();
        while !self.sender.peer.is_answered() {
            self.turn(&mut |_| false);
            assert!(begun.elapsed() < PATIENCE, "answered in time");
        }
    }

    /// Passes signals on until either end hears this.
    pub fn until_text(&mut self, wanted: &str) {
        self.until(|event| match event {
            RtcEvent::Control(text) => text == wanted,
            RtcEvent::Lost => panic!("lost before {wanted}"),
            _ => false,
        });
    }

    /// Passes signals on until a candidate with this in it was among them.
    pub fn until_candidate(&mut self, wanted: &str) {
        let begun = std::time::Instant::now();
        while !self.candidates.iter().any(|candidate| candidate.contains(wanted)) {
            self.turn(&mut |_| false);
            assert!(begun.elapsed() < PATIENCE, "{wanted} in time: {:?}", self.candidates);
        }
    }

    fn turn(&mut self, look: &mut impl FnMut(RtcEvent) -> bool) -> bool {
        for end in [&mut self.sender, &mut self.receiver] {
            while let Ok(signal) = end.signals.try_recv() {
                if let Signal::Candidate { candidate, .. } = &signal {
                    self.candidates.push(candidate.clone());
                }
                end.peer.signal(signal);
            }
            match end.events.recv_timeout(Duration::from_millis(2)) {
                Ok(RtcEvent::Signal(signal)) => end.other.iter().for_each(|other| drop(other.send(signal.clone()))),
                Ok(RtcEvent::Path(path, _)) => end.path = path.or(end.path),
                Ok(event) => {
                    end.peer.took(&event);
                    if look(event) {
                        return true;
                    }
                }
                Err(_) => {}
            }
        }
        false
    }
}

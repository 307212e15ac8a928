//! The thread of a connection: the sans-IO stack, its sockets, and whoever tells it what to do.
//!
//! The stack is looked at after every single packet: a message that comes in the same batch as what opens its channel would be dropped
//! by it otherwise.

mod core;

use std::{
    collections::VecDeque,
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use perkoon_peer::connecting::Relay;
use perkoon_protocol::signal::Signal;
use rtc::{sansio::Protocol, shared::TaggedBytesMut};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval, sleep_until},
};

use self::core::Core;
use crate::{
    Chunk, Configuration, Error, RtcEvent, candidates, description,
    gathering::{Gathering, Heard},
    gauge::Shared,
};

/// Between two looks at how the bytes travel.
const PATH: Duration = Duration::from_secs(2);

/// Candidates of the other side for one description, at most. A peer that sends hundreds is not trickling candidates.
const CANDIDATES: usize = 100;

/// Orders that are carried out before anything is sent.
const ORDERS: usize = 64;

/// What to do when there is nothing to wait for.
const IDLE: Duration = Duration::from_secs(3600);

/// What the thread is told to do.
pub(crate) enum Command {
    Offer { restart: bool },
    Signal(Signal),
    Control(String),
    OpenLane(u16),
    CloseLane(u16),
    Lane(u16, Chunk),
    Close,
}

/// What wakes the thread.
enum Woken {
    Ordered(Option<Command>),
    Heard(Heard),
    Received,
    Due,
    Look,
}

/// A connection and everything it needs.
pub(crate) struct Stack {
    commands: UnboundedReceiver<Command>,
    gathering: Gathering,
    core: Core,
    closed: bool,
}

impl Stack {
    /// Makes a connection, with whoever wants something of it.
    pub(crate) fn new(
        configuration: Configuration,
        shared: Arc<Shared>,
        commands: UnboundedReceiver<Command>,
    ) -> Result<Self, Error> {
        let Configuration { number, ice_servers, relay, certificate } = configuration;
        let core = Core::new(number, certificate, relay, shared)?;
        let gathering = Gathering::new(&ice_servers, relay == Relay::Only);
        Ok(Self { commands, gathering, core, closed: false })
    }

    /// Runs until the connection is closed at this end.
    pub(crate) async fn run(mut self, tell: &mut impl FnMut(RtcEvent)) {
        let mut looks = interval(PATH);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.flush(tell).await;
            if self.closed {
                return;
            }
            match self.woken(&mut looks).await {
                Woken::Ordered(command) => self.orders(command),
                Woken::Heard(heard) => self.heard(heard),
                Woken::Received => {}
                Woken::Due => self.due(),
                Woken::Look => self.core.look_at_path(),
            }
        }
    }

    async fn woken(&mut self, looks: &mut tokio::time::Interval) -> Woken {
        let deadlines = [self.core.connection.poll_timeout(), self.gathering.deadline()];
        let deadline = deadlines.into_iter().flatten().min().unwrap_or_else(|| Instant::now() + IDLE);
        let Self { commands, gathering, core, .. } = self;
        let Gathering { sockets, heard, questions, .. } = gathering;
        let mut seen = Vec::new();
        let receive = poll_fn(|context: &mut Context<'_>| {
            let mut some = false;
            for socket in sockets.iter_mut() {
                let local = socket.address;
                let take = |from: SocketAddr, packet: &[u8]| match questions.answer(packet) {
                    Some(answer) => seen.push(answer),
                    None => core.packet(local, from, packet.into()),
                };
                // A socket that fails is one that brings nothing.
                some |= matches!(socket.poll_receive(context, take), Poll::Ready(Ok(())));
            }
            if some { Poll::Ready(()) } else { Poll::Pending }
        });
        let woken = tokio::select! {
            command = commands.recv() => Woken::Ordered(command),
            Some(heard) = heard.recv() => Woken::Heard(heard),
            () = receive => Woken::Received,
            () = sleep_until(deadline.into()) => Woken::Due,
            _ = looks.tick() => Woken::Look,
        };
        for seen in seen {
            self.gathering.seen(seen);
        }
        woken
    }

    fn orders(&mut self, first: Option<Command>) {
        let mut next = Some(first.unwrap_or(Command::Close));
        for _ in 0..ORDERS {
            let Some(command) = next.take() else { return };
            self.order(command);
            next = self.commands.try_recv().ok();
        }
        if let Some(command) = next {
            self.order(command);
        }
    }

    fn order(&mut self, command: Command) {
        let Core { connection, channels, events, .. } = &mut self.core;
        match command {
            Command::Offer { restart } => self.offer(restart),
            Command::Signal(Signal::Offer { sdp, .. }) => self.remote_description(true, sdp),
            Command::Signal(Signal::Answer { sdp, .. }) => self.remote_description(false, sdp),
            Command::Signal(Signal::Candidate { candidate, .. }) => self.remote_candidate(candidate),
            Command::Control(text) => channels.send_control(text),
            Command::OpenLane(lane) => events.extend(channels.open_lane(connection, lane)),
            Command::CloseLane(lane) => channels.close_lane(connection, lane),
            Command::Lane(lane, payload) => channels.send_lane(lane, payload),
            Command::Close => self.close(),
        }
    }

    /// Offers a connection; what has not been answered is offered again as it was, so that an answer to either fits both.
    fn offer(&mut self, restart: bool) {
        if let Some(sdp) = self.core.offered.clone() {
            self.core.events.push_back(RtcEvent::Signal(Signal::Offer { connection: self.core.number, sdp }));
            return self.gathering.start();
        }
        if restart {
            self.core.connection.restart_ice();
        }
        self.describe(true);
    }

    /// Describes this end, and looks for addresses of it.
    fn describe(&mut self, offer: bool) {
        match self.core.describe(offer) {
            Ok(()) => self.gathering.start(),
            Err(_) => self.core.lose(),
        }
    }

    fn remote_description(&mut self, offer: bool, sdp: String) {
        let within: Vec<String> = description::candidates(&sdp).take(CANDIDATES).collect();
        match self.core.remote_description(offer, sdp) {
            Ok(true) => {
                let early = self.core.early.take().unwrap_or_default();
                early.into_iter().chain(within).for_each(|candidate| self.remote_candidate(candidate));
                if offer {
                    self.describe(false);
                }
            }
            Ok(false) => {}
            Err(_) => self.core.lose(),
        }
    }

    /// A candidate that does not fit is the peer's fault and harms only the candidate.
    fn remote_candidate(&mut self, candidate: String) {
        match &mut self.core.early {
            Some(early) if early.len() < CANDIDATES => early.push(candidate),
            Some(_) => {}
            None if self.core.candidates < CANDIDATES && candidates::is_udp(&candidate) => {
                self.core.candidates += 1;
                if let Some(address) = candidates::address_in(&candidate) {
                    self.gathering.permit(address);
                    if candidates::is_relayed(&candidate) && !self.core.relays.contains(&address) {
                        self.core.relays.push(address);
                    }
                    self.core.remote_candidate(candidate);
                } else if let Some(name) = candidates::name_in(&candidate) {
                    self.gathering.look_up(name.to_owned(), candidate);
                }
            }
            None => {}
        }
    }

    fn heard(&mut self, heard: Heard) {
        if let Heard::Named { candidate } = heard {
            return self.remote_candidate(candidate);
        }
        if let Some((from, to, packet)) = self.gathering.heard(heard) {
            self.core.packet(to, from, packet);
        }
    }

    fn due(&mut self) {
        let now = Instant::now();
        self.gathering.handle_timeout(now);
        if self.core.connection.poll_timeout().is_some_and(|due| due <= now) {
            let _ = self.core.connection.handle_timeout(now);
            self.core.look();
        }
    }

    fn close(&mut self) {
        self.closed = true;
        let _ = self.core.connection.close();
    }

    /// Sends what there is to send, and tells what there is to tell.
    async fn flush(&mut self, tell: &mut impl FnMut(RtcEvent)) {
        while let Some(candidate) = self.gathering.found.pop_front() {
            self.core.candidate(candidate);
        }
        if self.gathering.has_found_nothing() {
            self.core.events.push_back(RtcEvent::Unreachable);
        }
        loop {
            self.core.settle();
            let mut packets = VecDeque::new();
            while let Some(TaggedBytesMut { transport, message, .. }) = self.core.connection.poll_write() {
                self.core.channels.leaves(&message);
                packets.push_back((transport.local_addr, transport.peer_addr, message));
            }
            let done = packets.is_empty();
            // What there is to ask the servers goes with the packets, and without any.
            self.gathering.send(packets).await;
            if done {
                break;
            }
        }
        if self.closed {
            self.gathering.leave();
            // The tasks that carry to relays have a moment to do so.
            tokio::task::yield_now().await;
            return;
        }
        self.core.events.drain(..).for_each(tell);
    }
}

//! The addresses that this device may be reached at, and the sockets and relays behind them.

use std::{collections::VecDeque, net::SocketAddr, time::Instant};

use bytes::BytesMut;
use perkoon_protocol::rest::IceServer;
use rtc::peer_connection::transport::RTCIceCandidateInit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    candidates,
    reflexive::{Questions, Seen},
    relay::{Relay, Relayed},
    servers::{Kind, Server, servers},
    socket::Socket,
    stream::{self, Carried},
};

/// What tasks that talk to servers tell the thread.
pub(crate) enum Heard {
    /// A STUN server's addresses are known; there are none when they are not to be had.
    Stun { number: usize, servers: Vec<SocketAddr> },
    /// Something of a TURN server, on the way there that was taken at that attempt.
    Turn { number: usize, attempt: usize, carried: Carried },
    /// The address that a candidate of the other side hides behind a name, in its place.
    Named { candidate: String },
}

/// A packet, with where it comes from and where to.
type Packet = (SocketAddr, SocketAddr, BytesMut);

/// A server, and what it has become to this device.
struct Place {
    server: Server,
    /// Whether it has not said yes or no.
    awaited: bool,
    attempt: usize,
    relay: Option<Relay>,
}

/// Sockets, relays, and what is still being found out.
pub(crate) struct Gathering {
    places: Vec<Place>,
    relay_only: bool,
    pub(crate) sockets: Vec<Socket>,
    pub(crate) questions: Questions,
    hear: UnboundedSender<Heard>,
    pub(crate) heard: UnboundedReceiver<Heard>,
    started: bool,
    /// Everything found so far, by the socket or relay behind it: a new description needs all of it again.
    candidates: Vec<(SocketAddr, RTCIceCandidateInit)>,
    /// What was found and is to be told.
    pub(crate) found: VecDeque<RTCIceCandidateInit>,
    told_nothing: bool,
    /// Peers that may want to send through a relay.
    peers: Vec<SocketAddr>,
}

impl Gathering {
    /// Nothing yet.
    pub(crate) fn new(given: &[IceServer], relay_only: bool) -> Self {
        let (hear, heard) = unbounded_channel();
        let place = |server| Place { server, awaited: false, attempt: 0, relay: None };
        Self {
            places: servers(given).into_iter().map(place).collect(),
            relay_only,
            sockets: Vec::new(),
            questions: Questions::default(),
            hear,
            heard,
            started: false,
            candidates: Vec::new(),
            found: VecDeque::new(),
            told_nothing: false,
            peers: Vec::new(),
        }
    }

    /// Looks for addresses, and for another description of this end for what has changed; tells all that there are.
    pub(crate) fn start(&mut self) {
        self.started = true;
        self.leave_what_is_gone();
        self.found = self.candidates.iter().map(|(_, candidate)| candidate.clone()).collect();
        if !self.relay_only {
            self.open_sockets();
        }
        (0..self.places.len()).for_each(|number| self.ask_server(number));
    }

    /// Forgets sockets and relays of addresses that this device has no more, as after a change of networks.
    fn leave_what_is_gone(&mut self) {
        let here = candidates::interfaces();
        self.sockets.retain(|socket| here.contains(&socket.address.ip()));
        for place in &mut self.places {
            place.relay.take_if(|relay| !relay.is_wanted() || !here.contains(&relay.local()));
        }
        let relays = self.places.iter().filter_map(|place| place.relay.as_ref()?.address);
        let there: Vec<SocketAddr> = self.sockets.iter().map(|socket| socket.address).chain(relays).collect();
        self.candidates.retain(|(base, _)| there.contains(base));
    }

    /// A socket for each address that has none.
    fn open_sockets(&mut self) {
        for address in candidates::addresses() {
            if self.sockets.iter().any(|socket| socket.address.ip() == address) {
                continue;
            }
            // An address that cannot be used, such as one that is still being looked at by the system, is no candidate.
            let Ok(socket) = Socket::open(address) else { continue };
            if let Ok(candidate) = candidates::host(socket.address) {
                self.add(socket.address, candidate);
                self.sockets.push(socket);
            }
        }
    }

    /// Asks a server for what it can do, unless it has been asked and has not answered, or has given a relay.
    fn ask_server(&mut self, number: usize) {
        let (hear, place) = (self.hear.clone(), &mut self.places[number]);
        if place.awaited || place.relay.is_some() || (self.relay_only && place.server.kind == Kind::Stun) {
            return;
        }
        (place.awaited, place.attempt) = (true, place.attempt + 1);
        let (server, attempt) = (place.server.clone(), place.attempt);
        match &server.kind {
            Kind::Stun => drop(tokio::spawn(async move {
                let servers = stream::addresses(&server).await.unwrap_or_default();
                let _ = hear.send(Heard::Stun { number, servers });
            })),
            Kind::Turn { transport, .. } => {
                let transport = *transport;
                let tell = move |carried| drop(hear.send(Heard::Turn { number, attempt, carried }));
                drop(tokio::spawn(stream::carry(server, transport, tell)));
            }
        }
    }

    fn add(&mut self, base: SocketAddr, candidate: RTCIceCandidateInit) {
        if !self.candidates.iter().any(|(_, known)| *known == candidate) {
            self.candidates.push((base, candidate.clone()));
            self.found.push_back(candidate);
        }
    }

    /// A STUN server has said how it sees a socket.
    pub(crate) fn seen(&mut self, Seen { address, base, url }: Seen) {
        // One that sees what the socket has itself tells nothing new.
        if address != base
            && let Ok(candidate) = candidates::reflexive(address, base, &url)
        {
            self.add(base, candidate);
        }
    }

    /// Takes in what a task says of a server; gives packets that have come through a relay.
    pub(crate) fn heard(&mut self, heard: Heard) -> Option<Packet> {
        match heard {
            Heard::Stun { number, servers } => {
                self.ask_how_seen(number, &servers);
                None
            }
            Heard::Turn { number, attempt, carried } => self.carried(number, attempt, carried),
            Heard::Named { .. } => None,
        }
    }

    /// Asks a STUN server how it sees the sockets.
    fn ask_how_seen(&mut self, number: usize, servers: &[SocketAddr]) {
        let place = &mut self.places[number];
        place.awaited = false;
        for socket in &self.sockets {
            let server = servers.iter().find(|server| server.is_ipv4() == socket.address.is_ipv4());
            server.into_iter().for_each(|server| self.questions.ask(socket.address, *server, &place.server.url));
        }
    }

    fn carried(&mut self, number: usize, attempt: usize, carried: Carried) -> Option<Packet> {
        let place = self.places.get_mut(number).filter(|place| place.attempt == attempt)?;
        let brought = match (carried, &mut place.relay) {
            (Carried::Ready { server, local, outgoing }, _) => {
                place.relay = Relay::ask(&place.server, server, local, outgoing);
                Relayed::Nothing
            }
            (Carried::Message(message), Some(relay)) => relay.message(message),
            (Carried::Message(_), None) => return None,
            (Carried::Gone, _) => {
                (place.relay, place.awaited) = (None, false);
                return None;
            }
        };
        if let Relayed::Packet { from, to, bytes } = brought {
            return Some((from, to, bytes));
        }
        self.settle(number, brought);
        None
    }

    /// A relay has said something of itself.
    fn settle(&mut self, number: usize, brought: Relayed) {
        let place = &mut self.places[number];
        place.awaited &= place.relay.as_ref().is_some_and(|relay| relay.is_wanted() && relay.address.is_none());
        if let (Relayed::Address(address), Some(relay)) = (brought, &mut place.relay) {
            self.peers.iter().for_each(|peer| relay.permit(*peer));
            if let Ok(candidate) = candidates::relayed(address, &place.server.url) {
                self.add(address, candidate);
            }
        }
    }

    /// Lets a peer send through the relays.
    pub(crate) fn permit(&mut self, peer: SocketAddr) {
        if !self.peers.contains(&peer) {
            self.peers.push(peer);
            self.relays().for_each(|relay| relay.permit(peer));
        }
    }

    fn relays(&mut self) -> impl Iterator<Item = &mut Relay> {
        self.places.iter_mut().filter_map(|place| place.relay.as_mut())
    }

    /// Looks up the name that hides the address in a candidate of the other side.
    pub(crate) fn look_up(&self, name: String, candidate: String) {
        let hear = self.hear.clone();
        drop(tokio::spawn(async move {
            // A name that nobody knows hides its address from this device: the other side's packets show it.
            if let Some(address) = stream::address(&name).await {
                let _ = hear.send(Heard::Named { candidate: candidate.replacen(&name, &address.to_string(), 1) });
            }
        }));
    }

    /// Whether everybody was asked, and nobody knew of an address. Said once.
    pub(crate) fn has_found_nothing(&mut self) -> bool {
        let asked = self.started && self.questions.is_empty() && !self.places.iter().any(|place| place.awaited);
        let nothing = asked && self.candidates.is_empty();
        let first = nothing && !self.told_nothing;
        self.told_nothing |= nothing;
        first
    }

    /// When there is something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let relays = self.places.iter().filter_map(|place| place.relay.as_ref()?.deadline());
        relays.chain(self.questions.deadline()).min()
    }

    /// Does what is due; questions go out with the packets that follow.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for number in 0..self.places.len() {
            if let Some(relay) = &mut self.places[number].relay {
                let brought = relay.handle_timeout(now);
                // It may have been a last try.
                self.settle(number, brought);
            }
        }
    }

    /// Sends packets: from which address, to which.
    pub(crate) async fn send(&mut self, mut packets: VecDeque<Packet>) {
        packets.extend(self.questions.due(Instant::now()));
        while let Some((local, ..)) = packets.front() {
            let local = *local;
            let mut same = std::iter::from_fn(|| {
                let next = packets.pop_front_if(|(from, ..)| *from == local)?;
                Some((next.1, next.2))
            });
            if let Some(socket) = self.sockets.iter_mut().find(|socket| socket.address == local) {
                socket.send(&mut same).await;
            } else if let Some(relay) = self.relays().find(|relay| relay.address == Some(local)) {
                same.for_each(|(peer, packet)| relay.send(peer, &packet));
            } else {
                same.for_each(drop);
            }
        }
    }

    /// Gives back what others lent.
    pub(crate) fn leave(&mut self) {
        self.relays().for_each(Relay::leave);
    }
}

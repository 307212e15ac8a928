//! A place at a TURN server (RFC 8656), through which packets go that find no other way.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use tokio::sync::mpsc::UnboundedSender;
use turn_client_proto::{
    api::{Transmit, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet},
    prelude::TurnClientApi,
    types::{self, TransportType, TurnCredentials},
    udp::TurnClientUdp,
};

use crate::servers::{Kind, Server};

/// What servers give places of, and what messages are carried as: streams are cut into messages elsewhere.
const UDP: TransportType = TransportType::Udp;

/// The first byte of packets that set a connection up is below this (RFC 7983); those that follow are worth a channel of their own.
const FIRST_OF_DTLS: u8 = 20;

/// How the server's answers begin that refuse a place (RFC 8656, section 17).
const ALLOCATE_REFUSED: [u8; 2] = [0x01, 0x13];

/// The first refusal only asks who this is; the client itself takes no other for an answer and asks again.
const REFUSALS: u32 = 3;

/// How a server is asked: again after half a second, then ever later, and not for longer than about ten.
const ASKED: (Duration, Duration, u32, Duration) =
    (Duration::from_millis(500), Duration::from_secs(2), 6, Duration::from_secs(2));

/// Times that a client is asked in a row whether it has something to do.
const STEPS: usize = 16;

/// Between two times that it is asked without a reason.
const PACE: Duration = Duration::from_millis(10);

/// A relay, from the moment its server can be talked to.
pub(crate) struct Relay {
    client: TurnClientUdp,
    /// What the client's time counts from.
    epoch: Instant,
    server: SocketAddr,
    local: SocketAddr,
    outgoing: UnboundedSender<BytesMut>,
    /// Where others reach this device through it, once the server has said so.
    pub(crate) address: Option<SocketAddr>,
    /// How often the server has refused to give a place so far.
    refusals: u32,
    /// Peers whose packets go without their address.
    bound: HashSet<SocketAddr>,
    /// When there is something to do; none once the server has said no.
    due: Option<Instant>,
}

/// What a message of the server's brings.
pub(crate) enum Relayed {
    /// Nothing for others.
    Nothing,
    /// An address for the other side.
    Address(SocketAddr),
    /// A packet.
    Packet { from: SocketAddr, to: SocketAddr, bytes: BytesMut },
}

impl Relay {
    /// Asks a server for a relay.
    pub(crate) fn ask(
        server: &Server,
        address: SocketAddr,
        local: SocketAddr,
        outgoing: UnboundedSender<BytesMut>,
    ) -> Option<Self> {
        let Kind::Turn { username, credential, .. } = &server.kind else { return None };
        let mut configuration = TurnConfig::new(TurnCredentials::new(username, credential));
        let (first, longest, times, last) = ASKED;
        configuration.set_request_retransmits(first, longest, times, last);
        let client = TurnClientUdp::allocate(local, address, configuration);
        let (epoch, bound) = (Instant::now(), HashSet::new());
        let mut relay = Self { client, epoch, server: address, local, outgoing, address: None, refusals: 0, bound, due: None };
        relay.advance();
        Some(relay)
    }

    /// Takes in a message of the server. One that makes no sense is the server's fault, and changes nothing.
    pub(crate) fn message(&mut self, message: BytesMut) -> Relayed {
        if self.address.is_none() && message.starts_with(&ALLOCATE_REFUSED) {
            self.refusals += 1;
            if self.refusals >= REFUSALS {
                self.due = None;
                return Relayed::Nothing;
            }
        }
        let transmit = Transmit::new(message, UDP, self.server, self.local);
        match (self.client.recv(transmit, self.now()), self.address) {
            (TurnRecvRet::PeerData(data), Some(to)) => Relayed::Packet { from: data.peer, to, bytes: data.data().into() },
            (TurnRecvRet::Handled, _) => self.advance(),
            _ => Relayed::Nothing,
        }
    }

    /// Lets the client do what it has to, and hands over to the server what is for it.
    fn advance(&mut self) -> Relayed {
        let known = self.address;
        for _ in 0..STEPS {
            let now = self.now();
            while let Some(transmit) = self.client.poll_transmit(now) {
                let _ = self.outgoing.send(BytesMut::from(&transmit.data[..]));
            }
            while let Some(event) = self.client.poll_event() {
                match event {
                    TurnEvent::AllocationCreated(_, address) => self.address = self.address.or(Some(address)),
                    TurnEvent::ChannelCreateFailed(_, peer) => drop(self.bound.remove(&peer)),
                    _ => {}
                }
            }
            self.due = match self.client.poll(now) {
                TurnPollRet::WaitUntil(due) => Some(due.to_std(self.epoch)),
                _ => None,
            };
            if self.due.is_none_or(|due| due > self.epoch + Duration::from_nanos(now.as_nanos().unsigned_abs())) {
                break;
            }
        }
        // A client that cannot make up its mind must not keep the thread busy.
        self.due = self.due.map(|due| due.max(Instant::now() + PACE));
        self.address.filter(|_| known.is_none()).map_or(Relayed::Nothing, Relayed::Address)
    }

    /// Whether the server has not said no, and has not taken the place back.
    pub(crate) fn is_wanted(&self) -> bool {
        self.due.is_some()
    }

    /// Lets a peer send through it.
    pub(crate) fn permit(&mut self, peer: SocketAddr) {
        // It may have been permitted before.
        if self.client.create_permission(UDP, peer.ip(), self.now()).is_ok() {
            self.advance();
        }
    }

    /// Sends a packet to a peer. One that may not be sent yet is lost, and sent again by whoever waits for an answer.
    pub(crate) fn send(&mut self, peer: SocketAddr, packet: &[u8]) {
        let now = self.now();
        match self.client.send_to(UDP, peer, packet, now) {
            Ok(Some(transmit)) => drop(self.outgoing.send(BytesMut::from(&transmit.build().data[..]))),
            Ok(None) => {}
            Err(_) => return self.permit(peer),
        }
        let is_of_connection = packet.first().is_some_and(|first| *first >= FIRST_OF_DTLS);
        if is_of_connection && self.bound.insert(peer) && self.client.bind_channel(UDP, peer, now).is_ok() {
            self.advance();
        }
    }

    /// When it has something to do by itself.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Relayed {
        if self.due.is_some_and(|due| due <= now) { self.advance() } else { Relayed::Nothing }
    }

    /// Gives the place back.
    pub(crate) fn leave(&mut self) {
        let now = self.now();
        if self.client.delete(now).is_ok() {
            // Requests have some time between them, which nobody waits for any more.
            while let Some(transmit) = self.client.poll_transmit(now + Duration::from_secs(1)) {
                let _ = self.outgoing.send(BytesMut::from(&transmit.data[..]));
            }
        }
    }

    /// This device's address on the way to the server.
    pub(crate) fn local(&self) -> IpAddr {
        self.local.ip()
    }

    fn now(&self) -> types::Instant {
        types::Instant::from_std(self.epoch)
    }
}

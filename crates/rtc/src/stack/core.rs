//! The sans-IO stack itself, and what is known of the connection.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use perkoon_peer::connecting::{Connection, Relay};
use perkoon_protocol::signal::Signal;
use rtc::{
    data_channel::RTCDataChannelId,
    peer_connection::{
        RTCPeerConnection, RTCPeerConnectionBuilder,
        configuration::{
            RTCConfigurationBuilder,
            setting_engine::{SctpMaxMessageSize, SettingEngineBuilder},
        },
        event::{RTCDataChannelEvent, RTCPeerConnectionEvent},
        message::{RTCMessage, TaggedRTCMessage},
        sdp::RTCSessionDescription,
        state::{RTCIceConnectionState, RTCPeerConnectionState, RTCSignalingState},
        transport::{RTCIceCandidateInit, RTCIceCandidateType},
    },
    sansio::Protocol,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol},
};

use crate::{
    Certificate, Error, RtcEvent,
    channels::Channels,
    description,
    gauge::{Shared, locked},
};

/// Bytes that the other side may have on their way.
const RECEIVE_WINDOW: u32 = 4 << 20;

/// Bytes that may arrive before a message is whole. The longest message and the receive window together are far less; the stack itself takes
/// what does not fit in its window, as long as it comes in its order.
const UNREAD: usize = 16 << 20;

/// What messages may weigh that nobody takes. The largest offer is about half of it, and nothing else of a peer that keeps to the protocol
/// comes unasked.
const UNTAKEN: usize = 64 << 20;

/// The first byte of packets that hold what channels bring (RFC 7983, RFC 6347).
const APPLICATION_DATA: u8 = 23;

/// See the module.
pub(super) struct Core {
    pub(super) number: u32,
    pub(super) connection: RTCPeerConnection,
    pub(super) channels: Channels,
    pub(super) shared: Arc<Shared>,
    /// The offer of this end that has not been answered.
    pub(super) offered: Option<String>,
    /// Candidates that came before the remote description.
    pub(super) early: Option<Vec<String>>,
    /// Candidates that came with the last one.
    pub(super) candidates: usize,
    /// The other side's relays. A packet of one may come before its candidate does, and the stack then takes it for an address of its own.
    pub(super) relays: Vec<SocketAddr>,
    pub(super) lost: bool,
    /// Bytes that have arrived since the last message was whole.
    unread: usize,
    /// What is to be told, in its order.
    pub(super) events: VecDeque<RtcEvent>,
}

impl Core {
    pub(super) fn new(number: u32, certificate: Certificate, policy: Relay, shared: Arc<Shared>) -> Result<Self, Error> {
        let settings = SettingEngineBuilder::new()
            .with_sctp_max_message_size(SctpMaxMessageSize::Unbounded)
            .with_sctp_max_receive_buffer_size(RECEIVE_WINDOW)
            // A packet over the loopback must not be refused for the interface it belongs to.
            .with_include_loopback_candidate(true)
            // All that are left are told anew with each description.
            .with_discard_local_candidates_during_ice_restart(true)
            // Nothing better than a relay will come.
            .with_relay_acceptance_min_wait((policy == Relay::Only).then_some(Duration::ZERO))
            .build();
        let configuration = RTCConfigurationBuilder::new().with_certificates(vec![certificate.certificate]).build();
        let builder = RTCPeerConnectionBuilder::new().with_configuration(configuration).with_setting_engine(settings);
        let mut connection = builder.build(Instant::now())?;
        let channels = Channels::new(&mut connection, Arc::clone(&shared))?;
        let (early, events) = (Some(Vec::new()), VecDeque::new());
        let (offered, candidates, relays, lost, unread) = (None, 0, Vec::new(), false, 0);
        Ok(Self { number, connection, channels, shared, offered, early, candidates, relays, lost, unread, events })
    }

    pub(super) fn describe(&mut self, offer: bool) -> Result<(), Error> {
        let (connection, number) = (&mut self.connection, self.number);
        let description = if offer { connection.create_offer(None)? } else { connection.create_answer(None)? };
        let sdp = description.sdp.clone();
        connection.set_local_description(Instant::now(), description)?;
        self.shared.stable.store(!offer, Ordering::Release);
        self.offered = offer.then(|| sdp.clone());
        self.events.push_back(RtcEvent::Signal(if offer {
            Signal::Offer { connection: number, sdp }
        } else {
            Signal::Answer { connection: number, sdp }
        }));
        self.look();
        Ok(())
    }

    /// Takes in how the other side describes itself; false when there was nothing to take in.
    pub(super) fn remote_description(&mut self, offer: bool, sdp: String) -> Result<bool, Error> {
        // The answer to an offer that was made twice.
        if !offer && self.shared.stable.load(Ordering::Acquire) {
            return Ok(false);
        }
        if !locked(&self.shared.remote).admits(&sdp) {
            self.lose();
            return Ok(false);
        }
        self.channels.allow(description::max_message(&sdp));
        let sdp = description::for_stack(&sdp);
        let description = if offer { RTCSessionDescription::offer(sdp)? } else { RTCSessionDescription::answer(sdp)? };
        self.connection.set_remote_description(Instant::now(), description)?;
        self.offered = None;
        self.candidates = 0;
        self.shared.answered.store(true, Ordering::Release);
        self.shared.stable.store(!offer, Ordering::Release);
        self.look();
        Ok(true)
    }

    pub(super) fn remote_candidate(&mut self, candidate: String) {
        let _ = self.connection.add_remote_candidate(RTCIceCandidateInit { candidate, ..RTCIceCandidateInit::default() });
    }

    /// An address of this device, for the stack and for the other side.
    pub(super) fn candidate(&mut self, init: RTCIceCandidateInit) {
        let candidate = init.candidate.clone();
        if self.connection.add_local_candidate(init).is_ok() {
            self.shared.gathered.store(true, Ordering::Release);
            let (connection, sdp_mid, sdp_m_line_index) = (self.number, None, Some(0));
            self.events.push_back(RtcEvent::Signal(Signal::Candidate { connection, candidate, sdp_mid, sdp_m_line_index }));
        }
    }

    pub(super) fn packet(&mut self, local: SocketAddr, from: SocketAddr, message: BytesMut) {
        self.shared.received.fetch_add(message.len() as u64, Ordering::AcqRel);
        if message.first() == Some(&APPLICATION_DATA) {
            self.unread += message.len();
        }
        let transport =
            TransportContext { local_addr: local, peer_addr: from, ecn: None, transport_protocol: TransportProtocol::UDP };
        // What makes no sense is dropped, whoever sent it.
        let _ = self.connection.handle_read(TaggedBytesMut { now: Instant::now(), transport, message });
        self.look();
        if self.unread > UNREAD {
            self.hang_up();
        }
    }

    /// Ends the connection at once: the other side does what none does that keeps to the protocol.
    fn hang_up(&mut self) {
        self.lose();
        let _ = self.connection.close();
    }

    /// Takes what the stack has to say.
    pub(super) fn look(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            self.event(event);
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_read() {
            self.unread = 0;
            if let RTCMessage::DataChannelMessage(id, message) = message
                && let Some(event) = self.channels.message(id, message.is_string, message.data)
            {
                self.told(event);
            }
        }
    }

    /// Tells of a message, unless too many wait to be taken.
    fn told(&mut self, event: RtcEvent) {
        let weight = event.weight();
        if self.shared.untaken.load(Ordering::Acquire) + weight > UNTAKEN {
            return self.hang_up();
        }
        self.shared.untaken.fetch_add(weight, Ordering::AcqRel);
        self.events.push_back(event);
    }

    fn event(&mut self, event: RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnDataChannel(event) => self.channel_event(event),
            RTCPeerConnectionEvent::OnSignalingStateChangeEvent(state) => {
                self.shared.stable.store(state == RTCSignalingState::Stable, Ordering::Release);
            }
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(state) => {
                use RTCIceConnectionState as State;
                // A path that was found and went silent was found.
                if matches!(state, State::Connected | State::Completed) {
                    self.shared.path.store(true, Ordering::Release);
                }
                if state == State::Failed {
                    self.shared.path.store(false, Ordering::Release);
                }
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => self.connection_state(state),
            _ => {}
        }
    }

    fn connection_state(&mut self, state: RTCPeerConnectionState) {
        use RTCPeerConnectionState as State;
        self.shared.faltering.store(matches!(state, State::Disconnected | State::Failed | State::Closed), Ordering::Release);
        match state {
            State::Connected => {
                self.events.push_back(RtcEvent::InTouch);
                self.look_at_path();
            }
            State::Disconnected => self.events.push_back(RtcEvent::Faltering),
            State::Failed => self.events.push_back(RtcEvent::Failed),
            State::Closed => self.lose(),
            _ => {}
        }
    }

    fn channel_event(&mut self, event: RTCDataChannelEvent) {
        match event {
            RTCDataChannelEvent::OnOpen(id) => {
                // What is known of the path comes before what is said over it.
                if self.channels.is_control(id) {
                    self.look_at_path();
                }
                self.events.extend(self.channels.opened(&mut self.connection, id));
            }
            RTCDataChannelEvent::OnClosing(id) | RTCDataChannelEvent::OnClose(id) => self.channel_closed(id),
            _ => {}
        }
    }

    fn channel_closed(&mut self, id: RTCDataChannelId) {
        match self.channels.closed(id) {
            Some(RtcEvent::Lost) => self.lose(),
            closed => self.events.extend(closed),
        }
    }

    pub(super) fn lose(&mut self) {
        if !self.lost {
            self.lost = true;
            self.events.push_back(RtcEvent::Lost);
        }
    }

    pub(super) fn settle(&mut self) {
        if self.channels.settle(&mut self.connection) {
            self.events.push_back(RtcEvent::LaneDrained);
        }
    }

    pub(super) fn look_at_path(&mut self) {
        let pair = self.connection.sctp().and_then(|sctp| sctp.transport().ice_transport().get_selected_candidate_pair());
        let path = pair.map(|pair| {
            let remote = pair.remote().address.parse().map(|address| SocketAddr::new(address, pair.remote().port));
            let known = remote.is_ok_and(|remote| self.relays.contains(&remote));
            match known || [pair.local().typ, pair.remote().typ].contains(&RTCIceCandidateType::Relay) {
                true => Connection::Relayed,
                false => Connection::Direct,
            }
        });
        if path.is_some() {
            self.events.push_back(RtcEvent::Path(path, self.shared.received.load(Ordering::Acquire)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_becomes_a_message_ends_the_connection() {
        let certificate = Certificate::generate().expect("randomness");
        let mut core = Core::new(7, certificate, Relay::Unknown, Arc::default()).expect("a connection");
        let address = "127.0.0.1:9".parse().expect("an address");
        let mut packet = vec![0; 1200];
        packet[0] = APPLICATION_DATA;
        let mut arrived = 0;
        while !core.lost {
            core.packet(address, address, packet[..].into());
            arrived += packet.len();
            assert!(arrived < 2 * UNREAD, "{arrived} bytes");
        }
        assert!(arrived > UNREAD);
    }
}

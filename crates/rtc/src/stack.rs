//! The thread of a connection: the sans-IO stack, its sockets, and whoever tells it what to do.
//!
//! The stack is looked at after every single packet: a message that comes in the same batch as what opens its channel would be dropped
//! by it otherwise.

use std::{
    collections::VecDeque,
    future::poll_fn,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use perkoon_peer::connecting::{Connection, Relay as Policy};
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
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{MissedTickBehavior, interval, sleep_until},
};

use crate::{
    Chunk, Configuration, Error, RtcEvent, candidates,
    channels::Channels,
    description,
    gathering::{Gathering, Heard},
    gauge::{Shared, locked},
};

/// Bytes that the other side may have on their way.
const RECEIVE_WINDOW: u32 = 4 << 20;

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

/// The stack itself, and what is known of the connection.
struct Core {
    number: u32,
    connection: RTCPeerConnection,
    channels: Channels,
    shared: Arc<Shared>,
    /// The offer of this end that has not been answered.
    offered: Option<String>,
    /// Candidates that came before the remote description.
    early: Option<Vec<String>>,
    /// Candidates that came with the last one.
    candidates: usize,
    /// The other side's relays. A packet of one may come before its candidate does, and the stack then takes it for an address of its own.
    relays: Vec<SocketAddr>,
    /// Bytes of packets that have arrived.
    received: u64,
    lost: bool,
    /// What is to be told, in its order.
    events: VecDeque<RtcEvent>,
}

impl Stack {
    /// Makes a connection, with whoever wants something of it.
    pub(crate) fn new(
        configuration: Configuration,
        shared: Arc<Shared>,
        commands: UnboundedReceiver<Command>,
    ) -> Result<Self, Error> {
        let Configuration { number, ice_servers, relay, certificate } = configuration;
        let settings = SettingEngineBuilder::new()
            .with_sctp_max_message_size(SctpMaxMessageSize::Unbounded)
            .with_sctp_max_receive_buffer_size(RECEIVE_WINDOW)
            // A packet over the loopback must not be refused for the interface it belongs to.
            .with_include_loopback_candidate(true)
            // All that are left are told anew with each description.
            .with_discard_local_candidates_during_ice_restart(true)
            .build();
        let configuration = RTCConfigurationBuilder::new().with_certificates(vec![certificate.certificate]).build();
        let builder = RTCPeerConnectionBuilder::new().with_configuration(configuration).with_setting_engine(settings);
        let mut connection = builder.build(Instant::now())?;
        let channels = Channels::new(&mut connection, Arc::clone(&shared))?;
        let gathering = Gathering::new(&ice_servers, relay == Policy::Only);
        let (early, events) = (Some(Vec::new()), VecDeque::new());
        let core = Core {
            number,
            connection,
            channels,
            shared,
            offered: None,
            early,
            candidates: 0,
            relays: Vec::new(),
            received: 0,
            lost: false,
            events,
        };
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
            Command::Lane(lane, payload) => channels.send_lane(connection, lane, &payload),
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
        self.core.settle();
        let mut packets = VecDeque::new();
        while let Some(TaggedBytesMut { transport, message, .. }) = self.core.connection.poll_write() {
            self.core.channels.leaves(&message);
            packets.push_back((transport.local_addr, transport.peer_addr, message));
        }
        self.gathering.send(packets).await;
        if self.closed {
            self.gathering.leave();
            // The tasks that carry to relays have a moment to do so.
            tokio::task::yield_now().await;
            return;
        }
        self.core.settle();
        self.core.events.drain(..).for_each(tell);
    }
}

impl Core {
    fn describe(&mut self, offer: bool) -> Result<(), Error> {
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
    fn remote_description(&mut self, offer: bool, sdp: String) -> Result<bool, Error> {
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

    fn remote_candidate(&mut self, candidate: String) {
        let _ = self.connection.add_remote_candidate(RTCIceCandidateInit { candidate, ..RTCIceCandidateInit::default() });
    }

    /// An address of this device, for the stack and for the other side.
    fn candidate(&mut self, init: RTCIceCandidateInit) {
        let candidate = init.candidate.clone();
        if self.connection.add_local_candidate(init).is_ok() {
            self.shared.gathered.store(true, Ordering::Release);
            let (connection, sdp_mid, sdp_m_line_index) = (self.number, None, Some(0));
            self.events.push_back(RtcEvent::Signal(Signal::Candidate { connection, candidate, sdp_mid, sdp_m_line_index }));
        }
    }

    fn packet(&mut self, local: SocketAddr, from: SocketAddr, message: BytesMut) {
        self.received += message.len() as u64;
        let transport =
            TransportContext { local_addr: local, peer_addr: from, ecn: None, transport_protocol: TransportProtocol::UDP };
        // What makes no sense is dropped, whoever sent it.
        let _ = self.connection.handle_read(TaggedBytesMut { now: Instant::now(), transport, message });
        self.look();
    }

    /// Takes what the stack has to say.
    fn look(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            self.event(event);
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_read() {
            if let RTCMessage::DataChannelMessage(id, message) = message {
                self.events.extend(self.channels.message(id, message.is_string, message.data));
            }
        }
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

    fn lose(&mut self) {
        if !self.lost {
            self.lost = true;
            self.events.push_back(RtcEvent::Lost);
        }
    }

    fn settle(&mut self) {
        if self.channels.settle(&mut self.connection) {
            self.events.push_back(RtcEvent::LaneDrained);
        }
    }

    fn look_at_path(&mut self) {
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
            self.events.push_back(RtcEvent::Path(path, self.received));
        }
    }
}

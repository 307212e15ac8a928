//! One peer connection: trickled ICE, the control channel and the lanes.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};

use gloo::{events::EventListener, timers::future::TimeoutFuture};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use perkoon_peer::identity::Identity;
use perkoon_protocol::{limits, rest::IceServer, signal::Signal};
use perkoon_transfer::{Binding, Fingerprint, Meeting};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelInit, RtcDataChannelType, RtcIceCandidateInit,
    RtcIceConnectionState, RtcIceTransportPolicy, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcSdpType, RtcSessionDescriptionInit,
};

use super::{call_async, object, payload::Buffer, property, random, set_property, text_property, when_page_ends, window};
use crate::{
    connecting::{Progress, Relay},
    state::Connection,
};

const CONTROL_LABEL: &str = "perkoon-control";
const LANE_LABEL: &str = "perkoon-lane-";

/// Bytes the control channel is filled up to: a channel that is given more than 16 MiB throws.
const CONTROL_HIGH_WATER: u32 = 1 << 20;
const CONTROL_LOW_WATER: u32 = 256 << 10;

/// How long a new lane may seem not to drain at first before a little more is sent.
const COUNT_MS: u32 = 20;

/// How long that time grows at most.
const COUNT_MAX_MS: u32 = 1000;

/// How long a page's certificate lasts: a year, the longest that browsers take.
const CERTIFICATE_MS: f64 = 31_536_000_000.0;

/// Between two looks at how the bytes travel.
const PATH_MS: u32 = 2_000;

/// What a peer connection tells the driver.
pub enum RtcEvent {
    /// For the other peer.
    Signal(Signal),
    /// The control channel is open.
    ControlOpen,
    /// From the other peer's control channel.
    Control(String),
    /// A lane is open.
    LaneOpen {
        /// The lane's number.
        lane: u16,
        /// Bytes a message may have.
        max_message: usize,
    },
    /// Bytes on a lane.
    LaneMessage {
        /// The lane's number.
        lane: u16,
        /// The bytes.
        payload: Buffer,
    },
    /// A lane has drained to half of what it held after the last bytes were sent.
    LaneDrained,
    /// Nothing sent on a new lane seems to leave it: only sending a little more shows whether that is so.
    LaneUncounted {
        /// The lane's number.
        lane: u16,
    },
    /// A lane is closed.
    LaneClosed {
        /// The lane's number.
        lane: u16,
    },
    /// The connection is lost for good: the control channel closed, or no description was agreed on.
    Lost,
    /// The browser found no address that this device may be reached at.
    Unreachable,
    /// ICE has not heard from the peer for a while; it may come back.
    Faltering,
    /// ICE failed; starting it anew may help.
    Failed,
    /// ICE is in touch with the peer.
    InTouch,
    /// How the bytes travel, and how many have arrived.
    Path(Option<Connection>, f64),
}

/// Where a connection's events go.
pub type Outlet = Rc<dyn Fn(RtcEvent)>;

/// Whether the browser counts what leaves a channel's send buffer: see [`watch`].
#[derive(Clone, Copy, PartialEq)]
enum Count {
    Unsure,
    Watched,
    Sure,
}

/// At most [`limits::LANES`]: looking through them is no slower than hashing.
type Lanes = Vec<Lane>;

struct Lane {
    number: u16,
    channel: RtcDataChannel,
    count: Rc<Cell<Count>>,
    _listeners: Vec<EventListener>,
}

/// A peer connection. Everything closes when it is dropped.
pub struct Peer {
    number: u32,
    connection: RtcPeerConnection,
    control: RtcDataChannel,
    /// Control texts waiting for room in the channel: an offer of many files is larger than what a channel holds.
    unsent: Rc<RefCell<VecDeque<String>>>,
    lanes: Rc<RefCell<Lanes>>,
    outlet: Outlet,
    /// Who the remote descriptions say is at the other end.
    remote: Rc<Cell<Identity>>,
    /// Candidates that came before the remote description.
    early_candidates: Rc<RefCell<Option<Vec<RtcIceCandidateInit>>>>,
    _listeners: Vec<EventListener>,
}

impl Peer {
    /// Makes connection number `number` of its sender; it neither offers nor answers yet.
    ///
    /// # Errors
    /// When the browser has no WebRTC or refuses the configuration.
    pub fn new(
        number: u32,
        ice_servers: &[IceServer],
        relay: Relay,
        certificate: &JsValue,
        outlet: Outlet,
    ) -> Result<Self, JsValue> {
        let configuration = RtcConfiguration::new();
        let servers = serde_wasm_bindgen::to_value(ice_servers)?;
        configuration.set_ice_servers(&servers);
        if relay == Relay::Only {
            configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
        }
        if !certificate.is_undefined() {
            set_property(&configuration, "certificates", &Array::of1(certificate));
        }
        let connection = RtcPeerConnection::new_with_configuration(&configuration)?;
        let options = RtcDataChannelInit::new();
        options.set_negotiated(true);
        options.set_id(0);
        let control = connection.create_data_channel_with_data_channel_dict(CONTROL_LABEL, &options);
        let lanes = Rc::new(RefCell::new(Lanes::new()));
        let unsent = Rc::new(RefCell::new(VecDeque::new()));
        let mut listeners = control_listeners(&control, &unsent, &outlet);
        listeners.extend(connection_listeners(number, &connection, &lanes, &outlet));
        Ok(Self {
            number,
            connection,
            control,
            unsent,
            lanes,
            outlet,
            remote: Rc::default(),
            early_candidates: Rc::new(RefCell::new(Some(Vec::new()))),
            _listeners: listeners,
        })
    }

    /// Makes an SDP offer and sends it.
    pub fn offer(&self) {
        let (number, connection, outlet) = (self.number, self.connection.clone(), self.outlet.clone());
        spawn_local(async move {
            match describe(&connection, RtcSdpType::Offer).await {
                Ok(sdp) => outlet(RtcEvent::Signal(Signal::Offer { connection: number, sdp })),
                Err(_) => outlet(RtcEvent::Lost),
            }
        });
    }

    /// Starts ICE anew, on the addresses that the two have now. What the channels hold stays.
    pub fn restart(&self) {
        let (number, connection, outlet) = (self.number, self.connection.clone(), self.outlet.clone());
        spawn_local(async move {
            let _ = call_async(&connection, "restartIce", &[]).await;
            match describe(&connection, RtcSdpType::Offer).await {
                Ok(sdp) => outlet(RtcEvent::Signal(Signal::Offer { connection: number, sdp })),
                Err(_) => outlet(RtcEvent::Lost),
            }
        });
    }

    /// Whether the last offer was answered.
    pub fn is_answered(&self) -> bool {
        is_stable(&self.connection)
    }

    /// Takes in what the other peer sent by way of the server.
    pub fn signal(&self, signal: Signal) {
        match signal {
            Signal::Offer { sdp, .. } => self.remote_description(RtcSdpType::Offer, sdp),
            Signal::Answer { sdp, .. } => self.remote_description(RtcSdpType::Answer, sdp),
            Signal::Candidate { candidate, sdp_mid, sdp_m_line_index, .. } => {
                let init = RtcIceCandidateInit::new(&candidate);
                init.set_sdp_mid(sdp_mid.as_deref());
                init.set_sdp_m_line_index(sdp_m_line_index);
                match &mut *self.early_candidates.borrow_mut() {
                    // A peer that sends hundreds is not trickling candidates.
                    Some(early) if early.len() < 100 => early.push(init),
                    Some(_) => {}
                    None => add_candidate(&self.connection, &init),
                }
            }
        }
    }

    fn remote_description(&self, kind: RtcSdpType, sdp: String) {
        let (connection, outlet, early) = (self.connection.clone(), self.outlet.clone(), Rc::clone(&self.early_candidates));
        let number = self.number;
        // The answer to an offer that was made twice.
        if kind == RtcSdpType::Answer && is_stable(&connection) {
            return;
        }
        let mut remote = self.remote.get();
        let admitted = remote.admits(&sdp);
        self.remote.set(remote);
        if !admitted {
            return outlet(RtcEvent::Lost);
        }
        spawn_local(async move {
            let description = RtcSessionDescriptionInit::new(kind);
            description.set_sdp(&sdp);
            if JsFuture::from(connection.set_remote_description(&description)).await.is_err() {
                return outlet(RtcEvent::Lost);
            }
            for candidate in early.borrow_mut().take().unwrap_or_default() {
                add_candidate(&connection, &candidate);
            }
            if kind == RtcSdpType::Offer {
                match describe(&connection, RtcSdpType::Answer).await {
                    Ok(sdp) => outlet(RtcEvent::Signal(Signal::Answer { connection: number, sdp })),
                    // Of two offers in a row the second was answered.
                    Err(_) if is_stable(&connection) => {}
                    Err(_) => outlet(RtcEvent::Lost),
                }
            }
        });
    }

    /// What the core is told of the connection, now that it is open; nothing when it cannot be said whom it connects.
    pub fn meeting(&self) -> Option<Meeting> {
        let local = Fingerprint::in_sdp(&self.connection.local_description()?.sdp())?;
        let remote = self.remote.get().fingerprint()?;
        Some(Meeting { binding: Binding { local, remote }, nonce: random() })
    }

    /// Sends on the control channel, after what already waits for room there. A closing channel loses it; `Lost` tells the driver.
    pub fn send_control(&self, text: String) {
        self.unsent.borrow_mut().push_back(text);
        flush(&self.control, &self.unsent);
    }

    /// Opens a lane (the receiver does).
    pub fn open_lane(&self, lane: u16) {
        let channel = self.connection.create_data_channel(&format!("{LANE_LABEL}{lane}"));
        adopt_lane(&self.connection, &self.lanes, &self.outlet, lane, channel);
    }

    /// Closes a lane.
    pub fn close_lane(&self, lane: u16) {
        self.lanes.borrow_mut().retain(|open| {
            if open.number == lane {
                open.channel.close();
            }
            open.number != lane
        });
    }

    /// Sends bytes on a lane. A lane that is gone loses them; `LaneClosed` tells the driver.
    pub fn send_lane(&self, number: u16, payload: &Buffer) {
        if let Some(lane) = self.lanes.borrow().iter().find(|lane| lane.number == number) {
            let _ = lane.channel.send_with_array_buffer_view(&payload.bytes);
            arm(&lane.channel);
            if lane.count.get() == Count::Unsure {
                lane.count.set(Count::Watched);
                watch(number, Rc::downgrade(&self.lanes), self.outlet.clone());
            }
        }
    }

    /// What the send buffer of each lane holds now, in bytes, as far as the browser has begun to count.
    pub fn lanes_buffered(&self) -> Vec<(u16, usize)> {
        let lanes = self.lanes.borrow();
        let counted = lanes.iter().filter(|lane| lane.count.get() == Count::Sure);
        counted.map(|lane| (lane.number, lane.channel.buffered_amount() as usize)).collect()
    }

    /// Closes it, so that the peer hears of it.
    pub fn close(&self) {
        self.connection.close();
    }

    /// Whether ICE has lost touch with the peer.
    pub fn is_faltering(&self) -> bool {
        matches!(
            self.connection.connection_state(),
            RtcPeerConnectionState::Disconnected | RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed
        )
    }

    /// How far connecting has come.
    pub fn progress(&self) -> Progress {
        Progress {
            gathered: has_gathered(&self.connection),
            answered: self.connection.remote_description().is_some(),
            // A path that was found and went silent was found.
            path: matches!(
                self.connection.ice_connection_state(),
                RtcIceConnectionState::Connected | RtcIceConnectionState::Completed | RtcIceConnectionState::Disconnected
            ),
        }
    }

    /// Tells how the bytes travel, for as long as the connection lasts: ICE changes to a better path when it finds one.
    pub fn watch_path(&self) {
        let (connection, outlet) = (self.connection.clone(), self.outlet.clone());
        spawn_local(async move {
            while connection.connection_state() != RtcPeerConnectionState::Closed {
                let stats = JsFuture::from(connection.get_stats()).await;
                if let Ok(stats) = stats {
                    let (path, received) = path(&connection, &stats);
                    outlet(RtcEvent::Path(path, received));
                }
                TimeoutFuture::new(PATH_MS).await;
            }
        });
    }
}

/// Makes the certificate that this page uses for all its connections; undefined in a browser that leaves that to each of them.
pub async fn certificate() -> JsValue {
    let algorithm = object(&[
        ("name", "ECDSA".into()),
        ("namedCurve", "P-256".into()),
        // Some pages stay open for longer than the month that it would last.
        ("expires", CERTIFICATE_MS.into()),
    ]);
    let made = call_async(&property(&window(), "RTCPeerConnection"), "generateCertificate", &[algorithm.into()]).await;
    made.unwrap_or(JsValue::UNDEFINED)
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.connection.close();
    }
}

async fn describe(connection: &RtcPeerConnection, kind: RtcSdpType) -> Result<String, JsValue> {
    let promise = if kind == RtcSdpType::Offer { connection.create_offer() } else { connection.create_answer() };
    let description: RtcSessionDescriptionInit = JsFuture::from(promise).await?.unchecked_into();
    let sdp = text_property(&description, "sdp");
    JsFuture::from(connection.set_local_description(&description)).await?;
    Ok(sdp)
}

/// A candidate that does not fit is the peer's fault and harms only the candidate.
fn add_candidate(connection: &RtcPeerConnection, candidate: &RtcIceCandidateInit) {
    let promise = connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(candidate));
    spawn_local(async move { drop(JsFuture::from(promise).await) });
}

fn control_listeners(control: &RtcDataChannel, unsent: &Rc<RefCell<VecDeque<String>>>, outlet: &Outlet) -> Vec<EventListener> {
    let told = |outlet: &Outlet, event: fn() -> RtcEvent| {
        let outlet = outlet.clone();
        move |_: &web_sys::Event| outlet(event())
    };
    control.set_buffered_amount_low_threshold(CONTROL_LOW_WATER);
    let message = outlet.clone();
    let drained = (control.clone(), Rc::clone(unsent));
    vec![
        EventListener::new(control, "bufferedamountlow", move |_| flush(&drained.0, &drained.1)),
        EventListener::once(control, "open", told(outlet, || RtcEvent::ControlOpen)),
        EventListener::once(control, "close", told(outlet, || RtcEvent::Lost)),
        EventListener::new(control, "message", move |event| {
            // A binary message is not control text: the core refuses the empty text it becomes.
            message(RtcEvent::Control(text_property(event, "data")));
        }),
    ]
}

fn flush(control: &RtcDataChannel, unsent: &RefCell<VecDeque<String>>) {
    let mut unsent = unsent.borrow_mut();
    while control.buffered_amount() < CONTROL_HIGH_WATER
        && let Some(text) = unsent.pop_front()
    {
        let _ = control.send_with_str(&text);
    }
}

fn connection_listeners(
    number: u32,
    connection: &RtcPeerConnection,
    lanes: &Rc<RefCell<Lanes>>,
    outlet: &Outlet,
) -> Vec<EventListener> {
    let candidate = EventListener::new(connection, "icecandidate", {
        let (connection, outlet) = (connection.clone(), outlet.clone());
        move |event| match event.dyn_ref().and_then(|event| trickled(number, event)) {
            Some(signal) => outlet(RtcEvent::Signal(signal)),
            // That was all.
            None if !has_gathered(&connection) => outlet(RtcEvent::Unreachable),
            None => {}
        }
    });
    let state = EventListener::new(connection, "connectionstatechange", {
        let (connection, outlet) = (connection.clone(), outlet.clone());
        move |_| match connection.connection_state() {
            RtcPeerConnectionState::Failed => outlet(RtcEvent::Failed),
            RtcPeerConnectionState::Connected => outlet(RtcEvent::InTouch),
            RtcPeerConnectionState::Disconnected => outlet(RtcEvent::Faltering),
            _ => {}
        }
    });
    let channel = EventListener::new(connection, "datachannel", {
        let (connection, lanes, outlet) = (connection.clone(), Rc::clone(lanes), outlet.clone());
        move |event| {
            let Some(event) = event.dyn_ref::<RtcDataChannelEvent>() else { return };
            let channel = event.channel();
            let lane = channel.label().strip_prefix(LANE_LABEL).and_then(|number| number.parse().ok());
            match lane {
                Some(lane) if lanes.borrow().len() < limits::LANES => adopt_lane(&connection, &lanes, &outlet, lane, channel),
                _ => channel.close(),
            }
        }
    });
    // A browser that closes a page may take seconds to let go of its connections, and lose messages meanwhile.
    let connection = connection.clone();
    let leaving = when_page_ends(Box::new(move || connection.close()));
    vec![candidate, state, channel, leaving]
}

fn trickled(connection: u32, event: &RtcPeerConnectionIceEvent) -> Option<Signal> {
    let candidate = event.candidate()?;
    Some(Signal::Candidate {
        connection,
        candidate: candidate.candidate(),
        sdp_mid: candidate.sdp_mid(),
        sdp_m_line_index: candidate.sdp_m_line_index(),
    })
}

fn is_stable(connection: &RtcPeerConnection) -> bool {
    text_property(connection, "signalingState") == "stable"
}

/// Whether the browser found an address that this device may be reached at.
fn has_gathered(connection: &RtcPeerConnection) -> bool {
    let description = connection.local_description();
    description.is_some_and(|description| text_property(&description, "sdp").lines().any(|line| line.starts_with("a=candidate:")))
}

/// Sees to it that what leaves a new lane is counted.
///
/// Chromium begins to count a moment after it has announced a channel that the peer opened (`RTCDataChannel::RegisterObserver` is a
/// task of its own, so that the channel can be transferred to a worker first). Bytes that are sent and gone by then stay in the count
/// until more are sent, and nobody is told: a sender that waited for them would wait for ever.
fn watch(number: u16, lanes: Weak<RefCell<Lanes>>, outlet: Outlet) {
    spawn_local(async move {
        let mut wait = COUNT_MS;
        loop {
            TimeoutFuture::new(wait).await;
            let settled = |lane: &Lane| lane.number != number || lane.count.get() == Count::Sure;
            if lanes.upgrade().is_none_or(|lanes| lanes.borrow().iter().all(settled)) {
                return;
            }
            outlet(RtcEvent::LaneUncounted { lane: number });
            // A slow connection is not flooded.
            wait = COUNT_MAX_MS.min(2 * wait);
        }
    });
}

/// Asks to be told when half of what the send buffer holds now has gone.
fn arm(channel: &RtcDataChannel) {
    channel.set_buffered_amount_low_threshold(channel.buffered_amount() / 2);
}

fn adopt_lane(connection: &RtcPeerConnection, lanes: &Rc<RefCell<Lanes>>, outlet: &Outlet, lane: u16, channel: RtcDataChannel) {
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    let open = {
        let (connection, outlet) = (connection.clone(), outlet.clone());
        move || outlet(RtcEvent::LaneOpen { lane, max_message: max_message(&connection) })
    };
    let message = outlet.clone();
    let count = Rc::new(Cell::new(Count::Unsure));
    let drained = (outlet.clone(), channel.clone(), Rc::clone(&count));
    let closed = outlet.clone();
    let mut listeners = vec![
        EventListener::new(&channel, "message", move |event| {
            // Text on a lane becomes an empty message, which the core refuses.
            let bytes = property(event, "data")
                .dyn_ref::<ArrayBuffer>()
                .map_or_else(|| Uint8Array::new_with_length(0), |data| Uint8Array::new(data));
            message(RtcEvent::LaneMessage { lane, payload: bytes.into() });
        }),
        EventListener::new(&channel, "bufferedamountlow", move |_| {
            drained.2.set(Count::Sure);
            arm(&drained.1);
            (drained.0)(RtcEvent::LaneDrained);
        }),
        EventListener::once(&channel, "close", move |_| closed(RtcEvent::LaneClosed { lane })),
    ];
    if channel.ready_state() == web_sys::RtcDataChannelState::Open {
        open();
    } else {
        listeners.push(EventListener::once(&channel, "open", move |_| open()));
    }
    let mut lanes = lanes.borrow_mut();
    lanes.retain(|other| other.number != lane);
    lanes.push(Lane { number: lane, channel, count, _listeners: listeners });
}

/// The largest message both the remote side (`RTCSctpTransport.maxMessageSize`) and the protocol allow.
fn max_message(connection: &RtcPeerConnection) -> usize {
    let remote = property(&property(connection, "sctp"), "maxMessageSize").as_f64();
    // RFC 8841 section 6: a side that says nothing takes 64 KiB.
    remote.map_or(64 << 10, |bytes| bytes.min(limits::LANE_MESSAGE_BYTES as f64) as usize).max(1)
}

/// Reads the selected candidate pair from a statistics report (W3C webrtc-stats), if it has one, and the bytes that have arrived.
fn path(connection: &RtcPeerConnection, stats: &JsValue) -> (Option<Connection>, f64) {
    let reports = report_values(stats);
    let find = |id: &str| reports.iter().find(|report| text_property(report, "id") == id);
    let transport = reports.iter().find(|report| text_property(report, "type") == "transport");
    let chosen = transport.map(|transport| text_property(transport, "selectedCandidatePairId")).unwrap_or_default();
    // Firefox has no such id, but marks the pair.
    let marked = |mark| {
        reports.iter().find(|report| text_property(report, "type") == "candidate-pair" && property(report, mark).is_truthy())
    };
    let pair = find(&chosen).or_else(|| marked("selected")).or_else(|| marked("nominated"));
    let counted = |report: &JsValue| property(report, "bytesReceived").as_f64();
    let received = transport.and_then(counted).or_else(|| pair.and_then(counted)).unwrap_or_default();
    let Some(pair) = pair else { return (None, received) };
    // A relay whose packets came before its candidate did is none in Firefox, but for what the other side says of it.
    let told = text_property(&property(connection, "remoteDescription"), "sdp");
    let is_relay = |candidate: &JsValue| {
        let relay = format!(
            "{} {} typ relay",
            text_property(candidate, "address"),
            property(candidate, "port").as_f64().unwrap_or_default() as u32
        );
        text_property(candidate, "candidateType") == "relay"
            || told.as_bytes().windows(relay.len()).any(|part| part == relay.as_bytes())
    };
    let relayed =
        ["localCandidateId", "remoteCandidateId"].iter().filter_map(|end| find(&text_property(pair, end))).any(is_relay);
    (Some(if relayed { Connection::Relayed } else { Connection::Direct }), received)
}

/// `RTCStatsReport` is map-like but no `Map`.
fn report_values(stats: &JsValue) -> Vec<JsValue> {
    let values = property(stats, "values");
    let iterator = values.dyn_ref::<js_sys::Function>().and_then(|values| values.call0(stats).ok());
    iterator.map(|iterator| Array::from(&iterator).to_vec()).unwrap_or_default()
}

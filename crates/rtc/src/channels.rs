//! The control channel and the lanes of a connection, within the stack.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use bytes::BytesMut;
use perkoon_protocol::limits;
use perkoon_transfer::Payload;
use rtc::{
    data_channel::{RTCDataChannelId, RTCDataChannelInit},
    peer_connection::RTCPeerConnection,
    shared::error::Result,
};

use crate::{
    Chunk, RtcEvent,
    flight::Flight,
    gauge::{Gauge, Shared, locked},
    pace::Pace,
};

const CONTROL_LABEL: &str = "perkoon-control";
const LANE_LABEL: &str = "perkoon-lane-";

/// Bytes that the control channel is filled up to.
const CONTROL_HIGH_WATER: usize = 1 << 20;

/// Bytes of all lanes that the stack has ready to send. It sends in the order in which it was given, so that a control text waits for
/// these, and for no others.
const READY: usize = 256 << 10;

/// What is open.
pub(crate) struct Channels {
    control: RTCDataChannelId,
    control_open: bool,
    /// Control texts that wait for room in the channel: an offer of many files is larger than what it holds.
    unsent: VecDeque<String>,
    unsent_bytes: usize,
    control_taken: usize,
    lanes: Vec<Lane>,
    flight: Flight,
    pace: Pace,
    /// Bytes a message to the other side may have.
    max_message: usize,
    shared: Arc<Shared>,
}

struct Lane {
    number: u16,
    id: RTCDataChannelId,
    gauge: Arc<Gauge>,
    /// Messages that wait until the stack has little left to send.
    unsent: VecDeque<Chunk>,
    unsent_bytes: usize,
    /// Bytes taken from the peer so far.
    taken: usize,
    /// What the buffer is to fall to before that is told; none while nothing is in it.
    low: Option<usize>,
}

impl Channels {
    /// Makes the control channel of a new connection.
    pub(crate) fn new(connection: &mut RTCPeerConnection, shared: Arc<Shared>) -> Result<Self> {
        let options = RTCDataChannelInit { negotiated: Some(0), ..RTCDataChannelInit::default() };
        let control = connection.create_data_channel(CONTROL_LABEL, Some(options))?.id();
        let (unsent, lanes) = (VecDeque::new(), Vec::new());
        let (flight, pace, max_message) = (Flight::default(), Pace::default(), 0);
        Ok(Self {
            control,
            control_open: false,
            unsent,
            unsent_bytes: 0,
            control_taken: 0,
            lanes,
            flight,
            pace,
            max_message,
            shared,
        })
    }

    /// Takes in how long a message the other side takes, in bytes.
    pub(crate) fn allow(&mut self, max_message: usize) {
        self.max_message = max_message;
    }

    pub(crate) fn is_control(&self, id: RTCDataChannelId) -> bool {
        id == self.control
    }

    /// Opens a lane.
    pub(crate) fn open_lane(&mut self, connection: &mut RTCPeerConnection, number: u16) -> Option<RtcEvent> {
        match connection.create_data_channel(&format!("{LANE_LABEL}{number}"), None) {
            Ok(channel) => {
                let id = channel.id();
                self.adopt(number, id);
                None
            }
            Err(_) => Some(RtcEvent::LaneClosed { lane: number }),
        }
    }

    fn adopt(&mut self, number: u16, id: RTCDataChannelId) {
        let gauge = Arc::new(Gauge::default());
        locked(&self.shared.lanes).insert(number, Arc::clone(&gauge));
        self.lanes.retain(|lane| lane.number != number);
        self.lanes.push(Lane { number, id, gauge, unsent: VecDeque::new(), unsent_bytes: 0, taken: 0, low: None });
    }

    /// A channel is open: the control channel, a lane of this end, or one that the other side has opened.
    pub(crate) fn opened(&mut self, connection: &mut RTCPeerConnection, id: RTCDataChannelId) -> Option<RtcEvent> {
        if id == self.control {
            self.control_open = true;
            return Some(RtcEvent::ControlOpen);
        }
        let known = self.lanes.iter().find(|lane| lane.id == id).map(|lane| lane.number);
        let mut channel = connection.data_channel(id)?;
        let announced = || channel.label().strip_prefix(LANE_LABEL).and_then(|number| number.parse().ok());
        let lane = match known.or_else(announced) {
            Some(lane) if known.is_some() || self.admits(lane) => lane,
            _ => {
                let _ = channel.close();
                return None;
            }
        };
        if known.is_none() {
            self.adopt(lane, id);
        }
        Some(RtcEvent::LaneOpen { lane, max_message: self.max_message })
    }

    /// Whether the other side may open this lane.
    fn admits(&self, number: u16) -> bool {
        self.lanes.len() < limits::LANES && self.lanes.iter().all(|lane| lane.number != number)
    }

    /// A channel is closed.
    pub(crate) fn closed(&mut self, id: RTCDataChannelId) -> Option<RtcEvent> {
        if id == self.control {
            return Some(RtcEvent::Lost);
        }
        let lane = self.lanes.iter().find(|lane| lane.id == id)?.number;
        self.forget(lane);
        Some(RtcEvent::LaneClosed { lane })
    }

    /// Closes a lane.
    pub(crate) fn close_lane(&mut self, connection: &mut RTCPeerConnection, number: u16) {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.number == number)
            && let Some(mut channel) = connection.data_channel(lane.id)
        {
            let _ = channel.close();
        }
        self.forget(number);
    }

    fn forget(&mut self, number: u16) {
        self.lanes.retain(|lane| lane.number != number);
        locked(&self.shared.lanes).remove(&number);
    }

    /// A message has come.
    pub(crate) fn message(&self, id: RTCDataChannelId, is_text: bool, data: BytesMut) -> Option<RtcEvent> {
        if id == self.control {
            // A binary message is not control text: the core refuses the empty text it becomes.
            let text = if is_text { String::from_utf8(data.into()).unwrap_or_default() } else { String::new() };
            return Some(RtcEvent::Control(text));
        }
        let lane = self.lanes.iter().find(|lane| lane.id == id)?.number;
        // Text on a lane becomes an empty message, which the core refuses.
        let payload = if is_text { Chunk::empty() } else { Chunk(data.freeze()) };
        Some(RtcEvent::LaneMessage { lane, payload })
    }

    /// Sends a text, after what already waits for room.
    pub(crate) fn send_control(&mut self, text: String) {
        self.control_taken += text.len();
        self.unsent_bytes += text.len();
        self.unsent.push_back(text);
    }

    /// Sends a message on a lane, after what already waits there. A lane that is gone loses it.
    pub(crate) fn send_lane(&mut self, number: u16, payload: Chunk) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.number == number) else { return };
        lane.taken += payload.len();
        lane.unsent_bytes += payload.len();
        lane.unsent.push_back(payload);
        lane.low = Some(lane.gauge.buffered() / 2);
    }

    /// A packet leaves.
    pub(crate) fn leaves(&mut self, packet: &[u8]) {
        self.flight.leaves(packet);
    }

    /// Gives the stack what it has room for, counts what has gone, and says so of lanes that have drained far enough.
    pub(crate) fn settle(&mut self, connection: &mut RTCPeerConnection) -> bool {
        let control = self.flush_control(connection);
        self.shared.control.left(self.control_taken, self.unsent_bytes + control);
        let acknowledged =
            self.flight.settle(control + self.lanes.iter().map(|lane| outstanding(connection, lane)).sum::<usize>());
        self.pace.settle(Instant::now(), acknowledged, self.flight.on_their_way());
        let allowed = self.pace.allowed();
        while self.flight.ready() < READY && self.flight.outstanding() < allowed && self.feed(connection) {}
        let mut drained = false;
        for lane in &mut self.lanes {
            lane.gauge.left(lane.taken, lane.unsent_bytes + self.flight.waiting(outstanding(connection, lane)));
            let buffered = lane.gauge.buffered();
            if lane.low.is_some_and(|low| buffered <= low) {
                lane.low = (buffered > 0).then_some(buffered / 2);
                drained = true;
            }
        }
        drained
    }

    /// Gives the stack one message of every lane that has one; false when none has.
    fn feed(&mut self, connection: &mut RTCPeerConnection) -> bool {
        let mut fed = false;
        for lane in &mut self.lanes {
            let Some(payload) = lane.unsent.pop_front() else { continue };
            fed = true;
            lane.unsent_bytes -= payload.len();
            if let Some(mut channel) = connection.data_channel(lane.id)
                && channel.send(Instant::now(), BytesMut::from(&payload.0[..])).is_ok()
            {
                self.flight.given(payload.len());
            }
        }
        fed
    }

    /// Bytes that the control channel holds.
    fn flush_control(&mut self, connection: &mut RTCPeerConnection) -> usize {
        let Some(mut channel) = connection.data_channel(self.control) else { return 0 };
        while self.control_open
            && channel.outstanding_bytes() < CONTROL_HIGH_WATER
            && let Some(text) = self.unsent.pop_front()
        {
            let length = text.len();
            self.unsent_bytes -= length;
            if channel.send_text(Instant::now(), text).is_ok() {
                self.flight.given(length);
            }
        }
        channel.outstanding_bytes()
    }
}

/// Bytes of a lane that the stack was given and the other side has not acknowledged.
fn outstanding(connection: &mut RTCPeerConnection, lane: &Lane) -> usize {
    connection.data_channel(lane.id).map_or(0, |channel| channel.outstanding_bytes())
}

//! The peer connection: made as soon as both are in the room, so that accepting starts bytes at once.

use std::rc::Rc;

use perkoon_peer::recovery::{Broken, Sight, Step, Watchdog};
use perkoon_protocol::{
    ErrorCode, Role,
    signal::{ClientMessage, ReportState, Signal},
};
use perkoon_transfer::{Receiver, ReceiverInput, Sender, SenderInput};
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Message};
use crate::{
    connecting,
    platform::{
        payload::Buffer,
        property,
        rtc::{Peer, RtcEvent},
        window,
    },
    present,
    state::{Event, TransferStatus},
};

/// How long two peers may take to find a path to each other.
const CONNECT_MS: u32 = 30_000;

/// How long the server may take to say that a peer is gone, whose connection closed before it was open.
const FAREWELL_MS: u32 = 3_000;

/// A peer connection and the core that talks over it.
pub(super) struct Link {
    /// This page's number for it.
    pub(super) number: u32,
    /// The sender's number for it, in signalling messages.
    pub(super) wire_number: u32,
    /// The other participant's id.
    pub(super) remote: String,
    /// How far it has come.
    pub(super) stage: Stage,
    /// Whether the other side has said anything over it.
    pub(super) heard: bool,
    /// Whether the two ends trust each other: only then may files be offered.
    pub(super) trusted: bool,
    /// Who held the transfer when it stalled.
    pub(super) held: Option<Role>,
    /// The connection.
    pub(super) peer: Peer,
    /// The core.
    pub(super) end: LinkEnd,
}

/// How far a peer connection has come.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// The control channel has not opened yet.
    Connecting,
    /// The control channel is open.
    Open,
    /// Open, and nothing arrives over it.
    Stalled,
    /// The core has given it up; it stays open only so that the peer still gets to read why.
    Spent,
    /// Lost, and kept only until the receiver has handed over what it has.
    Lost,
}

impl Link {
    /// Whether the other side has spoken, and the two do not trust each other yet.
    fn is_greeting(&self) -> bool {
        self.stage == Stage::Open && self.heard && !self.trusted
    }

    /// Whether the control channel is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Stalled | Stage::Spent)
    }
}

/// The core of this page's role.
pub(super) enum LinkEnd {
    /// Has the files.
    Sender(Sender<Buffer>),
    /// Wants the files.
    Receiver(Receiver<Buffer>),
}

impl LinkEnd {
    /// Takes leave of a connection on which nothing was under way: there is nothing to do or to tell about it.
    fn disconnect(&mut self) {
        let now = super::clock::now();
        match self {
            Self::Sender(core) => {
                core.handle(now, SenderInput::Disconnected);
                while core.poll().is_some() {}
            }
            Self::Receiver(core) => {
                core.handle(now, ReceiverInput::Disconnected);
                while core.poll().is_some() {}
            }
        }
    }
}

/// Whether this browser has WebRTC at all.
pub(super) fn has_webrtc() -> bool {
    property(&window(), "RTCPeerConnection").is_function()
}

impl Driver {
    /// Sender: connects to the receiver in the room, unless that is done or a transfer with an earlier one is still running.
    pub(super) fn connect_if_needed(&mut self) {
        let broken = self.status() == TransferStatus::Reconnecting;
        // A receiver that waits for a transfer to go on would give it up.
        if self.queue.awaited.is_some() {
            return;
        }
        if self.role() != Some(Role::Sender) || (self.link.is_some() && self.status().is_running() && !broken) {
            return;
        }
        let Some(remote) = self.other(Role::Sender) else { return };
        let usable = |link: &Link| link.remote == remote && !matches!(link.stage, Stage::Spent | Stage::Lost);
        if !self.link.as_ref().is_some_and(usable) {
            self.connect(remote);
        }
    }

    fn connect(&mut self, remote: String) {
        if self.make_link(self.links + 1, remote)
            && let Some(link) = &self.link
        {
            link.peer.offer();
        }
    }

    /// Receiver: takes the sender's offer of a connection. The sender makes a new one only when it has lost the one before.
    pub(super) fn answer(&mut self, from: &str, wire_number: u32) {
        let known = self.room.as_ref().is_some_and(|room| room.has(from));
        let current = self.link.as_ref().is_some_and(|link| link.remote == from && link.wire_number == wire_number);
        if self.role() == Some(Role::Receiver) && known && !current {
            self.make_link(wire_number, from.to_owned());
        }
    }

    /// What is to be done about a broken connection now.
    pub(super) fn recover(&mut self) {
        let Some(role) = self.role() else { return };
        let other = self.other(role);
        // Without a seat nobody is told who comes back.
        let parted = self.room.as_ref().is_none_or(|room| room.parted);
        let link = match &self.link {
            // Someone may be typing the password.
            Some(link) if role == Role::Sender && self.password.is_some() && link.is_greeting() => Broken::Greeting,
            // An open one brings the transfer back once the other side has spoken.
            Some(link) if matches!(link.stage, Stage::Connecting | Stage::Open) => Broken::Connecting,
            Some(link) if link.stage == Stage::Stalled && other.as_ref() == Some(&link.remote) => {
                Broken::Stalled { answered: link.peer.is_answered() }
            }
            _ => Broken::Gone,
        };
        let sight = Sight { role, present: other.is_some(), parted, link };
        match (self.recovery.step(super::clock::now(), sight), other) {
            (Step::Connect, Some(other)) => self.connect(other),
            (Step::Restart, _) => self.link.iter().for_each(|link| link.peer.restart()),
            (Step::GiveUp, _) => self.give_up(),
            _ => {}
        }
    }

    /// Nobody comes back. A connection that only seemed to be there is gone now, for the core too.
    fn give_up(&mut self) {
        self.lost();
        if self.link.is_some() {
            return self.input(SenderInput::Abandon, ReceiverInput::Abandon);
        }
        self.former = None;
        self.ended(Event::Failed(ErrorCode::PeerLeft.into()), ReportState::Rejected);
    }

    /// The core for a new connection: the one that knows of the last transfer, with its sink where that is to go on.
    fn next_end(&mut self) -> Option<LinkEnd> {
        if self.status().is_running()
            && let Some(link) = self.link.take()
        {
            return Some(link.end);
        }
        self.drop_link();
        self.former.take().or_else(|| self.new_end())
    }

    fn make_link(&mut self, wire_number: u32, remote: String) -> bool {
        // Whoever was asked, or was asking, is gone: that is told before someone else takes the place. A transfer that runs goes on.
        if self.status() == TransferStatus::Offered || self.status().is_running() {
            self.lost();
        }
        let Some(end) = self.next_end() else { return false };
        self.links += 1;
        let (number, messages) = (self.links, self.messages.clone());
        let outlet = Rc::new(move |event| drop(messages.unbounded_send(Message::Rtc { link: number, event })));
        let Some(room) = &self.room else { return false };
        let Ok(peer) = Peer::new(wire_number, &room.ice_servers, room.relay, &self.certificate, outlet) else {
            self.fail(ErrorCode::BrowserUnsupported);
            return false;
        };
        let (stage, heard, trusted, held) = (Stage::Connecting, false, false, None);
        self.link = Some(Link { number, wire_number, remote, stage, heard, trusted, held, peer, end });
        self.time_link(CONNECT_MS);
        true
    }

    /// Has [`Self::link_timeout`] called for the present link.
    fn time_link(&self, after_ms: u32) {
        let (link, messages) = (self.links, self.messages.clone());
        spawn_local(async move {
            gloo::timers::future::TimeoutFuture::new(after_ms).await;
            let _ = messages.unbounded_send(Message::LinkTimeout { link });
        });
    }

    pub(super) fn rtc(&mut self, number: u32, event: RtcEvent) {
        let Some(link) = self.link.as_mut().filter(|link| link.number == number) else { return };
        match event {
            RtcEvent::Signal(signal) => self.signal_peer(signal),
            RtcEvent::ControlOpen => {
                let Some(meeting) = link.peer.meeting() else { return self.rtc(number, RtcEvent::Lost) };
                link.stage = Stage::Open;
                link.peer.watch_path();
                self.watchdog = Watchdog::default();
                self.input(SenderInput::Connected(meeting), ReceiverInput::Connected(meeting));
                self.participants_changed();
            }
            RtcEvent::Control(_) if link.stage == Stage::Spent => {}
            RtcEvent::Control(text) => {
                link.heard = true;
                self.input(SenderInput::Control(text.clone()), ReceiverInput::Control(text));
            }
            RtcEvent::LaneOpen { lane, max_message } => {
                self.input(SenderInput::LaneOpened { lane, max_message }, ReceiverInput::LaneOpened { lane });
            }
            RtcEvent::LaneMessage { lane, payload } => self.lane_message(lane, payload),
            RtcEvent::LaneDrained => self.lanes_drained(),
            RtcEvent::LaneUncounted { lane } => {
                // Room for one message.
                let bytes = perkoon_transfer::LANE_FIRST_BYTES - 1;
                self.sender_input(SenderInput::LaneBuffered { lane, bytes });
            }
            RtcEvent::LaneClosed { lane } => {
                link.peer.close_lane(lane);
                self.input(SenderInput::LaneClosed { lane }, ReceiverInput::LaneClosed { lane });
            }
            // A peer that leaves closes its connection, and the server's word of it may come a moment later.
            RtcEvent::Lost if link.stage == Stage::Connecting => self.time_link(FAREWELL_MS),
            RtcEvent::Lost => {
                self.lost();
                if self.status() == TransferStatus::Reconnecting {
                    self.recover();
                }
            }
            // No use in waiting for the other side for long.
            RtcEvent::Unreachable => self.time_link(FAREWELL_MS),
            RtcEvent::Faltering => self.faltering(),
            RtcEvent::Failed if link.stage == Stage::Stalled => {}
            RtcEvent::Failed if link.stage == Stage::Open && self.view.transfer.status.is_running() => self.stalled(),
            RtcEvent::Failed => self.rtc(number, RtcEvent::Lost),
            // While the transfer is held no byte shows that the connection is back.
            RtcEvent::InTouch if link.stage == Stage::Stalled && link.held.is_some() => self.mended(),
            RtcEvent::InTouch => {}
            RtcEvent::Path(path, received) => {
                if let Some(path) = path {
                    self.apply(Event::Path(path));
                }
                self.watch(received);
            }
        }
    }

    /// Looks whether bytes arrive over a connection that has to bring some.
    fn watch(&mut self, received: f64) {
        let Some(link) = &self.link else { return };
        let waiting = match &link.end {
            LinkEnd::Sender(_) => link.peer.lanes_buffered().iter().any(|(_, bytes)| *bytes > 0),
            LinkEnd::Receiver(core) => core.is_waiting(),
        };
        let (now, stage) = (super::clock::now(), link.stage);
        let running = self.status().is_running() && self.status() != TransferStatus::Paused;
        let more = self.watchdog.look(now, received, running && (waiting || link.peer.is_faltering()));
        if stage == Stage::Stalled && more {
            self.mended();
        } else if stage == Stage::Open && self.watchdog.is_stalled(now) {
            self.stalled();
        }
    }

    /// Nothing arrives any more, and the connection may yet be mended.
    fn stalled(&mut self) {
        let Some(link) = &mut self.link else { return };
        (link.stage, link.held) = (Stage::Stalled, self.view.transfer.paused_by);
        self.reconnecting();
        self.recover();
    }

    /// The connection is broken. What is tried from now on is tried for as long, however often a new one breaks meanwhile.
    pub(super) fn reconnecting(&mut self) {
        if self.status() != TransferStatus::Reconnecting {
            self.recovery.start(super::clock::now());
            self.show_now();
            self.apply(Event::Interrupted);
        }
    }

    /// It is: the transfer goes on as if nothing had been.
    fn mended(&mut self) {
        let Some(link) = &mut self.link else { return };
        link.stage = Stage::Open;
        let held = link.held.take();
        if self.status() == TransferStatus::Reconnecting {
            self.progress.resume(super::clock::now());
            self.apply(Event::Continued);
            if let Some(by) = held {
                self.apply(Event::Paused { by });
            }
        }
    }

    /// Bytes on a lane are for the receiver only.
    fn lane_message(&mut self, lane: u16, payload: Buffer) {
        match &mut self.link {
            Some(Link { end: LinkEnd::Receiver(core), .. }) => {
                core.handle(super::clock::now(), ReceiverInput::LaneMessage { lane, payload });
                self.drain();
            }
            // A receiver that sends bytes breaks the protocol; what it sends on this lane from now on is not read.
            Some(link) => link.peer.close_lane(lane),
            None => {}
        }
    }

    fn signal_peer(&self, signal: Signal) {
        if let (Some(room), Some(link)) = (&self.room, &self.link) {
            room.send(&ClientMessage::Signal { to: link.remote.clone(), signal });
        }
    }

    /// The server says that the other side is gone. A connection that still works proves otherwise: only the server lost it.
    /// One that was `lost` may come back to it.
    pub(super) fn peer_left(&mut self, id: &str, lost: bool) {
        let mends = |link: &Link| link.is_open() && (lost || !link.peer.is_faltering());
        let gone = self.link.as_ref().is_some_and(|link| link.remote == id && !mends(link));
        if gone {
            self.lost();
        }
    }

    /// ICE lost touch, and the server has seen the other side go: it is not coming back.
    fn faltering(&mut self) {
        let Some(link) = &self.link else { return };
        if self.room.as_ref().is_some_and(|room| room.parted && !room.has(&link.remote)) {
            self.lost();
        }
    }

    pub(super) fn link_timeout(&mut self, number: u32) {
        if self.link.as_ref().is_some_and(|link| link.number == number && !link.is_open()) {
            self.lost();
        }
    }

    /// The connection is gone for good.
    fn lost(&mut self) {
        let Some(link) = self.link.as_mut().filter(|link| link.stage != Stage::Lost) else { return };
        let (open, progress, remote) = (link.is_open(), link.peer.progress(), link.remote.clone());
        link.stage = Stage::Lost;
        link.peer.close();
        self.input(SenderInput::Disconnected, ReceiverInput::Disconnected);
        // Everything may have arrived, and only the browser's downloads still be running.
        if !self.status().is_running() {
            self.drop_link();
        }
        let relay = self.room.as_ref().filter(|room| room.has(&remote)).map(|room| room.relay);
        let is_there = relay.is_some();
        self.participants_lost();
        if self.status() == TransferStatus::Reconnecting {
            return;
        }
        if let Some(relay) = relay
            && !open
            && !self.status().is_terminal()
        {
            self.fail(connecting::failure(progress, relay));
        } else if self.status() == TransferStatus::Connecting && !is_there && present::is_locked(&self.view) {
            // Whoever has locked it with a last guess and left is not what the person has to know.
            self.apply(Event::Requeued);
        } else if self.status() == TransferStatus::Connecting && !is_there {
            self.fail(ErrorCode::PeerLeft);
        } else if self.room.is_none() && !self.status().is_terminal() {
            self.fail(ErrorCode::SignalingLost);
        } else if open && is_there && !self.status().is_terminal() {
            // As while the other side is asked for the password: nothing else brings the two together again.
            self.connect_if_needed();
        }
    }

    /// Shows that nobody is connected any more, without connecting again at once: a failure is shown first.
    fn participants_lost(&mut self) {
        let participants = self.view.participants.clone();
        let participants = participants.into_iter().map(|mut participant| {
            participant.connected = participant.own;
            participant
        });
        let participants = participants.collect();
        self.apply(Event::Participants(participants));
    }

    pub(super) fn drop_link(&mut self) {
        if let Some(mut link) = self.link.take() {
            self.receiving.sink = None;
            link.end.disconnect();
            self.former = Some(link.end).filter(|_| link.stage != Stage::Spent);
        }
        self.apply(Event::Unlinked);
    }
}

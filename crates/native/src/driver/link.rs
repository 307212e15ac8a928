//! The peer connection: made as soon as both are in the room, so that accepting starts bytes at once.

use std::time::Duration;

use perkoon_peer::{
    connecting::Connection,
    recovery::{Broken, Sight, Step, Watchdog},
};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_rtc::{Chunk, Configuration, Peer, RtcEvent};
use perkoon_transfer::{ReceiverInput, SenderInput};

use super::{Driver, End, Message, Status, words};
use crate::Told;

/// How long two peers may take to find a path to each other.
const CONNECT: Duration = Duration::from_secs(30);

/// How long the server may take to say that a peer is gone, whose connection closed before it was open.
const FAREWELL: Duration = Duration::from_secs(3);

/// A peer connection.
pub(super) struct Link {
    number: u32,
    /// The sender's number for it, in signalling messages.
    pub(super) wire_number: u32,
    /// The other participant's id.
    pub(super) remote: String,
    pub(super) stage: Stage,
    /// Whether the other side has said anything over it.
    heard: bool,
    /// Whether the two ends trust each other.
    trusted: bool,
    /// Who held the transfer when it stalled.
    held: Option<Role>,
    /// How the bytes travel, once that is known.
    path: Option<Connection>,
    /// Whether that was told.
    told: bool,
    pub(super) peer: Peer,
}

/// How far a peer connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The control channel has not opened yet.
    Connecting,
    /// The control channel is open.
    Open,
    /// Open, and nothing arrives over it.
    Stalled,
    /// Lost.
    Lost,
}

impl Link {
    /// Whether the other side has spoken, and the two do not trust each other yet.
    fn is_greeting(&self) -> bool {
        self.stage == Stage::Open && self.heard && !self.trusted
    }

    /// Whether the control channel is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Stalled)
    }

    /// Whether the other side may still get to read something.
    pub(super) fn has_unsent(&self) -> bool {
        self.stage == Stage::Open && self.peer.unsent() > 0
    }
}

impl Driver<'_> {
    /// Sender: connects to the receiver in the room, unless that is done.
    pub(super) fn connect_if_needed(&mut self) {
        let running = self.link.is_some() && self.status == Status::Running;
        if self.end.role() != Role::Sender || running || self.outcome.is_some() {
            return;
        }
        let Some(remote) = self.room.as_ref().and_then(|room| room.other(Role::Sender)).map(|other| other.id.clone()) else {
            return;
        };
        let usable = self.link.as_ref().is_some_and(|link| link.remote == remote && link.stage != Stage::Lost);
        if !usable {
            self.connect(remote);
        }
    }

    fn connect(&mut self, remote: String) {
        self.make_link(self.links + 1, remote);
        self.link.iter().for_each(|link| link.peer.offer());
    }

    /// Receiver: takes the sender's offer of a connection. The sender makes a new one only when it has lost the one before.
    pub(super) fn answer(&mut self, from: &str, wire_number: u32) {
        let known = self.room.as_ref().is_some_and(|room| room.has(from));
        let current = self.link.as_ref().is_some_and(|link| link.remote == from && link.wire_number == wire_number);
        if self.end.role() == Role::Receiver && known && !current {
            self.make_link(wire_number, from.to_owned());
        }
    }

    fn make_link(&mut self, wire_number: u32, remote: String) {
        // Whoever was asked is gone: that comes before someone else takes the place. A transfer that runs goes on.
        self.drop_link();
        self.links += 1;
        let (number, messages) = (self.links, self.messages.clone());
        let Some(room) = &self.room else { return };
        let configuration = Configuration {
            number: wire_number,
            ice_servers: room.ice_servers.clone(),
            relay: room.relay,
            certificate: self.certificate.clone(),
        };
        match Peer::new(configuration, move |event| drop(messages.send(Message::Rtc { link: number, event }))) {
            Ok(peer) => {
                let (stage, heard, trusted, held, path, told) = (Stage::Connecting, false, false, None, None, false);
                self.link = Some(Link { number, wire_number, remote, stage, heard, trusted, held, path, told, peer });
                self.time_link(CONNECT);
            }
            Err(error) => self.fail(words::no_webrtc(&error)),
        }
    }

    /// Has [`Self::link_timeout`] called for the present link.
    fn time_link(&self, after: Duration) {
        let (link, messages) = (self.links, self.messages.clone());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let _ = messages.send(Message::LinkTimeout { link });
        });
    }

    pub(super) fn link_timeout(&mut self, number: u32) {
        if self.link.as_ref().is_some_and(|link| link.number == number && !link.is_open()) {
            self.lost();
        }
    }

    pub(super) fn rtc(&mut self, number: u32, event: RtcEvent) {
        let Some(link) = self.link.as_mut().filter(|link| link.number == number) else { return };
        link.peer.took(&event);
        match event {
            RtcEvent::Signal(signal) => self.signal_peer(signal),
            RtcEvent::ControlOpen => self.opened(number),
            RtcEvent::Control(text) => {
                link.heard = true;
                self.input(SenderInput::Control(text.clone()), ReceiverInput::Control(text));
            }
            RtcEvent::LaneOpen { lane, max_message } => {
                self.input(SenderInput::LaneOpened { lane, max_message }, ReceiverInput::LaneOpened { lane });
            }
            RtcEvent::LaneMessage { lane, payload } => self.lane_message(lane, payload),
            RtcEvent::LaneDrained => self.lanes_drained(),
            RtcEvent::LaneClosed { lane } => {
                link.peer.close_lane(lane);
                self.input(SenderInput::LaneClosed { lane }, ReceiverInput::LaneClosed { lane });
            }
            // A peer that leaves closes its connection, and the server's word of it may come a moment later.
            RtcEvent::Lost if link.stage == Stage::Connecting => self.time_link(FAREWELL),
            RtcEvent::Lost => {
                self.lost();
                if self.status == Status::Reconnecting {
                    self.recover();
                }
            }
            // No use in waiting for the other side for long.
            RtcEvent::Unreachable => self.time_link(FAREWELL),
            RtcEvent::Faltering => self.faltering(),
            RtcEvent::Failed if link.stage == Stage::Stalled => {}
            RtcEvent::Failed if link.stage == Stage::Open && self.status.is_running() => self.stalled(),
            RtcEvent::Failed => self.rtc(number, RtcEvent::Lost),
            // While the transfer is held no byte shows that the connection is back.
            RtcEvent::InTouch if link.stage == Stage::Stalled && link.held.is_some() => self.mended(),
            RtcEvent::InTouch => {}
            RtcEvent::Path(path, received) => {
                link.path = path.or(link.path);
                self.watch(received);
            }
        }
    }

    fn opened(&mut self, number: u32) {
        let Some(link) = &mut self.link else { return };
        let Some(meeting) = link.peer.meeting() else { return self.rtc(number, RtcEvent::Lost) };
        link.stage = Stage::Open;
        self.watchdog = Watchdog::default();
        self.input(SenderInput::Connected(meeting), ReceiverInput::Connected(meeting));
    }

    /// Tells that the two are connected, before anything that follows from it.
    pub(super) fn told_connected(&mut self) {
        let waiting = self.status == Status::Waiting;
        let Some(link) = self.link.as_mut().filter(|link| !link.told && waiting) else { return };
        link.told = true;
        let path = link.path.unwrap_or(Connection::Direct);
        self.tell(Told::Connected(path));
    }

    /// The two ends trust each other.
    pub(super) fn trusted(&mut self) {
        self.link.iter_mut().for_each(|link| link.trusted = true);
    }

    /// Bytes on a lane are for the receiver only.
    fn lane_message(&mut self, lane: u16, payload: Chunk) {
        let now = self.now();
        match (&mut self.end, &self.link) {
            (End::Receiver(core, _), _) => {
                core.handle(now, ReceiverInput::LaneMessage { lane, payload });
                self.drain();
            }
            // A receiver that sends bytes breaks the protocol; what it sends on this lane from now on is not read.
            (End::Sender(..), Some(link)) => link.peer.close_lane(lane),
            (End::Sender(..), None) => {}
        }
    }

    /// What is to be done about a broken connection now.
    pub(super) fn recover(&mut self) {
        let role = self.end.role();
        let other = self.room.as_ref().and_then(|room| room.other(role)).map(|other| other.id.clone());
        // Without a seat nobody is told who comes back.
        let parted = self.room.as_ref().is_none_or(|room| room.parted);
        let link = match &self.link {
            // Someone may be typing the password.
            Some(link) if role == Role::Sender && link.is_greeting() => Broken::Greeting,
            // An open one brings the transfer back once the other side has spoken.
            Some(link) if matches!(link.stage, Stage::Connecting | Stage::Open) => Broken::Connecting,
            Some(link) if link.stage == Stage::Stalled && other.as_ref() == Some(&link.remote) => {
                Broken::Stalled { answered: link.peer.is_answered() }
            }
            _ => Broken::Gone,
        };
        let sight = Sight { role, present: other.is_some(), parted, link };
        match (self.recovery.step(self.now(), sight), other) {
            (Step::Connect, Some(other)) => self.connect(other),
            (Step::Restart, _) => self.link.iter().for_each(|link| link.peer.restart()),
            (Step::GiveUp, _) => self.give_up(),
            _ => {}
        }
    }

    /// Nobody comes back. What is all here is put in its place without the other side.
    fn give_up(&mut self) {
        if self.end.has_everything() {
            return self.drop_link();
        }
        self.input(SenderInput::Abandon, ReceiverInput::Abandon);
        self.fail(words::of_command(ErrorCode::PeerLeft.into()));
    }

    /// Looks whether bytes arrive over a connection that has to bring some.
    fn watch(&mut self, received: u64) {
        let Some(link) = &self.link else { return };
        let waiting = self.end.is_waiting(&link.peer);
        let (now, stage) = (self.now(), link.stage);
        let running = self.status == Status::Running && self.paused_by.is_none();
        let more = self.watchdog.look(now, received as f64, running && (waiting || link.peer.is_faltering()));
        if stage == Stage::Stalled && more {
            self.mended();
        } else if stage == Stage::Open && self.watchdog.is_stalled(now) {
            self.stalled();
        }
    }

    /// Nothing arrives any more, and the connection may yet be mended.
    fn stalled(&mut self) {
        let paused_by = self.paused_by;
        let Some(link) = &mut self.link else { return };
        (link.stage, link.held) = (Stage::Stalled, paused_by);
        self.reconnecting();
        self.recover();
    }

    /// It is: the transfer goes on as if nothing had been.
    fn mended(&mut self) {
        let Some(link) = &mut self.link else { return };
        link.stage = Stage::Open;
        let held = link.held.take();
        if self.status == Status::Reconnecting {
            self.continued();
            if let Some(by) = held {
                self.paused_by = Some(by);
                self.tell(Told::Paused { by });
            }
        }
    }

    /// The core says that the connection is gone. A lane may be gone, and the connection seem to be there.
    pub(super) fn interrupted(&mut self) {
        if let Some(link) = &mut self.link {
            link.stage = Stage::Lost;
            link.peer.close();
        }
        self.reconnecting();
    }

    /// The connection is broken. What is tried from now on is tried for as long, however often a new one breaks meanwhile.
    fn reconnecting(&mut self) {
        if self.status != Status::Reconnecting {
            self.recovery.start(self.now());
            (self.status, self.paused_by) = (Status::Reconnecting, None);
            self.tell(Told::Interrupted);
        }
    }

    /// The transfer goes on over another connection, or over the one that was mended.
    pub(super) fn continued(&mut self) {
        self.status = Status::Running;
        self.progress.resume(self.now());
        self.tell(Told::Continued);
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

    /// The connection is gone for good.
    fn lost(&mut self) {
        let Some(link) = self.link.as_mut().filter(|link| link.stage != Stage::Lost) else { return };
        let (open, progress, remote) = (link.is_open(), link.peer.progress(), link.remote.clone());
        link.stage = Stage::Lost;
        link.peer.close();
        self.input(SenderInput::Disconnected, ReceiverInput::Disconnected);
        if self.status.is_running() || self.outcome.is_some() {
            return;
        }
        self.drop_link();
        let relay = self.room.as_ref().filter(|room| room.has(&remote)).map(|room| room.relay);
        match relay {
            Some(relay) if !open => self.fail(words::not_connected(progress, relay)),
            // As while the other side is asked for the password: nothing else brings the two together again.
            Some(_) => self.connect_if_needed(),
            None if self.room.is_none() => self.fail(ErrorCode::SignalingLost),
            None => {}
        }
    }

    pub(super) fn drop_link(&mut self) {
        if let Some(link) = self.link.take()
            && link.stage != Stage::Lost
        {
            self.input(SenderInput::Disconnected, ReceiverInput::Disconnected);
        }
    }
}

//! Getting a seat in a session, and what the server says while the page has it.

use perkoon_peer::{
    heartbeat::{Beat, Heartbeat},
    secret::Secret,
};
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    rest::{CreateSession, IceServer, JoinedSession},
    signal::{ClientMessage, Participant, ReportState, ServerMessage, Signal},
};
use perkoon_transfer::{Failures, Password};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{Attempt, Driver, Link, Message, clock, link::Stage};
use crate::{
    connecting::{self, Relay},
    platform::{
        api, folder,
        lock::PageLock,
        server_elsewhere,
        signal::{SignalEvent, Socket},
        storage,
    },
    state::{Event, Failure, ParticipantView, TransferStatus, View},
};

/// How long a receiver waits before asking again for a seat that is taken.
const SEAT_RETRY_MS: u32 = 5_000;

/// How long to wait before the first try to get the server back; each further wait is twice as long.
const REJOIN_MS: u32 = 500;

/// How long a wait for the server grows at most.
const REJOIN_MAX_MS: u32 = 5_000;

/// How often a page that has nothing to lose tries to get the server back.
const IDLE_TRIES: u32 = 8;

/// The seat this page has.
pub(super) struct Room {
    /// For `RTCPeerConnection`.
    pub(super) ice_servers: Vec<IceServer>,
    /// Whether one of them is a relay, and whether it has to be used.
    pub(super) relay: Relay,
    /// This page's id, once the server has said hello.
    pub(super) own_id: Option<String>,
    /// Everyone in the room.
    pub(super) participants: Vec<Participant>,
    /// Whether the other side, when it is away, went on purpose.
    pub(super) parted: bool,
    /// None while it is lost.
    socket: Option<Socket>,
    heartbeat: Heartbeat,
    /// What the seat was taken with, and is taken back with.
    token: String,
    /// Why the server is about to close the socket.
    closing: Option<ErrorCode>,
    /// Tries to get the server back since its socket closed.
    tries: u32,
    lock: Option<PageLock>,
}

/// What getting a seat has brought.
pub(crate) struct Entered {
    code: SessionCode,
    share_url: String,
    sender_key: Option<String>,
    secret: Option<Secret>,
    password: Option<Password>,
    joined: JoinedSession,
    lock: Option<PageLock>,
}

impl Room {
    /// A seat that was just taken.
    fn new(joined: JoinedSession, relay: Relay, socket: Socket, lock: Option<PageLock>) -> Self {
        Self {
            ice_servers: joined.ice_servers,
            relay,
            own_id: None,
            participants: Vec::new(),
            parted: false,
            socket: Some(socket),
            heartbeat: Heartbeat::new(clock::now()),
            token: joined.token,
            closing: None,
            tries: 0,
            lock,
        }
    }

    /// Whether the server says that this participant is there.
    pub(super) fn has(&self, id: &str) -> bool {
        self.participants.iter().any(|participant| participant.id == id)
    }

    /// Sends a message to the server.
    pub(super) fn send(&self, message: &ClientMessage) {
        if let Some(socket) = &self.socket {
            socket.send(message);
        }
    }
}

impl Driver {
    /// The id of the one on the other side, if present.
    pub(super) fn other(&self, own: Role) -> Option<String> {
        let participants = &self.room.as_ref()?.participants;
        participants.iter().find(|participant| participant.role == own.other()).map(|other| other.id.clone())
    }

    pub(super) fn enter(&mut self, attempt: Attempt) {
        self.session += 1;
        self.room = None;
        self.drop_link();
        self.former = None;
        self.password = None;
        self.guarded = false;
        self.failures = match &attempt {
            Attempt::Adopt { code, .. } => Failures::with_left(storage::tries(*code)),
            _ => Failures::default(),
        };
        self.last_attempt = Some(attempt.clone());
        let (role, code) = match &attempt {
            Attempt::Create { .. } => (Role::Sender, None),
            Attempt::Adopt { code, .. } => (Role::Sender, Some(*code)),
            Attempt::Join { code, .. } => (Role::Receiver, Some(*code)),
        };
        if role == Role::Receiver {
            self.queue.clear();
        }
        self.apply(Event::Entering { role, code });
        if !super::link::has_webrtc() {
            return self.fail(ErrorCode::BrowserUnsupported);
        }
        let (session, messages, failures) = (self.session, self.messages.clone(), self.failures.clone());
        spawn_local(async move {
            let result = seat(attempt, &failures, false, None).await.map(Box::new);
            let _ = messages.unbounded_send(Message::Entered { session, result });
        });
    }

    /// Asks for the seat again, a while after the socket closed under a connection that works.
    fn rejoin_later(&mut self) {
        let (Some(room), Some(attempt)) = (&mut self.room, self.last_attempt.clone()) else { return };
        let wait = REJOIN_MAX_MS.min(REJOIN_MS << room.tries.min(8));
        let (has_lock, token) = (room.lock.is_some(), room.token.clone());
        room.tries += 1;
        let (session, messages, failures) = (self.session, self.messages.clone(), self.failures.clone());
        spawn_local(async move {
            gloo::timers::future::TimeoutFuture::new(wait).await;
            let result = seat(attempt, &failures, has_lock, Some(token)).await.map(Box::new);
            let _ = messages.unbounded_send(Message::Rejoined { session, result });
        });
    }

    /// The seat is there again, or is not; what goes on without the server goes on either way.
    pub(super) fn rejoined(&mut self, result: Result<Entered, Failure>) {
        let Some(room) = &mut self.room else { return };
        let entered = match result {
            Ok(entered) => entered,
            Err(failure) if is_final(failure.code) => return self.seat_lost(failure),
            Err(failure) if room.tries >= IDLE_TRIES && !self.needs_seat() => return self.seat_lost(failure),
            // A server that was started anew knows the session once the sender is back.
            Err(_) => return self.rejoin_later(),
        };
        let (lock, relay) = (room.lock.take(), room.relay);
        match self.open_socket(entered.joined.token.clone()) {
            Ok(socket) => self.room = Some(Room::new(entered.joined, relay, socket, lock)),
            Err(_) => self.seat_lost(ErrorCode::SignalingLost.into()),
        }
    }

    /// The seat is gone for good. Bytes that move go on moving.
    fn seat_lost(&mut self, failure: Failure) {
        self.room = None;
        if !self.status().is_running() {
            self.drop_link();
            self.apply(Event::Closed);
            if !self.status().is_terminal() {
                self.fail(failure);
            }
        }
    }

    fn open_socket(&self, token: String) -> Result<Socket, JsValue> {
        let (session, messages) = (self.session, self.messages.clone());
        Socket::open(token, move |event| drop(messages.unbounded_send(Message::Signal { session, event })))
    }

    pub(super) fn entered(&mut self, result: Result<Entered, Failure>) {
        let entered = match result {
            Ok(entered) => entered,
            Err(failure) => return self.not_entered(failure),
        };
        let Entered { code, secret, .. } = entered;
        let mut password_protected = entered.joined.password_protected || secret.is_some();
        let share_url = entered.share_url + &secret.as_ref().map(Secret::fragment).unwrap_or_default();
        self.password = entered.password;
        if let Some(key) = entered.sender_key {
            // A session made elsewhere has no hint.
            password_protected = secret.is_some();
            storage::keep_sender_seat(code, &key, secret.as_ref());
            self.await_files(code);
            // From now on this is how the seat is had again.
            self.last_attempt = Some(Attempt::Adopt { code, key, secret });
        } else {
            spawn_local(crate::sink::prepare());
            if password_protected {
                super::trust::load_soon();
            }
        }
        let relay = match Relay::among(&entered.joined.ice_servers, self.settings.relay_only) {
            Ok(relay) => relay,
            Err(none) => return self.not_entered(connecting::no_relay(none)),
        };
        match self.open_socket(entered.joined.token.clone()) {
            Ok(socket) => {
                let expires_at = entered.joined.expires_at.clone();
                self.room = Some(Room::new(entered.joined, relay, socket, entered.lock));
                self.apply(Event::Entered { code, share_url, expires_at, password_protected });
                // A page that was loaded again is as locked as it was.
                if self.failures.left() == 0 {
                    self.password_wrong(0);
                }
            }
            Err(_) => self.not_entered(ErrorCode::SignalingLost.into()),
        }
    }

    fn not_entered(&mut self, failure: Failure) {
        if failure.code == ErrorCode::WrongSenderKey {
            storage::forget_sender_seat();
        }
        let full = failure.code == ErrorCode::SessionFull;
        // Another tab has the sender's seat: this one is as good a receiver as any.
        if failure.code == ErrorCode::Replaced
            && let Some(Attempt::Adopt { code, .. }) = self.last_attempt
        {
            storage::forget_sender_seat();
            return self.enter(Attempt::Join { code, secret: storage::link_secret(code) });
        }
        self.apply(Event::Closed);
        self.fail(failure);
        if full {
            let (session, messages) = (self.session, self.messages.clone());
            spawn_local(async move {
                gloo::timers::future::TimeoutFuture::new(SEAT_RETRY_MS).await;
                let _ = messages.unbounded_send(Message::TryAgain { session });
            });
        }
    }

    pub(super) fn signalled(&mut self, event: SignalEvent) {
        match event {
            SignalEvent::Message(message) => self.server_says(message),
            SignalEvent::Closed => self.socket_closed(),
        }
    }

    fn server_says(&mut self, message: ServerMessage) {
        let Some(room) = &mut self.room else { return };
        room.heartbeat.heard(clock::now());
        match message {
            ServerMessage::Welcome { id, participants } => {
                room.own_id = Some(id);
                room.participants = participants;
                self.begin_again();
                // A server that has given the seat away, or was started anew, does not know what its holder has begun.
                if self.status().is_running() {
                    self.report(ReportState::Accepted);
                }
            }
            ServerMessage::Joined { participant } => {
                room.participants.retain(|present| present.id != participant.id && present.role != participant.role);
                room.participants.push(participant);
                room.parted = false;
                self.begin_again();
            }
            ServerMessage::Left { id, lost } => {
                room.parted = !lost;
                room.participants.retain(|present| present.id != id);
                self.peer_left(&id, lost);
                self.participants_changed();
            }
            ServerMessage::Signal { from, signal } => self.peer_signalled(from, signal),
            ServerMessage::Pong => {}
            ServerMessage::Error { code: ErrorCode::InvalidRequest | ErrorCode::RateLimited, .. } => {}
            ServerMessage::Error { code, .. } => room.closing = Some(code),
        }
    }

    /// Either side has a new socket: what was on its way to the one before is lost, and with it a connection that was being made.
    fn begin_again(&mut self) {
        self.recovery.retry();
        if !self.status().is_running() && self.link.as_ref().is_some_and(|link| link.stage == Stage::Connecting) {
            self.drop_link();
        }
        self.participants_changed();
    }

    /// Shows who is there, and connects to whoever has come.
    pub(super) fn participants_changed(&mut self) {
        let Some(room) = &self.room else { return };
        // Whoever got a new seat meanwhile has another id.
        let reaches = |link: &Link, id: &str| link.is_open() && (link.remote == id || !room.has(&link.remote));
        let connected = |id: &str| self.link.as_ref().is_some_and(|link| reaches(link, id));
        let view = room.participants.iter().map(|participant| {
            let own = room.own_id.as_deref() == Some(&participant.id);
            ParticipantView {
                id: participant.id.clone(),
                role: participant.role,
                own,
                connected: own || connected(&participant.id),
            }
        });
        let view = view.collect();
        self.apply(Event::Participants(view));
        self.connect_if_needed();
    }

    fn peer_signalled(&mut self, from: String, signal: Signal) {
        if let Signal::Offer { connection, .. } = &signal {
            self.answer(&from, *connection);
        }
        let number = match &signal {
            Signal::Offer { connection, .. } | Signal::Answer { connection, .. } | Signal::Candidate { connection, .. } => {
                *connection
            }
        };
        let Some(link) = self.link.as_ref().filter(|link| link.remote == from && link.wire_number == number) else { return };
        match signal {
            // It is gone at this end: nothing can be agreed on.
            Signal::Offer { connection, .. } if link.stage == Stage::Lost => {
                let signal = Signal::Answer { connection, sdp: String::new() };
                self.room.iter().for_each(|room| room.send(&ClientMessage::Signal { to: from.clone(), signal: signal.clone() }));
            }
            signal => link.peer.signal(signal),
        }
    }

    /// Sees whether the server still hears this page, and opens a new socket when it does not.
    pub(super) fn beat(&mut self) {
        let urgent = self.status() == TransferStatus::Reconnecting;
        let Some(room) = self.room.as_mut().filter(|room| room.socket.is_some()) else { return };
        match room.heartbeat.step(clock::now(), urgent) {
            Beat::Rest => {}
            Beat::Ask => room.send(&ClientMessage::Ping),
            Beat::Dead => {
                room.socket = None;
                self.rejoin_later();
            }
        }
    }

    /// Whether something is lost with the seat.
    fn needs_seat(&self) -> bool {
        self.status().is_running() || self.link.as_ref().is_some_and(Link::is_open)
    }

    /// A peer connection outlives the server, and another server may take this one's place.
    fn socket_closed(&mut self) {
        let reason = self.room.as_mut().and_then(|room| room.closing.take());
        if reason.is_none() && (self.needs_seat() || !self.status().is_terminal()) {
            self.room.iter_mut().for_each(|room| room.socket = None);
            return self.rejoin_later();
        }
        self.room = None;
        if self.status().is_running() {
            return;
        }
        if reason.is_some() {
            self.drop_link();
        }
        self.apply(Event::Closed);
        // Whoever has what was sent, or did not want it, does not queue up for more.
        let over = matches!(self.status(), TransferStatus::Complete | TransferStatus::Rejected | TransferStatus::Cancelled);
        match reason {
            Some(ErrorCode::SessionFull) if !over => self.not_entered(ErrorCode::SessionFull.into()),
            Some(reason) if !over || reason == ErrorCode::Replaced => self.fail(reason),
            None if !over => self.fail(ErrorCode::SignalingLost),
            _ => {}
        }
    }

    /// Tells the server how the transfer stands, so that it knows when the receiver's seat is free.
    pub(super) fn report(&self, state: ReportState) {
        if let (Some(Role::Receiver), Some(room)) = (self.role(), &self.room) {
            room.send(&ClientMessage::Report { state });
        }
    }

    pub(super) fn retry(&mut self) {
        if self.role() == Some(Role::Sender) && self.room.is_some() {
            self.apply(Event::Requeued);
            return self.connect_if_needed();
        }
        if let Some(attempt) = self.last_attempt.clone() {
            self.enter(attempt);
        }
    }

    pub(super) fn leave(&mut self) {
        if let Some(room) = &self.room {
            room.send(&ClientMessage::Leave);
        }
        self.cancel();
        self.session += 1;
        self.room = None;
        self.drop_link();
        self.former = None;
        self.password = None;
        self.queue.clear();
        self.last_attempt = None;
        self.forget_offer();
        storage::forget_sender_seat();
        self.view = View::default();
        self.apply(Event::Left);
    }
}

/// Whether asking for the seat again is of no use.
const fn is_final(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::WrongSenderKey | ErrorCode::Replaced | ErrorCode::SessionExpired | ErrorCode::InvalidCode)
}

/// Gets a seat, the same as before for who has its `token`. A sender claims its lock, unless this page has it.
async fn seat(attempt: Attempt, failures: &Failures, has_lock: bool, token: Option<String>) -> Result<Entered, Failure> {
    let (Attempt::Create { secret } | Attempt::Adopt { secret, .. } | Attempt::Join { secret, .. }) = attempt.clone();
    // Before there is a session: what cannot be protected is not made.
    let password = match &secret {
        Some(secret) => Some(super::trust::ready(secret, failures).await?),
        None => None,
    };
    let (code, share_url, sender_key) = match attempt {
        Attempt::Create { .. } => {
            let wanted = CreateSession { password_protected: secret.is_some(), ..CreateSession::default() };
            let created = api::create(&wanted).await?;
            let code = created.session_code;
            // A server elsewhere need not know which of its pages this is.
            let share_url = if server_elsewhere().is_some() { own_share_url(code) } else { created.share_url };
            (code, share_url, Some(created.sender_key))
        }
        Attempt::Adopt { code, key, .. } => (code, own_share_url(code), Some(key)),
        Attempt::Join { code, .. } => (code, own_share_url(code), None),
    };
    let lock = match &sender_key {
        Some(_) if !has_lock => Some(PageLock::of_sender(code).await.ok_or(ErrorCode::Replaced)?),
        _ => None,
    };
    let role = if sender_key.is_some() { Role::Sender } else { Role::Receiver };
    let joined = api::join(code, role, sender_key.clone(), token).await?;
    Ok(Entered { code, share_url, sender_key, secret, password, joined, lock })
}

/// The share link as this page's own address has it.
fn own_share_url(code: SessionCode) -> String {
    folder() + code.as_str()
}

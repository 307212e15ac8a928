//! The run loop: commands, signalling, the peer connection and sinks on one side, the sans-IO core and the View on the other.
//!
//! Everything that happens arrives as a [`Message`] in one queue and is dealt with to its end before the next, so that no two things
//! ever happen at once. Work that takes time runs as a task of its own and reports back with a message, tagged with the number of the
//! session, connection or sink it belongs to: what comes late is recognised and dropped.

mod link;
mod progress;
mod receiving;
mod room;
mod sending;
mod trust;

use std::{collections::VecDeque, rc::Rc};

use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
};
use leptos::prelude::*;
use perkoon_peer::{
    recovery::{Recovery, Watchdog},
    secret::Secret,
};
use perkoon_protocol::{Role, SessionCode, signal::ReportState};
use perkoon_transfer as core;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use self::{
    link::{Link, LinkEnd},
    progress::ProgressGate,
    receiving::{ChosenTarget, Receiving},
    room::{Entered, Room},
    sending::Queue,
};
use crate::{
    automation,
    platform::{
        clock,
        payload::Buffer,
        rtc::{self, RtcEvent},
        signal::SignalEvent,
        storage::{self, AgentSettings},
        wake_lock::WakeLock,
    },
    session::{Command, Session},
    sink::{self, SinkEvent, folders::Unfinished},
    state::{Event, Failure, TransferStatus, View, reduce},
};

/// Name and version of this program in the peers' hello.
pub(crate) const AGENT: &str = concat!("perkoon-web/", env!("CARGO_PKG_VERSION"));

/// How often the display of a running transfer is brought up to date even when nothing arrives.
const TICK_MS: u32 = 500;

/// Whatever happens.
pub(crate) enum Message {
    Command(Command),
    Entered { session: u32, result: Result<Box<Entered>, Failure> },
    TryAgain { session: u32 },
    Rejoined { session: u32, result: Result<Box<Entered>, Failure> },
    Signal { session: u32, event: SignalEvent },
    Rtc { link: u32, event: RtcEvent },
    LinkTimeout { link: u32 },
    Read { link: u32, request: u32, result: Result<Buffer, perkoon_protocol::ErrorCode> },
    Reopenable { session: u32 },
    Earlier { offer: u32, earlier: Unfinished },
    Target { offer: u32, result: ChosenTarget },
    Sink { sink: u32, event: SinkEvent },
    Password { session: u32, result: Result<core::Password, Failure> },
    Words { link: u32, bytes: [u8; 4], words: Rc<[String]> },
    Tick,
}

struct Driver {
    messages: UnboundedSender<Message>,
    view: View,
    publisher: automation::Publisher,
    publish: WriteSignal<View, LocalStorage>,
    settings: AgentSettings,
    /// This page's certificate for every connection, so that the other side knows it again.
    certificate: JsValue,
    /// Counts up with every attempt to enter a session.
    session: u32,
    room: Option<Room>,
    /// Counts up with every peer connection made or answered.
    links: u32,
    link: Option<Link>,
    /// The core of the connection before, which knows how the last transfer ended.
    former: Option<LinkEnd>,
    queue: Queue,
    receiving: Receiving,
    progress: ProgressGate,
    recovery: Recovery,
    watchdog: Watchdog,
    /// Held while bytes move.
    wake_lock: Option<WakeLock>,
    /// What the other end has to know; at the receiver only what its link says, for what a person types is the core's alone.
    password: Option<core::Password>,
    /// Receiver: a sender of this session has asked for a password.
    guarded: bool,
    /// How often the session's password was wrong.
    failures: core::Failures,
    /// What stands for the words that are compared with the other end.
    words: Option<[u8; 4]>,
    /// How to try again after a failure to enter.
    last_attempt: Option<Attempt>,
}

/// How this page got, or tried to get, its seat.
#[derive(Clone)]
enum Attempt {
    Create { secret: Option<Secret> },
    Adopt { code: SessionCode, key: String, secret: Option<Secret> },
    Join { code: SessionCode, secret: Option<Secret> },
}

/// Starts the driver and gives the components their handle on it. To be called once, inside the component tree's root.
pub fn start() -> Session {
    let settings = storage::take_agent_settings();
    let (view, publish) = signal_local(View::default());
    let (messages, queue) = unbounded();
    // The driver lives as long as the page; a closed channel means the page is going away.
    let commands = {
        let messages = messages.clone();
        move |command| drop(messages.unbounded_send(Message::Command(command)))
    };
    spawn_local(run(Driver::new(messages, publish, settings), queue));
    spawn_local(sink::folders::remove_stale());
    Session::new(view, settings.agent, commands)
}

/// Takes the sender's seat again in session `code`, if this tab remembers it: with the same password or secret as before.
pub fn take_sender_seat_again(session: Session, code: SessionCode) -> bool {
    let seat = storage::sender_seat(code);
    let found = seat.is_some();
    if let Some((key, secret)) = seat {
        session.send(Command::Return { code, key, secret });
    }
    found
}

/// Remembers the secret that was in the address of session `code`, for the receiver's seat.
pub fn keep_link_secret(code: SessionCode, secret: &Secret) {
    storage::keep_link_secret(code, secret);
}

async fn run(mut driver: Driver, mut messages: UnboundedReceiver<Message>) {
    // Lives as long as the page: it costs nothing while no transfer is running.
    let _ticks = gloo::timers::callback::Interval::new(TICK_MS, {
        let messages = driver.messages.clone();
        move || drop(messages.unbounded_send(Message::Tick))
    });
    driver.certificate = rtc::certificate().await;
    while let Some(message) = messages.next().await {
        driver.handle(message);
    }
}

impl Driver {
    fn new(messages: UnboundedSender<Message>, publish: WriteSignal<View, LocalStorage>, settings: AgentSettings) -> Self {
        Self {
            messages,
            view: View::default(),
            publisher: automation::Publisher::default(),
            publish,
            settings,
            certificate: JsValue::UNDEFINED,
            session: 0,
            room: None,
            links: 0,
            link: None,
            former: None,
            queue: Queue::default(),
            receiving: Receiving::default(),
            progress: ProgressGate::default(),
            recovery: Recovery::default(),
            watchdog: Watchdog::default(),
            wake_lock: None,
            password: None,
            guarded: false,
            failures: core::Failures::default(),
            words: None,
            last_attempt: None,
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Command(command) => self.command(command),
            Message::Entered { session, result } if session == self.session => self.entered(result.map(|entered| *entered)),
            Message::TryAgain { session } if session == self.session => self.retry(),
            Message::Rejoined { session, result } if session == self.session => self.rejoined(result.map(|entered| *entered)),
            Message::Signal { session, event } if session == self.session => self.signalled(event),
            Message::Rtc { link, event } => self.rtc(link, event),
            Message::LinkTimeout { link } => self.link_timeout(link),
            Message::Read { link, request, result } => self.read(link, request, result),
            Message::Reopenable { session } if session == self.session => self.reopenable(),
            Message::Earlier { offer, earlier } => self.earlier_found(offer, earlier),
            Message::Target { offer, result } => self.target_chosen(offer, result),
            Message::Sink { sink, event } => self.sink_event(sink, event),
            Message::Password { session, result } if session == self.session => self.password_ready(result),
            Message::Words { link, bytes, words } => self.words_ready(link, bytes, words),
            Message::Tick => self.tick(),
            Message::Password { .. }
            | Message::Entered { .. }
            | Message::TryAgain { .. }
            | Message::Rejoined { .. }
            | Message::Signal { .. }
            | Message::Reopenable { .. } => {}
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Create(protection) => self.enter(Attempt::Create { secret: trust::secret(protection) }),
            Command::Adopt { code, key, protection } => {
                self.enter(Attempt::Adopt { code, key, secret: trust::secret(protection) });
            }
            Command::Return { code, key, secret } => self.enter(Attempt::Adopt { code, key, secret }),
            Command::Join { code } => self.enter(Attempt::Join { code, secret: storage::link_secret(code) }),
            Command::TryPassword(typed) => self.try_password(typed),
            Command::Unlock => self.unlock(),
            Command::AddFiles(files) => self.add_files(files),
            Command::AddSameFiles => self.add_same_files(),
            Command::RemoveFile(id) => self.remove_file(id),
            Command::StartTransfer => self.start_transfer(),
            Command::SendMore => self.send_more(),
            Command::Accept(destination) => self.accept(destination),
            Command::Reject => self.input(core::SenderInput::Cancel, core::ReceiverInput::Reject),
            Command::Pause => self.input(core::SenderInput::Pause, core::ReceiverInput::Pause),
            Command::Resume => self.input(core::SenderInput::Resume, core::ReceiverInput::Resume),
            Command::Cancel => self.cancel(),
            Command::Retry => self.retry(),
            Command::Refuse(code) => self.fail(code),
            Command::Leave => self.leave(),
        }
    }

    /// Changes the View and shows it, to people and to scripts alike.
    fn apply(&mut self, event: Event) {
        reduce(&mut self.view, event);
        if self.publisher.publish(&self.view) {
            self.publish.set(self.view.clone());
        }
        let moving = self.status().is_running() && self.status() != TransferStatus::Paused;
        if moving != self.wake_lock.is_some() {
            self.wake_lock = moving.then(WakeLock::hold);
        }
    }

    fn fail(&mut self, failure: impl Into<Failure>) {
        self.apply(Event::Failed(failure.into()));
    }

    fn role(&self) -> Option<Role> {
        self.view.session.as_ref().map(|session| session.role)
    }

    fn status(&self) -> TransferStatus {
        self.view.transfer.status
    }

    /// Hands the core of this page's role its input, and carries out what it asks for.
    fn input(&mut self, sender: core::SenderInput<Buffer>, receiver: core::ReceiverInput<Buffer>) {
        match &mut self.link {
            Some(Link { end: LinkEnd::Receiver(core), .. }) => core.handle(clock::now(), receiver),
            _ => return self.sender_input(sender),
        }
        self.drain();
    }

    /// Carries out what the core asks for until it asks for nothing more.
    fn drain(&mut self) {
        let mut events = VecDeque::new();
        if let Some(link) = &mut self.link {
            match &mut link.end {
                LinkEnd::Sender(core) => {
                    while let Some(output) = core.poll() {
                        sending::carry_out(output, link.number, &link.peer, &mut self.queue, &self.messages, &mut events);
                    }
                }
                LinkEnd::Receiver(core) => {
                    while let Some(output) = core.poll() {
                        receiving::carry_out(output, &link.peer, &mut self.receiving, &mut events);
                    }
                }
            }
        }
        for event in events {
            self.core_event(event);
        }
    }

    fn cancel(&mut self) {
        if self.status() == TransferStatus::Connecting {
            self.queue.offering = None;
            return self.apply(Event::Cancelled);
        }
        // It was to go on with files that were given again, and nobody is connected to be told.
        if self.status() == TransferStatus::Reconnecting && self.link.is_none() {
            self.former = None;
            return self.ended(Event::Cancelled, ReportState::Rejected);
        }
        self.input(core::SenderInput::Cancel, core::ReceiverInput::Cancel);
    }
}

//! The run loop of one transfer: signalling, the peer connection, files and sinks on one side, the sans-IO core and whoever is told on the
//! other.
//!
//! Everything that happens arrives as a [`Message`] in one queue and is dealt with to its end before the next. What takes time runs as a task
//! or a thread of its own and reports back with a message, tagged with the number of the connection or sink it belongs to: what comes late is
//! recognised and dropped. `src/driver` is the page's twin of this.

mod core_events;
mod end;
mod entering;
mod link;
mod progress;
mod room;
mod words;

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use perkoon_peer::{
    Failure,
    recovery::{Recovery, Watchdog},
    secret::Secret,
};
use perkoon_protocol::{ErrorCode, Role, SessionCode, control::TransferId, rest::JoinedSession};
use perkoon_rtc::{Certificate, Chunk, RtcEvent};
use perkoon_transfer::{self as core, Failures, Millis, Password, ReceiverInput, SenderInput};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::MissedTickBehavior,
};

use self::{
    end::{End, Incoming, Outgoing},
    entering::Entered,
    link::Link,
    progress::ProgressGate,
    room::Room,
};
use crate::{Done, Receiving, Sending, Server, Told, server::SignalEvent, sink::SinkEvent};

/// Name and version of this program in the peers' hello.
const AGENT: &str = concat!("perkoon/", env!("CARGO_PKG_VERSION"));

/// Between two looks at what lasts too long, and at a transfer that shows no progress.
const TICK: Duration = Duration::from_millis(500);

/// How long the other side may take to acknowledge the last message: packets that are lost take seconds to be sent again.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long nothing at all may come from it meanwhile.
const FAREWELL_SILENCE: Duration = Duration::from_secs(3);

/// Between two looks at whether it has.
const FAREWELL_LOOK: Duration = Duration::from_millis(10);

/// Whatever happens.
enum Message {
    Signal { socket: u32, event: SignalEvent },
    Rejoined(Result<Box<JoinedSession>, Failure>),
    Rtc { link: u32, event: RtcEvent },
    LinkTimeout { link: u32 },
    Read { link: u32, request: u32, result: Result<Chunk, ErrorCode> },
    Sink { sink: u32, event: SinkEvent },
}

/// How the transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Nobody has been offered anything.
    Waiting,
    /// Sender: the receiver has not answered.
    Offered,
    /// The receiver has accepted.
    Running,
    /// The connection is lost, and comes back or does not.
    Reconnecting,
}

impl Status {
    /// Whether the receiver has accepted.
    fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Reconnecting)
    }
}

/// A transfer.
struct Driver<'a> {
    tell: Box<dyn FnMut(Told) + 'a>,
    messages: UnboundedSender<Message>,
    server: Server,
    started: Instant,
    certificate: Certificate,
    code: SessionCode,
    sender_key: Option<String>,
    end: End,
    room: Option<Room>,
    /// Counts up with every socket.
    sockets: u32,
    link: Option<Link>,
    /// Counts up with every peer connection.
    links: u32,
    status: Status,
    paused_by: Option<Role>,
    recovery: Recovery,
    watchdog: Watchdog,
    progress: ProgressGate,
    /// Whoever was told of last on the other side.
    met: Option<String>,
    /// Since when nobody, or nothing, has come.
    waiting_since: Millis,
    patience: Duration,
    outcome: Option<Result<Done, Failure>>,
}

/// Sends. See [`crate::send`].
pub(crate) async fn send(sending: Sending, tell: impl FnMut(Told), stop: impl Future<Output = ()>) -> Result<Done, Failure> {
    let Sending { server, source, seat, secret, patience } = sending;
    let mut stop = pin!(stop);
    let failures = Failures::default();
    let password = secret.as_ref().map(|secret| ready(secret, &failures));
    let entered = tokio::select! {
        entered = entering::take_senders_seat(&server, seat, secret.as_ref()) => entered?,
        () = &mut stop => return Err(ErrorCode::Cancelled.into()),
    };
    let mut machine = core::Sender::new(AGENT, entered.code);
    if let Some(password) = password {
        machine.handle(Millis::default(), SenderInput::Password(password));
    }
    let end = End::Sender(machine, Outgoing::new(source, random_transfer()));
    let (code, expires_at) = (entered.code, entered.joined.expires_at.clone());
    let told = Told::Session { code, share_url: entered.share_url.clone(), expires_at };
    run(Beginning { server, entered, end, patience, told }, tell, stop).await
}

/// Receives. See [`crate::receive`].
pub(crate) async fn receive(
    receiving: Receiving,
    tell: impl FnMut(Told),
    stop: impl Future<Output = ()>,
) -> Result<Done, Failure> {
    let Receiving { server, code, secret, destination, patience } = receiving;
    let mut stop = pin!(stop);
    let failures = Failures::default();
    let entered = tokio::select! {
        entered = entering::take_receivers_seat(&server, code, patience) => entered?,
        () = &mut stop => return Err(ErrorCode::Cancelled.into()),
    };
    let mut machine = core::Receiver::new(AGENT, code);
    let of_link = matches!(secret, Some(Secret::Link(_)));
    if let Some(secret) = &secret {
        // A link or a person that knows of a password takes nothing from a sender that asks for none.
        machine.insist();
        machine.handle(Millis::default(), ReceiverInput::Password(ready(secret, &failures)));
    }
    let end = End::Receiver(machine, Incoming::new(destination, of_link));
    run(Beginning { server, entered, end, patience, told: Told::Joined { code } }, tell, stop).await
}

/// What a transfer begins with, once it has its seat.
struct Beginning {
    server: Server,
    entered: Entered,
    end: End,
    patience: Duration,
    told: Told,
}

async fn run(
    beginning: Beginning,
    mut tell: impl FnMut(Told),
    mut stop: impl Future<Output = ()> + Unpin,
) -> Result<Done, Failure> {
    let (messages, queue) = unbounded_channel();
    tell(beginning.told.clone());
    let mut driver = Driver::new(beginning, Box::new(&mut tell), messages)?;
    driver.until_over(queue, &mut stop).await;
    let outcome = driver.outcome.take().expect("the loop ends with an outcome");
    driver.take_leave(&outcome).await;
    outcome
}

fn ready(secret: &Secret, failures: &Failures) -> Password {
    let exchange = perkoon_trust::Exchange::new(secret.text().as_bytes());
    match secret {
        Secret::Password(_) => Password::of_person(exchange, failures),
        Secret::Link(_) => Password::of_link(exchange, failures),
    }
}

/// A fresh id for an offer.
fn random_transfer() -> TransferId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    TransferId(bytes)
}

impl<'a> Driver<'a> {
    fn new(beginning: Beginning, tell: Box<dyn FnMut(Told) + 'a>, messages: UnboundedSender<Message>) -> Result<Self, Failure> {
        let Beginning { server, entered, end, patience, .. } = beginning;
        let Entered { code, sender_key, joined, .. } = entered;
        let mut driver = Self {
            tell,
            messages,
            server,
            started: Instant::now(),
            certificate: Certificate::generate().map_err(|error| words::no_webrtc(&error))?,
            code,
            sender_key,
            end,
            room: None,
            sockets: 0,
            link: None,
            links: 0,
            status: Status::Waiting,
            paused_by: None,
            recovery: Recovery::default(),
            watchdog: Watchdog::default(),
            progress: ProgressGate::default(),
            met: None,
            waiting_since: Millis::default(),
            patience,
            outcome: None,
        };
        driver.open_room(joined);
        Ok(driver)
    }

    async fn until_over(&mut self, mut queue: UnboundedReceiver<Message>, mut stop: impl Future<Output = ()> + Unpin) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.outcome.is_none() {
            tokio::select! {
                message = queue.recv() => self.handle(message.expect("the driver has an end of it")),
                _ = ticks.tick() => self.tick(),
                () = &mut stop => self.stop(),
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Signal { socket, event } if socket == self.sockets => self.signalled(event),
            Message::Signal { .. } => {}
            Message::Rejoined(result) => self.rejoined(result.map(|joined| *joined)),
            Message::Rtc { link, event } => self.rtc(link, event),
            Message::LinkTimeout { link } => self.link_timeout(link),
            Message::Read { link, request, result } => self.read(link, request, result),
            Message::Sink { sink, event } => self.sink_event(sink, event),
        }
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn tell(&mut self, told: Told) {
        (self.tell)(told);
    }

    /// The transfer is over; the first outcome stays.
    fn over(&mut self, outcome: Result<Done, Failure>) {
        self.outcome.get_or_insert(outcome);
    }

    fn fail(&mut self, failure: impl Into<Failure>) {
        self.over(Err(failure.into()));
    }

    /// Whoever runs this program wants it to end.
    fn stop(&mut self) {
        self.input(SenderInput::Cancel, ReceiverInput::Cancel);
        self.fail(ErrorCode::Cancelled);
    }

    fn tick(&mut self) {
        self.beat();
        match self.status {
            Status::Waiting => self.lose_patience(),
            Status::Reconnecting => self.recover(),
            Status::Running if self.paused_by.is_none() => self.show_due(),
            Status::Running | Status::Offered => {}
        }
    }

    fn lose_patience(&mut self) {
        let waited = self.now().since(self.waiting_since);
        let role = self.end.role();
        // While the server is away nobody is in the room, and may be connected.
        let connected = self.link.as_ref().is_some_and(Link::is_open);
        let found = connected || self.room.as_ref().is_some_and(|room| room.other(role).is_some());
        // A person at a receiver's page may be typing the password.
        if u128::from(waited) >= self.patience.as_millis() && !(role == Role::Sender && found) {
            self.fail(words::nobody(role, found, self.patience));
        }
    }

    /// Hands the core of this end its input, and carries out what it asks for.
    fn input(&mut self, sender: SenderInput<Chunk>, receiver: ReceiverInput<Chunk>) {
        let now = self.now();
        match &mut self.end {
            End::Receiver(core, _) => core.handle(now, receiver),
            End::Sender(..) => return self.sender_input(sender),
        }
        self.drain();
    }

    /// Lets the other side have the last message, and everybody know that this end goes.
    async fn take_leave(&mut self, outcome: &Result<Done, Failure>) {
        let begun = Instant::now();
        let (mut heard, mut received) = (begun, 0);
        while let Some(link) = self.link.as_ref().filter(|link| link.has_unsent())
            && heard.elapsed() < FAREWELL_SILENCE
            && begun.elapsed() < FAREWELL
        {
            if link.peer.received() != received {
                (heard, received) = (Instant::now(), link.peer.received());
            }
            tokio::time::sleep(FAREWELL_LOOK).await;
        }
        self.end.put_away(outcome);
        if let Some(room) = self.room.take() {
            room.leave().await;
        }
        self.link = None;
    }
}

#[cfg(test)]
mod tests;

//! Transfers with the real server in between, and at the other end whoever wants to harm.

use std::{fs, path::Path};

use perkoon_peer::connecting::Relay;
use perkoon_protocol::{
    control::{ControlMessage, Entry},
    rest::CreateSession,
    signal::{ClientMessage, ServerMessage, Signal},
};
use perkoon_rtc::{Configuration, Peer};
use perkoon_transfer::{Payload, ReceiverOutput, SenderOutput};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::{Destination, Seat, Source, server::Socket};

const PATIENCE: Duration = Duration::from_secs(20);

async fn served() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let forever = || std::future::pending();
    tokio::spawn(perkoon_server::serve(listener, perkoon_server::Config::default(), forever(), forever()));
    Server::new(&origin).expect("an address")
}

async fn session(server: &Server) -> Seat {
    let created = server.create(&CreateSession::default()).await.expect("a session");
    Seat { code: created.session_code, sender_key: created.sender_key }
}

/// Takes a seat, connects as a peer does, and has everything that happens over the connection dealt with by `act`.
async fn attack(server: &Server, seat: Seat, role: Role, mut act: impl FnMut(&Peer, RtcEvent)) {
    let key = (role == Role::Sender).then_some(seat.sender_key);
    let joined = server.join(seat.code, role, key, None).await.expect("a seat");
    let (told, mut signals) = unbounded_channel();
    let socket = Socket::open(server, joined.token, move |event| drop(told.send(event)));
    let (happened, mut events) = unbounded_channel();
    let connect = |number| {
        let happened = happened.clone();
        let certificate = Certificate::generate().expect("randomness");
        let configuration = Configuration { number, ice_servers: Vec::new(), relay: Relay::Unknown, certificate };
        Peer::new(configuration, move |event| drop(happened.send(event))).expect("a peer")
    };
    let (mut peer, mut other) = (None, None);
    loop {
        tokio::select! {
            event = signals.recv() => match event.expect("signals") {
                SignalEvent::Message(ServerMessage::Welcome { participants, .. }) => other = participants.into_iter().find(|there| there.role != role),
                SignalEvent::Message(ServerMessage::Joined { participant }) => other = Some(participant),
                SignalEvent::Message(ServerMessage::Signal { signal, .. }) => {
                    if let Signal::Offer { connection, .. } = signal {
                        peer.get_or_insert_with(|| connect(connection));
                    }
                    peer.iter().for_each(|peer: &Peer| peer.signal(signal.clone()));
                }
                _ => {}
            },
            event = events.recv() => match (event.expect("events"), &other) {
                (RtcEvent::Signal(signal), Some(other)) => socket.send(&ClientMessage::Signal { to: other.id.clone(), signal }),
                (event, _) => act(peer.as_ref().expect("a peer"), event),
            },
        }
        if role == Role::Sender && other.is_some() && peer.is_none() {
            peer.insert(connect(1)).offer();
        }
    }
}

/// What a receive comes to whose sender does this.
async fn received_from(folder: &Path, act: impl FnMut(&Peer, RtcEvent)) -> Result<Done, Failure> {
    let server = served().await;
    let seat = session(&server).await;
    let destination = Destination::Folder { path: folder.to_owned(), overwrite: false };
    let receiving = Receiving { server: server.clone(), code: seat.code, secret: None, destination, patience: PATIENCE };
    tokio::select! {
        outcome = crate::receive(receiving, |_| {}, std::future::pending()) => outcome,
        () = attack(&server, seat, Role::Sender, act) => unreachable!("it goes on for ever"),
    }
}

/// What a send comes to whose receiver does this.
async fn sent_to(act: impl FnMut(&Peer, RtcEvent)) -> Result<Done, Failure> {
    let server = served().await;
    let seat = session(&server).await;
    let source = Source::from_reader(&vec![7; 3 << 20][..], "bytes.bin", |_| {}).expect("bytes");
    let sending = Sending { server: server.clone(), source, seat: Some(seat.clone()), secret: None, patience: PATIENCE };
    tokio::select! {
        outcome = crate::send(sending, |_| {}, std::future::pending()) => outcome,
        () = attack(&server, seat, Role::Receiver, act) => unreachable!("it goes on for ever"),
    }
}

fn code_of(outcome: Result<Done, Failure>) -> ErrorCode {
    let failure = outcome.expect_err("a failure");
    assert!(failure.message.ends_with('.') && !failure.message.contains("page"), "{}", failure.message);
    failure.code
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Says this as soon as anything can be said.
fn says(text: &str) -> impl FnMut(&Peer, RtcEvent) {
    move |peer, event| {
        if matches!(event, RtcEvent::ControlOpen) {
            peer.send_control(text.to_owned());
        }
    }
}

/// The core of an end that does as it should, but for what passes through `change`.
fn sender_that(mut change: impl FnMut(Chunk) -> Chunk) -> impl FnMut(&Peer, RtcEvent) {
    let code = "K7MX4QPR9W2N".parse().expect("a code");
    let mut core = core::Sender::<Chunk>::new("hostile", code);
    let bytes = Chunk(vec![7; 3 << 20].into());
    let mut code_known = Some(());
    move |peer, event| {
        let now = Millis(0);
        match event {
            RtcEvent::ControlOpen => core.handle(now, SenderInput::Connected(peer.meeting().expect("a meeting"))),
            RtcEvent::Control(text) => core.handle(now, SenderInput::Control(text)),
            RtcEvent::LaneOpen { lane, max_message } => core.handle(now, SenderInput::LaneOpened { lane, max_message }),
            RtcEvent::LaneDrained => {
                for (lane, bytes) in peer.lanes_buffered() {
                    core.handle(now, SenderInput::LaneBuffered { lane, bytes });
                }
            }
            _ => {}
        }
        while let Some(output) = core.poll() {
            match output {
                SenderOutput::Control(text) => peer.send_control(text),
                SenderOutput::Lane { lane, payload } => peer.send_lane(lane, change(payload)),
                SenderOutput::Read { request, offset, length, .. } => {
                    let payload = bytes.slice(offset as usize..offset as usize + length as usize);
                    core.handle(now, SenderInput::Read { request, payload });
                }
                SenderOutput::Event(core::Event::Greeted { .. }) if code_known.take().is_some() => {
                    let files = vec![Entry { path: vec!["../evil".to_owned()], size: 3 << 20, modified: None }];
                    core.handle(now, SenderInput::Offer { transfer: TransferId([1; 16]), files });
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_sender_that_talks_nonsense_ends_the_receive() {
    for text in ["nonsense", "", "{\"type\":\"offer\"}", &"[".repeat(60_000)] {
        let folder = TempDir::new().expect("a folder");
        assert_eq!(code_of(received_from(folder.path(), says(text)).await), ErrorCode::ProtocolError, "{text:.20}");
        assert!(is_empty(folder.path()));
    }
}

#[tokio::test]
async fn a_peer_of_another_version_is_told_from_one_that_talks_nonsense() {
    let hello = "{\"type\":\"hello\",\"version\":4711,\"role\":\"sender\",\"news\":true}";
    let folder = TempDir::new().expect("a folder");
    assert_eq!(code_of(received_from(folder.path(), says(hello)).await), ErrorCode::VersionMismatch);
    assert_eq!(code_of(sent_to(says(&hello.replace("sender", "receiver"))).await), ErrorCode::VersionMismatch);
}

#[tokio::test]
async fn a_receiver_that_talks_nonsense_ends_the_send() {
    assert_eq!(code_of(sent_to(says("nonsense")).await), ErrorCode::ProtocolError);
}

#[tokio::test]
async fn bytes_that_are_not_what_they_are_said_to_be_are_thrown_away() {
    let folder = TempDir::new().expect("a folder");
    let honest = received_from(folder.path(), sender_that(|payload| payload)).await.expect("an honest sender");
    assert_eq!(honest.files[0].saved_to.as_deref().and_then(Path::parent), Some(folder.path()), "whatever the name");
    let folder = TempDir::new().expect("a folder");
    let mut messages = 0;
    let outcome = received_from(
        folder.path(),
        sender_that(|payload| {
            messages += 1;
            let mut bytes = payload.0.to_vec();
            if messages == 20 {
                bytes[0] ^= 1;
            }
            Chunk(bytes.into())
        }),
    );
    assert_eq!(code_of(outcome.await), ErrorCode::IntegrityMismatch);
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn more_bytes_than_were_asked_for_end_the_receive() {
    let folder = TempDir::new().expect("a folder");
    let outcome = received_from(folder.path(), sender_that(|payload| Chunk([&payload.0[..], b"more"].concat().into())));
    assert_eq!(code_of(outcome.await), ErrorCode::ProtocolError);
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_receiver_that_claims_to_have_everything_is_not_believed() {
    let mut core: Option<core::Receiver<Chunk>> = None;
    let code: SessionCode = "K7MX4QPR9W2N".parse().expect("a code");
    let outcome = sent_to(move |peer, event| {
        let (now, core) = (Millis(0), core.get_or_insert_with(|| core::Receiver::new("hostile", code)));
        match event {
            RtcEvent::ControlOpen => core.handle(now, ReceiverInput::Connected(peer.meeting().expect("a meeting"))),
            RtcEvent::Control(text) => core.handle(now, ReceiverInput::Control(text)),
            _ => {}
        }
        while let Some(output) = core.poll() {
            match output {
                ReceiverOutput::Control(text) => peer.send_control(text),
                ReceiverOutput::Event(core::Event::Offered { transfer, .. }) => {
                    peer.send_control(ControlMessage::Accept { transfer }.encode());
                    peer.send_control(ControlMessage::Complete { transfer }.encode());
                }
                _ => {}
            }
        }
    });
    assert_eq!(code_of(outcome.await), ErrorCode::ProtocolError);
}

#[tokio::test]
async fn a_socket_that_is_given_up_is_replaced_once() {
    let server = served().await;
    let code = session(&server).await.code;
    let entered = entering::take_receivers_seat(&server, code, PATIENCE).await.unwrap_or_else(|_| panic!("a seat"));
    let folder = TempDir::new().expect("a folder");
    let destination = Destination::Folder { path: folder.path().to_owned(), overwrite: false };
    let end = End::Receiver(core::Receiver::new(AGENT, code), Incoming::new(destination, false));
    let (messages, mut queue) = unbounded_channel();
    let beginning = Beginning { server, entered, end, patience: PATIENCE, told: Told::Joined { code } };
    let mut driver = Driver::new(beginning, Box::new(|_| {}), messages).unwrap_or_else(|_| panic!("a driver"));
    let own = |driver: &Driver<'_>| driver.room.as_ref()?.participants.first().map(|own| own.id.clone());
    while own(&driver).is_none() {
        driver.handle(queue.recv().await.expect("a welcome"));
    }
    // As when the server is silent for too long.
    driver.rejoin_later();
    let (mut answers, end) = (0, tokio::time::Instant::now() + Duration::from_secs(3));
    while let Ok(message) = tokio::time::timeout_at(end, queue.recv()).await {
        let message = message.expect("the driver has an end of it");
        answers += usize::from(matches!(message, Message::Rejoined(_)));
        driver.handle(message);
    }
    assert_eq!(answers, 1);
    assert!(own(&driver).is_some(), "it has its seat again");
}

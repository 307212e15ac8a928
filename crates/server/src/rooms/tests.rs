//! Scenarios.

use perkoon_protocol::signal::{Participant, ReportState, Signal, close};

use super::*;

const START: Millis = Millis(1_000_000);
const LIFE: u64 = 600_000;

fn code(number: u8) -> SessionCode {
    SessionCode::generate(|| number)
}

fn at(seconds: u64) -> Millis {
    Millis(START.0 + seconds * 1000)
}

const KEY: Applicant = Applicant::Sender { expires_at: Millis(START.0 + LIFE) };

/// Rooms, with what has been done to the outside.
struct Setup {
    rooms: Rooms,
    sockets: u64,
}

impl Setup {
    fn new() -> Self {
        let mut rooms = Rooms::new(RoomRules::new(4));
        rooms.create(START, code(0), Millis(START.0 + LIFE), true).expect("there is room");
        Self { rooms, sockets: 0 }
    }

    fn join(&mut self, now: Millis, applicant: Applicant, name: &str) -> Result<Token, ErrorCode> {
        let token = Token::random(code(0));
        self.rooms.join(now, applicant, token.clone(), name.to_owned(), None).map(|_| token)
    }

    fn hello(&mut self, now: Millis, token: &Token) -> Result<Seat, ErrorCode> {
        self.sockets += 1;
        self.rooms.hello(now, SocketId { node: NodeId(1), number: self.sockets }, token)
    }

    fn seat(&mut self, now: Millis, applicant: Applicant, name: &str) -> Seat {
        let token = self.join(now, applicant, name).expect("may join");
        self.hello(now, &token).expect("may sit")
    }

    fn report(&mut self, seat: Seat, state: ReportState) {
        self.rooms.handle(seat, ClientMessage::Report { state }).expect("a receiver may report");
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.rooms.poll_effect()).collect()
    }

    fn state(&self, now: Millis) -> SessionState {
        self.rooms.status(now, code(0)).expect("known").state
    }
}

fn someone(id: &str, role: Role) -> Participant {
    Participant { id: id.to_owned(), role }
}

fn send(seat: Seat, message: ServerMessage) -> Effect {
    Effect::Send { socket: seat.socket, message }
}

fn error(seat: Seat, code: ErrorCode) -> Effect {
    send(seat, ServerMessage::Error { code, message: code.sentence().to_owned() })
}

fn offer() -> Signal {
    Signal::Offer { connection: 1, sdp: "v=0".to_owned() }
}

#[test]
fn two_meet_talk_and_part() {
    let mut setup = Setup::new();
    let sender = setup.seat(at(0), KEY, "ada");
    let ada = someone("ada", Role::Sender);
    assert_eq!(setup.effects(), [send(sender, ServerMessage::Welcome { id: "ada".into(), participants: vec![ada.clone()] })]);
    let receiver = setup.seat(at(1), Applicant::Receiver, "bob");
    let bob = someone("bob", Role::Receiver);
    let welcome = ServerMessage::Welcome { id: "bob".into(), participants: vec![ada, bob.clone()] };
    assert_eq!(setup.effects(), [send(sender, ServerMessage::Joined { participant: bob }), send(receiver, welcome)]);
    assert_eq!(setup.state(at(1)), SessionState::Active);

    setup.rooms.handle(sender, ClientMessage::Signal { to: "bob".into(), signal: offer() }).expect("well-formed");
    assert_eq!(setup.effects(), [send(receiver, ServerMessage::Signal { from: "ada".into(), signal: offer() })]);
    setup.rooms.handle(sender, ClientMessage::Signal { to: "eve".into(), signal: offer() }).expect("well-formed");
    setup.rooms.handle(sender, ClientMessage::Signal { to: "ada".into(), signal: offer() }).expect("well-formed");
    assert_eq!(setup.effects(), [], "for nobody else, nor oneself");

    setup.rooms.handle(receiver, ClientMessage::Leave).expect("well-formed");
    let left = send(sender, ServerMessage::Left { id: "bob".into(), lost: false });
    assert_eq!(setup.effects(), [left, Effect::Close { socket: receiver.socket, code: 1000 }]);
    setup.rooms.disconnected(sender, false);
    assert_eq!((setup.effects(), setup.state(at(2))), (vec![], SessionState::Waiting));
}

#[test]
fn the_newest_socket_of_the_sender_takes_over() {
    let mut setup = Setup::new();
    let first = setup.seat(at(0), KEY, "ada");
    let receiver = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.effects();
    let second = setup.seat(at(1), KEY, "ada again");
    let again = someone("ada again", Role::Sender);
    let welcome =
        ServerMessage::Welcome { id: again.id.clone(), participants: vec![again.clone(), someone("bob", Role::Receiver)] };
    assert_eq!(
        setup.effects(),
        [
            error(first, ErrorCode::Replaced),
            send(receiver, ServerMessage::Left { id: "ada".into(), lost: false }),
            Effect::Close { socket: first.socket, code: close::REPLACED },
            send(receiver, ServerMessage::Joined { participant: again }),
            send(second, welcome),
        ]
    );
    setup.rooms.handle(first, ClientMessage::Signal { to: "bob".into(), signal: offer() }).expect("not heard");
    setup.rooms.disconnected(first, false);
    assert_eq!(setup.effects(), [], "the first has no say any more");
}

#[test]
fn a_receiver_that_has_accepted_keeps_the_seat() {
    let mut setup = Setup::new();
    let receiver = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.report(receiver, ReportState::Accepted);
    assert_eq!(setup.join(at(500), Applicant::Receiver, "eve").err(), Some(ErrorCode::SessionFull));
    assert!(setup.rooms.rooms[&code(0)].holds(receiver));
}

#[test]
fn a_receiver_that_waits_too_long_yields_to_the_next() {
    let mut setup = Setup::new();
    let first = setup.seat(at(0), Applicant::Receiver, "bot");
    setup.effects();
    assert_eq!(setup.join(at(59), Applicant::Receiver, "bob").err(), Some(ErrorCode::SessionFull));
    assert_eq!(setup.effects(), []);
    let token = setup.join(at(60), Applicant::Receiver, "bob").expect("the seat has to be yielded");
    let taken = [error(first, ErrorCode::SessionFull), Effect::Close { socket: first.socket, code: close::SEAT_TAKEN }];
    assert_eq!(setup.effects(), taken);
    setup.hello(at(61), &token).expect("may sit");
}

#[test]
fn a_receiver_that_declined_or_finished_yields_at_once() {
    for (state, seen) in [(ReportState::Rejected, SessionState::Active), (ReportState::Complete, SessionState::Complete)] {
        let mut setup = Setup::new();
        setup.seat(at(0), KEY, "ada");
        let first = setup.seat(at(0), Applicant::Receiver, "bob");
        setup.report(first, ReportState::Accepted);
        setup.report(first, state);
        assert_eq!(setup.state(at(1)), seen);
        let second = setup.seat(at(1), Applicant::Receiver, "eve");
        setup.report(second, ReportState::Accepted);
        assert_eq!(setup.state(at(2)), SessionState::Active, "the next transfer has begun");
    }
}

#[test]
fn a_lost_socket_frees_the_seat_at_once() {
    let mut setup = Setup::new();
    let first = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.report(first, ReportState::Accepted);
    setup.rooms.disconnected(first, false);
    setup.seat(at(0), Applicant::Receiver, "bob again");
}

#[test]
fn of_two_with_tokens_the_first_to_come_sits() {
    let mut setup = Setup::new();
    let first = setup.join(at(0), Applicant::Receiver, "bob").expect("free");
    let second = setup.join(at(0), Applicant::Receiver, "eve").expect("free: a token holds nothing");
    setup.hello(at(1), &second).expect("may sit");
    assert_eq!(setup.hello(at(1), &first).err(), Some(ErrorCode::SessionFull));
}

#[test]
fn a_token_is_good_once_and_for_a_minute() {
    let mut setup = Setup::new();
    let token = setup.join(at(0), KEY, "ada").expect("may join");
    assert_eq!(setup.hello(at(0), &Token::random(code(0))).err(), Some(ErrorCode::InvalidRequest), "never given out");
    setup.hello(at(59), &token).expect("may sit");
    assert_eq!(setup.hello(at(59), &token).err(), Some(ErrorCode::InvalidRequest), "used");
    let late = setup.join(at(0), KEY, "ada").expect("may join");
    assert_eq!(setup.hello(at(60), &late).err(), Some(ErrorCode::InvalidRequest), "too late");
}

#[test]
fn unused_tokens_are_bounded_and_strangers_cannot_void_them() {
    let mut setup = Setup::new();
    let most = setup.rooms.rules.tickets;
    let first = setup.join(at(0), Applicant::Receiver, "bob").expect("free");
    for _ in 1..most {
        setup.join(at(1), Applicant::Receiver, "eve").expect("free");
    }
    assert_eq!(setup.join(at(1), Applicant::Receiver, "eve").err(), Some(ErrorCode::SessionFull));
    let senders: Vec<_> = (0..=most).map(|_| setup.join(at(1), KEY, "ada").expect("a sender can always join")).collect();
    assert_eq!(setup.hello(at(1), &senders[0]).err(), Some(ErrorCode::InvalidRequest), "pushed out by the sender's own");
    setup.hello(at(1), &senders[most]).expect("may sit");
    setup.hello(at(1), &first).expect("may sit");
    setup.join(at(61), KEY, "ada").expect("the old ones are gone");
}

#[test]
fn expiry_ends_joining_and_nothing_else() {
    let mut setup = Setup::new();
    let end = Millis(START.0 + LIFE);
    let sender = setup.seat(at(0), KEY, "ada");
    let token = setup.join(Millis(end.0 - 1), Applicant::Receiver, "late").expect("just in time");
    let receiver = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.report(receiver, ReportState::Accepted);
    assert_eq!(setup.state(end), SessionState::Active);
    assert_eq!(setup.hello(end, &token).err(), Some(ErrorCode::SessionExpired));
    assert_eq!(setup.join(end, Applicant::Receiver, "eve").err(), Some(ErrorCode::SessionExpired));
    assert_eq!(setup.join(end, KEY, "ada").err(), Some(ErrorCode::SessionExpired));
    setup.effects();
    setup.rooms.sweep(end.plus(Duration::from_secs(100_000)));
    setup.rooms.handle(sender, ClientMessage::Signal { to: "bob".into(), signal: offer() }).expect("still heard");
    assert_eq!(setup.effects().len(), 1, "a running session goes on");
    setup.rooms.disconnected(receiver, false);
    assert_eq!(setup.state(end), SessionState::Expired);
}

#[test]
fn expired_rooms_are_remembered_for_an_hour() {
    let mut setup = Setup::new();
    let end = Millis(START.0 + LIFE);
    setup.rooms.sweep(end.plus(Duration::from_secs(3599)));
    assert_eq!(setup.join(end, Applicant::Receiver, "bob").err(), Some(ErrorCode::SessionExpired));
    setup.rooms.sweep(end.plus(Duration::from_secs(3600)));
    assert_eq!(setup.join(end, Applicant::Receiver, "bob").err(), Some(ErrorCode::SessionNotFound));
}

#[test]
fn a_sweep_counts_what_rooms_do() {
    let mut setup = Setup::new();
    let end = Millis(START.0 + LIFE);
    for number in 1..3 {
        setup.rooms.create(START, code(number), end, false).expect("there is room");
    }
    setup.seat(at(0), KEY, "ada");
    let receiver = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.rooms.close(code(1)).expect("known");
    let census = |waiting, active, complete, expired, closed| {
        [("waiting", waiting), ("active", active), ("complete", complete), ("expired", expired), ("closed", closed)]
    };
    assert_eq!(setup.rooms.sweep(at(1)).by_state(), census(1, 1, 0, 0, 1));
    setup.report(receiver, ReportState::Complete);
    assert_eq!(setup.rooms.sweep(at(2)).by_state(), census(1, 0, 1, 0, 1));
    assert_eq!(setup.rooms.sweep(end).by_state(), census(0, 0, 1, 1, 0), "whose code was only kept taken is forgotten");
}

#[test]
fn rooms_are_bounded_and_the_dead_make_way() {
    let mut setup = Setup::new();
    let end = Millis(START.0 + LIFE);
    assert_eq!(setup.rooms.create(START, code(0), end, false), Err(CreateError::Taken));
    for number in 1..4 {
        setup.rooms.create(START, code(number), end.plus(Duration::from_secs(60)), false).expect("there is room");
    }
    assert_eq!(setup.rooms.create(START, code(4), end, false), Err(CreateError::Full));
    setup.rooms.sweep(end);
    setup.rooms.create(START, code(4), end, false).expect("an expired room made way");
    setup.rooms.close(code(1)).expect("known");
    setup.rooms.sweep(START);
    setup.rooms.create(START, code(5), end, false).expect("a closed room made way");
    assert!(setup.rooms.status(START, code(2)).is_ok(), "living rooms stay");
}

#[test]
fn closing_sends_everyone_away_for_good() {
    let mut setup = Setup::new();
    let sender = setup.seat(at(0), KEY, "ada");
    let receiver = setup.seat(at(0), Applicant::Receiver, "bob");
    setup.effects();
    setup.rooms.close(code(0)).expect("known");
    let goodbye = |seat: Seat| {
        [error(seat, ErrorCode::SessionNotFound), Effect::Close { socket: seat.socket, code: close::SESSION_CLOSED }]
    };
    assert_eq!(setup.effects(), [goodbye(sender), goodbye(receiver)].concat());
    assert_eq!(setup.rooms.close(code(0)), Err(ErrorCode::SessionNotFound));
    assert_eq!(setup.rooms.status(at(0), code(0)).err(), Some(ErrorCode::SessionNotFound));
    assert_eq!(setup.join(at(0), KEY, "ada").err(), Some(ErrorCode::SessionNotFound), "not even the key brings it back");
}

#[test]
fn a_key_brings_back_a_room_that_was_forgotten() {
    let mut setup = Setup { rooms: Rooms::new(RoomRules::new(1)), sockets: 0 };
    assert_eq!(setup.join(at(0), Applicant::Receiver, "bob").err(), Some(ErrorCode::SessionNotFound));
    setup.seat(at(0), KEY, "ada");
    setup.seat(at(0), Applicant::Receiver, "bob");
    let other = Applicant::Sender { expires_at: Millis(START.0 + LIFE + 1000) };
    assert_eq!(setup.join(at(0), other, "eve").err(), Some(ErrorCode::WrongSenderKey), "the key of another session");
    let elsewhere = Token::random(code(1));
    assert_eq!(setup.rooms.join(at(0), KEY, elsewhere, "ada".into(), None).err(), Some(ErrorCode::RateLimited), "full");
    let mut empty = Setup { rooms: Rooms::new(RoomRules::new(1)), sockets: 0 };
    assert_eq!(empty.join(Millis(START.0 + LIFE), KEY, "ada").err(), Some(ErrorCode::SessionExpired));
    assert!(empty.rooms.rooms.is_empty());
}

#[test]
fn only_receivers_report_and_nobody_greets_twice() {
    let mut setup = Setup::new();
    let sender = setup.seat(at(0), KEY, "ada");
    let report = ClientMessage::Report { state: ReportState::Complete };
    assert_eq!(setup.rooms.handle(sender, report), Err(ErrorCode::InvalidRequest));
    let hello = ClientMessage::Hello { token: String::new() };
    assert_eq!(setup.rooms.handle(sender, hello), Err(ErrorCode::InvalidRequest));
    assert_eq!(setup.state(at(0)), SessionState::Waiting);
}

#[test]
fn a_lost_socket_is_replaced_by_its_owner_alone_and_nobody_hears_of_a_leave() {
    let mut setup = Setup::new();
    let sender = setup.seat(at(0), KEY, "ada");
    let token = setup.join(at(0), Applicant::Receiver, "bob").expect("free");
    let first = setup.hello(at(0), &token).expect("may sit");
    setup.report(first, ReportState::Accepted);
    setup.effects();
    let come_back = |setup: &mut Setup, now, previous: &Token| {
        let token = Token::random(code(0));
        let admission = setup.rooms.join(now, Applicant::Receiver, token.clone(), "new".into(), Some(previous))?;
        Ok::<_, ErrorCode>((token, admission.participant))
    };
    let strange = Token::random(code(0));
    assert_eq!(come_back(&mut setup, at(1), &strange).err(), Some(ErrorCode::SessionFull), "someone else's");
    let (token, id) = come_back(&mut setup, at(1), &token).expect("its own seat");
    assert_eq!(id, "bob");
    let second = setup.hello(at(1), &token).expect("may sit");
    let bob = someone("bob", Role::Receiver);
    let welcome = ServerMessage::Welcome { id: "bob".into(), participants: vec![someone("ada", Role::Sender), bob.clone()] };
    let taken_over = [
        error(first, ErrorCode::Replaced),
        Effect::Close { socket: first.socket, code: close::REPLACED },
        send(sender, ServerMessage::Joined { participant: bob }),
        send(second, welcome),
    ];
    assert_eq!(setup.effects(), taken_over);
    assert_eq!(setup.join(at(500), Applicant::Receiver, "eve").err(), Some(ErrorCode::SessionFull), "it has still accepted");

    setup.rooms.disconnected(second, true);
    assert_eq!(setup.effects(), [send(sender, ServerMessage::Left { id: "bob".into(), lost: true })]);
    assert_eq!(come_back(&mut setup, at(501), &token).expect("the seat is free").1, "bob");
}

#[test]
fn a_ping_is_answered() {
    let mut setup = Setup::new();
    let sender = setup.seat(at(0), KEY, "ada");
    setup.effects();
    setup.rooms.handle(sender, ClientMessage::Ping).expect("well-formed");
    assert_eq!(setup.effects(), [send(sender, ServerMessage::Pong)]);
}

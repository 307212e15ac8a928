//! Invariants under any order of events.

use std::collections::{BTreeMap, BTreeSet};

use perkoon_protocol::signal::{ReportState, Signal};
use proptest::prelude::*;

use super::*;

const START: Millis = Millis(1_000_000);

fn code(number: u8) -> SessionCode {
    SessionCode::generate(|| number)
}

fn offer() -> Signal {
    Signal::Offer { connection: 1, sdp: "v=0".to_owned() }
}

/// Something that happens. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Create { room: u8, life: u64 },
    Join { room: u8, sender: bool },
    Hello { ticket: usize },
    Report { seat: usize, state: ReportState },
    Relay { seat: usize, to: usize },
    Leave { seat: usize },
    Disconnect { seat: usize },
    Close { room: u8 },
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let state = prop_oneof![Just(ReportState::Accepted), Just(ReportState::Rejected), Just(ReportState::Complete)];
    let step = prop_oneof![
        2 => (0..90_000_u64).prop_map(Step::Wait),
        2 => (0..5_u8, 1..200_u64).prop_map(|(room, life)| Step::Create { room, life }),
        6 => (0..5_u8, any::<bool>()).prop_map(|(room, sender)| Step::Join { room, sender }),
        6 => any::<usize>().prop_map(|ticket| Step::Hello { ticket }),
        2 => (any::<usize>(), state).prop_map(|(seat, state)| Step::Report { seat, state }),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(seat, to)| Step::Relay { seat, to }),
        1 => any::<usize>().prop_map(|seat| Step::Leave { seat }),
        2 => any::<usize>().prop_map(|seat| Step::Disconnect { seat }),
        1 => (0..5_u8).prop_map(|room| Step::Close { room }),
        2 => Just(Step::Sweep),
    ];
    proptest::collection::vec(step, 0..120)
}

/// What one client believes, from nothing but the messages it got.
#[derive(Debug)]
struct Belief {
    seat: Seat,
    present: BTreeSet<String>,
    told_why: bool,
}

/// The world outside: clients that follow what they are told.
struct World {
    rooms: Rooms,
    now: Millis,
    tickets: Vec<Token>,
    ends: BTreeMap<SessionCode, Millis>,
    seats: Vec<Seat>,
    connected: BTreeMap<SocketId, Belief>,
    numbers: u64,
}

impl World {
    fn new() -> Self {
        let rules = RoomRules { tickets: 3, memory: Duration::from_secs(30), ..RoomRules::new(3) };
        Self {
            rooms: Rooms::new(rules),
            now: START,
            tickets: Vec::new(),
            ends: BTreeMap::new(),
            seats: Vec::new(),
            connected: BTreeMap::new(),
            numbers: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Wait(millis) => self.now = Millis(self.now.0 + millis),
            Step::Create { room, life } => {
                let end = self.now.plus(Duration::from_secs(life));
                if self.rooms.create(self.now, code(room), end, false).is_ok() {
                    self.ends.insert(code(room), end);
                }
            }
            Step::Join { room, sender } => self.join(code(room), sender),
            Step::Hello { ticket } => self.hello(ticket),
            Step::Report { seat, state } => self.say(seat, ClientMessage::Report { state }),
            Step::Relay { seat, to } => {
                let to = (to as u64 % (self.numbers + 1)).to_string();
                self.say(seat, ClientMessage::Signal { to, signal: offer() });
            }
            Step::Leave { seat } => self.say(seat, ClientMessage::Leave),
            Step::Disconnect { seat } => {
                if let Some(seat) = self.any_seat(seat) {
                    self.connected.remove(&seat.socket);
                    self.rooms.disconnected(seat, false);
                }
            }
            Step::Close { room } => drop(self.rooms.close(code(room))),
            Step::Sweep => {
                let census = self.rooms.sweep(self.now);
                let counted: usize = census.by_state().map(|(_, rooms)| rooms).iter().sum();
                assert_eq!(counted, self.rooms.rooms.len(), "every room is counted once");
            }
        }
        self.follow();
        self.move_out();
    }

    /// Every room is written down and goes on as whoever reads it has it.
    fn move_out(&mut self) {
        let codes: Vec<_> = self.rooms.rooms.keys().copied().collect();
        for code in codes {
            let text = self.rooms.write(code).expect("known");
            let mut read = Rooms::read(self.rooms.rules, code, Some(&text)).expect("what was written can be read");
            assert_eq!(read.write(code).as_deref(), Some(&*text), "nothing is forgotten, and nothing else remembered");
            self.rooms.rooms.insert(code, read.rooms.remove(&code).expect("it was read"));
        }
    }

    fn join(&mut self, code: SessionCode, sender: bool) {
        let expires_at = self.ends.get(&code).copied().unwrap_or(START);
        let applicant = if sender { Applicant::Sender { expires_at } } else { Applicant::Receiver };
        let (token, id) = (Token::random(code), self.number().to_string());
        if self.rooms.join(self.now, applicant, token.clone(), id, None).is_ok() {
            assert!(self.now < expires_at, "nobody joins an expired session");
            self.tickets.push(token);
        }
    }

    /// Tokens are kept, so that used ones are shown again.
    fn hello(&mut self, ticket: usize) {
        let Some(token) = self.tickets.get(ticket % self.tickets.len().max(1)).cloned() else { return };
        let socket = SocketId { node: NodeId(1), number: self.number() };
        if let Ok(seat) = self.rooms.hello(self.now, socket, &token) {
            assert!(self.rooms.hello(self.now, socket, &token).is_err(), "a token is good once");
            self.seats.push(seat);
            self.connected.insert(socket, Belief { seat, present: BTreeSet::new(), told_why: false });
        }
    }

    /// Seats that were lost long ago included: late messages must do no harm.
    fn any_seat(&self, index: usize) -> Option<Seat> {
        self.seats.get(index % self.seats.len().max(1)).copied()
    }

    fn say(&mut self, seat: usize, message: ClientMessage) {
        let Some(seat) = self.any_seat(seat) else { return };
        if self.rooms.handle(seat, message).is_err() {
            assert_eq!(seat.role, Role::Sender, "these messages are wrong only from a sender");
        }
    }

    fn follow(&mut self) {
        while let Some(effect) = self.rooms.poll_effect() {
            match effect {
                Effect::Send { socket, message } => self.hear(socket, message),
                Effect::Close { socket, .. } => drop(self.connected.remove(&socket).expect("only the connected are closed")),
            }
        }
    }

    fn hear(&mut self, socket: SocketId, message: ServerMessage) {
        let belief = self.connected.get_mut(&socket).expect("only the connected are told");
        assert!(!belief.told_why, "an error that ends a socket is the last it hears");
        match message {
            ServerMessage::Welcome { participants, .. } => {
                belief.present = participants.into_iter().map(|participant| participant.id).collect();
            }
            ServerMessage::Joined { participant } => {
                assert_eq!(participant.role, belief.seat.role.other());
                assert!(belief.present.insert(participant.id));
            }
            ServerMessage::Left { id, .. } => assert!(belief.present.remove(&id)),
            ServerMessage::Pong => {}
            ServerMessage::Signal { from, .. } => assert!(belief.present.contains(&from)),
            ServerMessage::Error { .. } => belief.told_why = true,
        }
    }

    fn check(&self) {
        assert!(self.rooms.rooms.len() <= 3);
        let mut taken = BTreeSet::new();
        for belief in self.connected.values() {
            let Seat { code, role, .. } = belief.seat;
            assert!(taken.insert((code, role.as_str())), "one socket a seat");
            let room = self.rooms.rooms.get(&code).expect("a room with someone in it is never forgotten");
            assert!(room.holds(belief.seat), "the connected hold their seats");
            let present = self.connected.values().filter(|other| other.seat.code == code).count();
            assert_eq!(belief.present.len(), present, "everyone knows who is there");
            let status = self.rooms.status(self.now, code).expect("known");
            assert_eq!(status.participants as usize, present);
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_everyone_knows_who_is_there(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            world.check();
        }
    }
}

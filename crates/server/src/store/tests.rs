//! What holds wherever rooms are: each scenario runs with rooms in memory, and with two servers that share a Redis.

#[path = "../../tests/cluster/redis_server.rs"]
mod redis_server;

use std::{future::Future, sync::Arc, time::Duration};

use perkoon_protocol::{
    ErrorCode, SessionCode,
    signal::{ClientMessage, ServerMessage, Signal, close},
};
use tokio::task::JoinHandle;

use self::redis_server::RedisServer;
use super::{StoreSetting, Unavailable};
use crate::{
    clock::{Clock, Millis},
    config::{Capacity, SocketLimits},
    hub::Hub,
    outbox::{Outgoing, Queue},
    random,
    rooms::{Applicant, CreateError, Seat},
    token::Token,
};

const LIFE: Duration = Duration::from_secs(600);

/// Whatever takes longer is not going to happen.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it happens in time")
}

/// Two servers with the same rooms, or one twice.
struct Place {
    hubs: [Arc<Hub>; 2],
    clock: Arc<Clock>,
    tending: Vec<JoinHandle<()>>,
    redis: Option<RedisServer>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tending.iter().for_each(JoinHandle::abort);
    }
}

/// Somebody with a seat.
struct Guest {
    hub: Arc<Hub>,
    seat: Seat,
    queue: Queue,
    token: Token,
    id: String,
}

impl Guest {
    async fn hear(&mut self) -> ServerMessage {
        match soon(self.queue.next()).await {
            Some(Outgoing::Text(text)) => serde_json::from_str(&text).expect("a message"),
            other => panic!("{other:?} instead of a message"),
        }
    }

    async fn hear_close(&mut self) -> u16 {
        loop {
            match soon(self.queue.next()).await {
                Some(Outgoing::Close(code)) => return code,
                Some(Outgoing::Text(_)) => {}
                None => panic!("no close"),
            }
        }
    }

    async fn say(&self, message: ClientMessage) {
        self.hub.handle(self.seat, message).await.expect("reachable").expect("well-formed");
    }

    async fn signal(&self, to: &str, sdp: String) {
        self.say(ClientMessage::Signal { to: to.to_owned(), signal: Signal::Offer { connection: 1, sdp } }).await;
    }
}

impl Place {
    fn in_memory(rooms: usize) -> Self {
        let clock = Arc::new(Clock::new());
        let hub = Arc::new(hub(StoreSetting::Memory, &clock, rooms));
        Self { hubs: [Arc::clone(&hub), hub], clock, tending: Vec::new(), redis: None }
    }

    async fn in_redis(rooms: usize) -> Self {
        let redis = RedisServer::start();
        let (clock, setting) = (Arc::new(Clock::new()), StoreSetting::Redis(redis.url().parse().expect("an address")));
        let hubs = [(); 2].map(|()| Arc::new(hub(setting.clone(), &clock, rooms)));
        let mut tending = Vec::new();
        for hub in hubs.clone() {
            hub.connect().await.expect("it is there");
            tending.push(tokio::spawn(async move { hub.tend().await }));
        }
        Self { hubs, clock, tending, redis: Some(redis) }
    }

    fn end(&self) -> Millis {
        Millis::from_seconds(self.clock.now().as_seconds()).plus(LIFE)
    }

    async fn create(&self, code: SessionCode, end: Millis) -> Result<(), CreateError> {
        let now = self.clock.now();
        self.hubs[0].change(code, |rooms| rooms.create(now, code, end, false)).await.expect("reachable")
    }

    async fn join(&self, hub: usize, applicant: Applicant, token: &Token, previous: Option<&Token>) -> Result<String, ErrorCode> {
        let (now, id) = (self.clock.now(), random::participant_id());
        let join = self.hubs[hub].change(token.code(), |rooms| rooms.join(now, applicant, token.clone(), id.clone(), previous));
        join.await.expect("reachable").map(|admission| admission.participant)
    }

    /// Joins and sits down; the welcome is heard.
    async fn sit(&self, hub: usize, code: SessionCode, applicant: Applicant, previous: Option<&Token>) -> Guest {
        let token = Token::random(code);
        let id = self.join(hub, applicant, &token, previous).await.expect("may join");
        let hub = Arc::clone(&self.hubs[hub]);
        let (seat, queue) = hub.hello(self.clock.now(), &token).await.expect("reachable").expect("may sit");
        let mut guest = Guest { hub, seat, queue, token, id };
        assert!(matches!(guest.hear().await, ServerMessage::Welcome { id, .. } if id == guest.id));
        guest
    }

    /// A sender at one server and a receiver at the other.
    async fn pair(&self) -> (SessionCode, Guest, Guest) {
        let (code, end) = (random::session_code(), self.end());
        self.create(code, end).await.expect("there is room");
        let mut sender = self.sit(0, code, Applicant::Sender { expires_at: end }, None).await;
        let receiver = self.sit(1, code, Applicant::Receiver, None).await;
        assert!(matches!(sender.hear().await, ServerMessage::Joined { participant } if participant.id == receiver.id));
        (code, sender, receiver)
    }

    async fn participants(&self, hub: usize, code: SessionCode) -> Result<u32, ErrorCode> {
        let now = self.clock.now();
        let status = self.hubs[hub].change(code, |rooms| rooms.status(now, code)).await.expect("reachable");
        status.map(|status| status.participants)
    }
}

fn hub(store: StoreSetting, clock: &Arc<Clock>, rooms: usize) -> Hub {
    let limits = SocketLimits { queue_messages: 128, ..SocketLimits::default() };
    Hub::new(store, Arc::clone(clock), Capacity { rooms, ..Capacity::default() }, limits)
}

/// Runs each scenario with both.
macro_rules! scenarios {
    ($($name:ident in $rooms:literal rooms;)+) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::in_memory($rooms)).await;
            })+
        }

        mod in_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Place::in_redis($rooms).await).await;
            })+
        }
    };
}

scenarios! {
    signals_arrive_in_order in 10 rooms;
    who_was_lost_takes_its_seat_back_at_another_server in 10 rooms;
    who_leaves_is_seen_to_leave in 10 rooms;
    closing_sends_everyone_away_for_good in 10 rooms;
    who_reads_too_slowly_is_given_up in 10 rooms;
    a_fault_is_told_and_who_is_dismissed_is_gone in 10 rooms;
    rooms_are_bounded_and_the_dead_make_way in 3 rooms;
    changes_at_the_same_time_all_count in 10 rooms;
}

async fn signals_arrive_in_order(place: Place) {
    let (_, mut sender, mut receiver) = place.pair().await;
    for number in 0..100 {
        sender.signal(&receiver.id, number.to_string()).await;
    }
    for number in 0..100 {
        let ServerMessage::Signal { from, signal } = receiver.hear().await else { panic!("no signal") };
        assert_eq!((from, signal), (sender.id.clone(), Signal::Offer { connection: 1, sdp: number.to_string() }));
    }
    receiver.signal(&sender.id, "an answer".to_owned()).await;
    receiver.say(ClientMessage::Leave).await;
    assert!(matches!(sender.hear().await, ServerMessage::Signal { .. }));
    assert_eq!(sender.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: false });
    assert_eq!(receiver.hear_close().await, 1000);
}

async fn who_was_lost_takes_its_seat_back_at_another_server(place: Place) {
    let (code, mut sender, receiver) = place.pair().await;
    receiver.hub.disconnected(receiver.seat, true).await;
    assert_eq!(sender.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: true });
    let again = place.sit(0, code, Applicant::Receiver, Some(&receiver.token)).await;
    assert_eq!(again.id, receiver.id);
    assert!(matches!(sender.hear().await, ServerMessage::Joined { participant } if participant.id == receiver.id));
    sender.signal(&again.id, "go on".to_owned()).await;
}

async fn who_leaves_is_seen_to_leave(place: Place) {
    let (code, sender, mut receiver) = place.pair().await;
    sender.hub.disconnected(sender.seat, false).await;
    assert_eq!(receiver.hear().await, ServerMessage::Left { id: sender.id.clone(), lost: false });
    for hub in [0, 1] {
        assert_eq!(place.participants(hub, code).await, Ok(1));
    }
}

async fn closing_sends_everyone_away_for_good(place: Place) {
    let (code, mut sender, mut receiver) = place.pair().await;
    place.hubs[1].change(code, |rooms| rooms.close(code)).await.expect("reachable").expect("known");
    for guest in [&mut sender, &mut receiver] {
        assert!(matches!(guest.hear().await, ServerMessage::Error { code: ErrorCode::SessionNotFound, .. }));
        assert_eq!(guest.hear_close().await, close::SESSION_CLOSED);
    }
    assert_eq!(place.participants(0, code).await, Err(ErrorCode::SessionNotFound));
    let key = Applicant::Sender { expires_at: place.end() };
    let joined = place.join(0, key, &Token::random(code), None).await;
    assert_eq!(joined, Err(ErrorCode::SessionNotFound), "not even the key brings it back");
}

async fn who_reads_too_slowly_is_given_up(place: Place) {
    let (code, mut sender, receiver) = place.pair().await;
    // The 129th does not fit.
    for number in 0..129 {
        sender.signal(&receiver.id, number.to_string()).await;
    }
    assert_eq!(sender.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: false });
    assert_eq!(place.participants(0, code).await, Ok(1));
}

async fn a_fault_is_told_and_who_is_dismissed_is_gone(place: Place) {
    let (_, mut sender, mut receiver) = place.pair().await;
    receiver.hub.tell(receiver.seat, ErrorCode::InvalidRequest).await;
    assert!(matches!(receiver.hear().await, ServerMessage::Error { code: ErrorCode::InvalidRequest, .. }));
    receiver.hub.dismiss(receiver.seat, close::MISBEHAVED).await;
    assert_eq!(receiver.hear_close().await, close::MISBEHAVED);
    assert_eq!(sender.hear().await, ServerMessage::Left { id: receiver.id.clone(), lost: false });
    receiver.signal(&sender.id, "too late".to_owned()).await;
    sender.say(ClientMessage::Ping).await;
    assert_eq!(sender.hear().await, ServerMessage::Pong, "and no signal before it");
}

async fn rooms_are_bounded_and_the_dead_make_way(place: Place) {
    let now = place.clock.now();
    let [first, second, over, next] = [(); 4].map(|()| random::session_code());
    place.create(first, place.end()).await.expect("there is room");
    assert_eq!(place.create(first, place.end()).await, Err(CreateError::Taken));
    place.create(second, place.end()).await.expect("there is room");
    place.create(over, now).await.expect("there is room, for one that has ended as well");
    place.hubs[0].sweep(now);
    place.create(next, place.end()).await.expect("the one that has ended made way");
    assert_eq!(place.participants(0, over).await, Err(ErrorCode::SessionNotFound));
    let refused = random::session_code();
    assert_eq!(place.create(refused, place.end()).await, Err(CreateError::Full));
    let key = Applicant::Sender { expires_at: place.end() };
    assert_eq!(place.join(1, key, &Token::random(refused), None).await, Err(ErrorCode::RateLimited));
    for code in [first, second, next] {
        assert_eq!(place.participants(1, code).await, Ok(0), "living rooms stay");
    }
}

async fn changes_at_the_same_time_all_count(place: Place) {
    let (code, end) = (random::session_code(), place.end());
    place.create(code, end).await.expect("there is room");
    let tokens: Vec<_> = (0..32).map(|_| Token::random(code)).collect();
    let joins = tokens.iter().enumerate().map(|(number, token)| place.join(number % 2, Applicant::Receiver, token, None));
    let joined = soon(futures_util::future::join_all(joins)).await;
    let admitted = joined.iter().filter(|joined| joined.is_ok()).count();
    assert_eq!(admitted, 16, "a room gives out so many tokens, whoever asks where");
}

fn redis_of(place: &mut Place) -> &mut RedisServer {
    place.redis.as_mut().expect("this place has one")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_is_away_everyone_is_sent_away_and_then_comes_back() {
    let mut place = Place::in_redis(10).await;
    let (code, mut sender, mut receiver) = place.pair().await;
    redis_of(&mut place).stop();
    for guest in [&mut sender, &mut receiver] {
        assert_eq!(guest.hear_close().await, close::GOING_AWAY);
        guest.hub.disconnected(guest.seat, true).await;
        assert!(!guest.hub.is_reachable());
        assert_eq!(guest.hub.change(code, |_| ()).await, Err(Unavailable));
    }
    redis_of(&mut place).start_again();
    soon(async {
        while !place.hubs.iter().all(|hub| hub.is_reachable()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // It has forgotten everything, and the sender's key brings the session back.
    let expires_at = place.end();
    let _sender = place.sit(1, code, Applicant::Sender { expires_at }, Some(&sender.token)).await;
    let _receiver = place.sit(0, code, Applicant::Receiver, Some(&receiver.token)).await;
    assert_eq!(place.participants(0, code).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sat_at_a_dead_server_is_lost_and_comes_back_elsewhere() {
    let place = Place::in_redis(10).await;
    let (code, mut sender, receiver) = place.pair().await;
    // From now on the receiver's server neither hears nor says anything.
    place.tending[1].abort();
    assert_eq!(
        sender.hear().await,
        ServerMessage::Left { id: receiver.id.clone(), lost: true },
        "without anybody doing anything"
    );
    let again = place.sit(0, code, Applicant::Receiver, Some(&receiver.token)).await;
    assert_eq!(again.id, receiver.id);
    // It wakes up, and learns that it was taken for dead.
    let hub = Arc::clone(&place.hubs[1]);
    let waking = tokio::spawn(async move { hub.tend().await });
    let mut receiver = receiver;
    assert_eq!(receiver.hear_close().await, close::GOING_AWAY);
    assert_eq!(place.participants(0, code).await, Ok(2), "the seat that was taken back stays taken");
    waking.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_leaves_is_replaced_at_once() {
    let place = Place::in_redis(10).await;
    let (_, mut sender, receiver) = place.pair().await;
    place.tending[1].abort();
    place.hubs[1].leave().await;
    let left = tokio::time::timeout(Duration::from_secs(4), sender.hear()).await.expect("sooner than it is taken for dead");
    assert_eq!(left, ServerMessage::Left { id: receiver.id.clone(), lost: true });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_makes_no_sense_is_nobody_elses_trouble() {
    let place = Place::in_redis(10).await;
    let client = ::redis::Client::open(place.redis.as_ref().expect("this place has one").url()).expect("an address");
    let mut commands = client.get_multiplexed_async_connection().await.expect("it is there");
    for (field, value) in [("room", "{"), ("room", "\u{0}"), ("other", "")] {
        let code = random::session_code();
        let mut garbage = ::redis::cmd("HSET");
        garbage.arg(format!("perkoon:room:{code}")).arg("stamp").arg("s").arg(field).arg(value);
        garbage.exec_async(&mut commands).await.expect("written");
        assert_eq!(place.hubs[0].change(code, |_| ()).await, Err(Unavailable), "{field} {value:?}");
    }
    let code = random::session_code();
    ::redis::cmd("SET").arg(format!("perkoon:room:{code}")).arg(1).exec_async(&mut commands).await.expect("written");
    assert_eq!(place.hubs[0].change(code, |_| ()).await, Err(Unavailable), "not even a hash");
    let (_, sender, mut receiver) = place.pair().await;
    for channel in [receiver.seat.socket.node, sender.seat.socket.node] {
        let mut garbage = ::redis::cmd("PUBLISH");
        garbage.arg(format!("perkoon:for:{channel}")).arg("garbage").exec_async(&mut commands).await.expect("published");
    }
    sender.signal(&receiver.id, "undisturbed".to_owned()).await;
    assert!(matches!(receiver.hear().await, ServerMessage::Signal { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_are_shared_by_all_servers() {
    use super::Denial;
    use crate::limit::{Budget, WINDOW};

    let place = Place::in_redis(10).await;
    let [home, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(std::net::IpAddr::from);
    let admit = async |hub: usize, budget, address| {
        let Hub::Redis(redis) = &*place.hubs[hub] else { panic!("it is in Redis") };
        redis.admit(budget, address, 2, WINDOW).await
    };
    assert_eq!(admit(0, Budget::Create, home).await, Ok(()));
    assert_eq!(admit(1, Budget::Create, home).await, Ok(()));
    for hub in [0, 1] {
        let denied = admit(hub, Budget::Create, home).await;
        let Err(Denial::Wait(wait)) = denied else { panic!("{denied:?}") };
        assert!(wait > Duration::from_secs(30) && wait <= WINDOW, "{wait:?}");
    }
    assert_eq!(admit(0, Budget::Join, home).await, Ok(()), "another budget");
    assert_eq!(admit(0, Budget::Create, other).await, Ok(()), "another address");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_named_without_its_password() {
    let setting: StoreSetting = StoreSetting::Redis("redis://ada:verysecret@127.0.0.1:1".parse().expect("an address"));
    let error = setting.check().await.expect_err("nobody listens there").to_string();
    assert!(error.contains("127.0.0.1:1") && !error.contains("verysecret"), "{error}");
}

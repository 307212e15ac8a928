//! Rooms in a Redis that several servers share.
//!
//! A change loads one room, does to it what it does in memory, and writes it back with what follows from it in one step, unless
//! somebody else was quicker: then it is done again to what is there now. What follows goes out over Redis in that step, to whichever
//! servers have the sockets, this one included: so each socket hears of its room in the order in which things happened.

mod keys;
mod link;
mod scripts;
mod setting;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use perkoon_protocol::{ErrorCode, SessionCode};
use redis::RedisError;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub(super) use self::link::check;
pub use self::setting::{RedisSetting, RedisUrlError};
use self::{
    keys::Keys,
    link::{Channel, Linked},
    scripts::Scripts,
};
use super::{Denial, Unavailable, written};
use crate::{
    clock::{Clock, Millis},
    limit::Budget,
    outbox::{Outgoing, Queue},
    outboxes::{Delivery, NodeId, Outboxes, SocketId},
    random,
    rooms::{RoomRules, Rooms, Seat},
    token::Token,
};

/// How often a change is done again to what others have made of the room meanwhile. Each time one of them has got on.
const ATTEMPTS: usize = 64;

/// Sockets that are not where they should be, waiting to be cleared up. Beyond, they are when something is for them again.
const VANISHED: usize = 1024;

/// What is for sockets of one node.
#[derive(Debug, Serialize, Deserialize)]
struct Batch {
    code: SessionCode,
    deliveries: Vec<(u64, Outgoing)>,
}

/// A socket that is not there, or given up, although a room counts on it.
#[derive(Debug)]
struct Vanished {
    code: SessionCode,
    socket: SocketId,
    lost: bool,
}

/// A room as it was loaded.
struct Loaded {
    rooms: Rooms,
    /// Empty where there is none.
    stamp: String,
    text: Option<String>,
    nodes: BTreeSet<NodeId>,
}

/// What became of a change.
enum Saved {
    Done,
    Conflict,
    Full,
}

/// This server's part in the shared store.
pub(crate) struct Redis {
    setting: RedisSetting,
    keys: Keys,
    scripts: Scripts,
    clock: Arc<Clock>,
    rules: RoomRules,
    outboxes: Mutex<Outboxes>,
    /// None while the store is away.
    linked: Mutex<Option<Linked>>,
    /// What a new link hears, until somebody listens.
    channel: Mutex<Option<Channel>>,
    vanished: mpsc::Sender<Vanished>,
    to_clear_up: tokio::sync::Mutex<mpsc::Receiver<Vanished>>,
}

impl Redis {
    pub(crate) fn new(setting: RedisSetting, clock: Arc<Clock>, rules: RoomRules, outboxes: Outboxes) -> Self {
        let (vanished, to_clear_up) = mpsc::channel(VANISHED);
        Self {
            keys: Keys::new(setting.prefix.clone()),
            setting,
            scripts: Scripts::new(),
            clock,
            rules,
            outboxes: Mutex::new(outboxes),
            linked: Mutex::default(),
            channel: Mutex::default(),
            vanished,
            to_clear_up: tokio::sync::Mutex::new(to_clear_up),
        }
    }

    /// Does something to one room and carries out what follows from it.
    pub(crate) async fn change<T: Send>(
        &self,
        code: SessionCode,
        act: impl Fn(&mut Rooms) -> T + Send,
    ) -> Result<T, Unavailable> {
        let linked = self.linked()?;
        for _ in 0..ATTEMPTS {
            let mut loaded = self.load(&linked, code).await?;
            let result = act(&mut loaded.rooms);
            match self.save(&linked, code, loaded).await? {
                Saved::Done => return Ok(result),
                Saved::Conflict => {}
                // The rooms themselves know what to say to that.
                Saved::Full => return Ok(act(&mut Rooms::new(RoomRules { rooms: 0, ..self.rules }))),
            }
        }
        tracing::warn!("a room was changed by others again and again, so that a change was given up");
        Err(Unavailable)
    }

    /// The room alone. Whoever sat there through a server that is dead is lost.
    async fn load(&self, linked: &Linked, code: SessionCode) -> Result<Loaded, Unavailable> {
        let mut load = self.scripts.load.key(self.keys.room(code));
        load.key(self.keys.nodes());
        let found: Option<(String, String, Vec<String>)> =
            load.invoke_async(&mut linked.commands.clone()).await.map_err(unavailable)?;
        let (stamp, text, dead) = found.map_or_else(Default::default, |(stamp, text, dead)| (stamp, Some(text), dead));
        let rules = RoomRules { rooms: 1, ..self.rules };
        let Ok(mut rooms) = Rooms::read(rules, code, text.as_deref()) else {
            tracing::error!("a room in the store cannot be read: other servers may run another version, or others use its keys");
            return Err(Unavailable);
        };
        let nodes = rooms.nodes(code);
        for node in dead.iter().filter_map(|node| node.parse().ok()) {
            rooms.deserted(code, node);
        }
        Ok(Loaded { rooms, stamp, text, nodes })
    }

    /// Writes the room and tells everyone, if it is still as it was loaded.
    async fn save(&self, linked: &Linked, code: SessionCode, loaded: Loaded) -> Result<Saved, Unavailable> {
        let Loaded { mut rooms, stamp, text: before, nodes: nodes_before } = loaded;
        let text = rooms.write(code);
        let is_changed = text != before;
        let batches = batches(&mut rooms);
        if !is_changed && batches.is_empty() {
            return Ok(Saved::Done);
        }
        let (now, nodes) = (self.clock.now(), rooms.nodes(code));
        let mut save = self.scripts.save.key(self.keys.room(code));
        save.key(self.keys.rooms());
        let came: Vec<_> = nodes.difference(&nodes_before).collect();
        for node in came.iter().copied().chain(nodes_before.difference(&nodes)) {
            save.key(self.keys.rooms_of(*node));
        }
        let new_stamp = if is_changed { random::participant_id() } else { String::new() };
        save.arg(stamp).arg(new_stamp).arg(text.unwrap_or_default());
        save.arg(nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        save.arg(millis(rooms.keep_for(now, code))).arg(code.as_str()).arg(now.0).arg(self.rules.rooms);
        save.arg(millis(self.rules.memory)).arg(self.keys.rooms_prefix()).arg(came.len());
        for (node, deliveries) in batches {
            let batch = serde_json::to_string(&Batch { code, deliveries }).expect("a batch has string keys");
            save.arg(self.keys.channel(node)).arg(batch);
        }
        let saved: String = save.invoke_async(&mut linked.commands.clone()).await.map_err(unavailable)?;
        match saved.as_str() {
            "saved" => Ok(Saved::Done),
            "conflict" => Ok(Saved::Conflict),
            "full" => Ok(Saved::Full),
            _ => Err(Unavailable),
        }
    }

    /// Takes the seat that the token is good for. The socket is known before the room hears of it: the welcome may come at once.
    pub(crate) async fn hello(&self, now: Millis, token: &Token) -> Result<Result<(Seat, Queue), ErrorCode>, Unavailable> {
        self.linked()?;
        let (socket, queue) = {
            let mut outboxes = self.outboxes();
            let socket = outboxes.number();
            (socket, outboxes.open(socket, token.code()))
        };
        let seated = self.change(token.code(), |rooms| rooms.hello(now, socket, token)).await;
        if !matches!(seated, Ok(Ok(_))) {
            self.outboxes().close(socket);
        }
        seated.map(|seat| seat.map(|seat| (seat, queue)))
    }

    /// Bytes of messages that wait for slow readers here.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.outboxes().queued_bytes()
    }

    /// Queues something for a socket that is here.
    pub(crate) async fn deliver(&self, seat: Seat, outgoing: Outgoing) {
        let delivery = self.outboxes().deliver(seat.socket, outgoing);
        if let Delivery::GivenUp(_) = delivery {
            self.free(seat, false).await;
        }
    }

    /// Frees the client's seat and closes its socket.
    pub(crate) async fn dismiss(&self, seat: Seat, code: u16) {
        self.free(seat, false).await;
        self.outboxes().deliver(seat.socket, Outgoing::Close(code));
    }

    /// The socket is gone. It is known until its seat is free: somebody who misses it sooner would not know how it went.
    pub(crate) async fn disconnected(&self, seat: Seat, lost: bool) {
        self.free(seat, lost).await;
        self.outboxes().close(seat.socket);
    }

    async fn free(&self, seat: Seat, lost: bool) {
        if self.change(seat.code, |rooms| rooms.disconnected(seat, lost)).await.is_err() {
            tracing::debug!("a seat could not be freed: it is when the store finds this server gone");
        }
    }

    /// Hands out what came over Redis.
    fn hand_out(&self, payload: &[u8]) {
        let Ok(Batch { code, deliveries }) = serde_json::from_slice(payload) else {
            tracing::warn!("something came from the store that is not for a server of this version");
            return;
        };
        let mut outboxes = self.outboxes();
        let node = outboxes.node();
        for (number, outgoing) in deliveries {
            let socket = SocketId { node, number };
            let lost = match outboxes.deliver(socket, outgoing) {
                Delivery::Queued => continue,
                Delivery::GivenUp(_) => false,
                Delivery::NotHere => true,
            };
            // One that does not fit is found again when something is for it.
            let _ = self.vanished.try_send(Vanished { code, socket, lost });
        }
    }

    /// Counts a request against its address's budget over all servers.
    pub(crate) async fn admit(&self, budget: Budget, address: IpAddr, most: usize, window: Duration) -> Result<(), Denial> {
        let linked = self.linked()?;
        let mut admit = self.scripts.admit.key(self.keys.requests(budget, address));
        admit.arg(most).arg(millis(window)).arg(random::participant_id());
        let wait: u64 = admit.invoke_async(&mut linked.commands.clone()).await.map_err(unavailable)?;
        if wait == 0 { Ok(()) } else { Err(Denial::Wait(Duration::from_millis(wait))) }
    }

    fn linked(&self) -> Result<Linked, Unavailable> {
        lock(&self.linked).clone().ok_or(Unavailable)
    }

    fn outboxes(&self) -> MutexGuard<'_, Outboxes> {
        lock(&self.outboxes)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("setting", &self.setting).field("linked", &self.is_linked()).finish_non_exhaustive()
    }
}

/// Nothing is left half-changed by a panic, since none can happen under these locks; so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What follows from a change, for each node in order.
fn batches(rooms: &mut Rooms) -> BTreeMap<NodeId, Vec<(u64, Outgoing)>> {
    let mut batches = BTreeMap::<_, Vec<_>>::new();
    while let Some(effect) = rooms.poll_effect() {
        let (socket, outgoing) = written(effect);
        batches.entry(socket.node).or_default().push((socket.number, outgoing));
    }
    batches
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The kind alone: what Redis says may quote what it was asked.
fn unavailable(error: RedisError) -> Unavailable {
    tracing::debug!(kind = error.category(), "the store did not do what it was asked");
    Unavailable
}

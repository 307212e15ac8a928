//! In touch with Redis: one connection for commands, one to hear on. As soon as either is in doubt, both are given up and everybody here
//! is sent away to come back: what was said meanwhile has not been heard, and others may have given the seats away.

use std::{fmt, time::Duration};

use futures_util::{StreamExt, stream};
use perkoon_protocol::SessionCode;
use redis::{
    AsyncConnectionConfig, Client, RedisError, RedisResult, Script,
    aio::{MultiplexedConnection, PubSubStream},
};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{Redis, RedisSetting, Vanished, lock, millis};
use crate::{
    outboxes::NodeId,
    store::{StoreError, Unavailable},
};

/// How long a connection, or the answer to a command, may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often a node says that it is alive; what it says also comes back to it.
const BEAT: Duration = Duration::from_secs(2);

/// Without a beat for so long, a node has lost touch.
const SILENCE: Duration = Duration::from_secs(5);

/// Without a beat for so long, others take a node for dead. It has noticed by then.
const LIFE: Duration = Duration::from_secs(6);

/// How often to look for dead nodes.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// Rooms of a dead node that are looked at together, and how many at the same time.
const ROOMS_TOGETHER: usize = 256;
const AT_ONCE: usize = 32;

/// How often rooms that somebody sits in are kept from being forgotten: well within the time that this keeps them.
const KEEP: Duration = Duration::from_secs(600);

/// Pauses between two tries to find the store again.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What commands are sent over, and who sends them.
#[derive(Clone)]
pub(super) struct Linked {
    pub(super) commands: MultiplexedConnection,
    node: NodeId,
}

/// What is for this node.
pub(super) struct Channel(PubSubStream);

/// Looks whether the store is there and runs scripts.
pub(in super::super) async fn check(setting: &RedisSetting) -> Result<(), StoreError> {
    let run = async {
        let mut commands = open(&Client::open(setting.address())?).await?;
        Script::new("return 1").invoke_async::<_, i64>(&mut commands).await
    };
    match timeout(PATIENCE, run).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(unreachable(setting, error)),
        Err(_) => Err(unreachable(setting, "it does not answer")),
    }
}

fn unreachable(setting: &RedisSetting, reason: impl fmt::Display) -> StoreError {
    StoreError::Unreachable { place: setting.place(), reason: reason.to_string() }
}

async fn open(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    client.get_multiplexed_async_connection_with_config(&config).await
}

impl Redis {
    pub(crate) fn is_linked(&self) -> bool {
        lock(&self.linked).is_some()
    }

    /// Gets in touch.
    pub(crate) async fn connect(&self) -> Result<(), StoreError> {
        match timeout(PATIENCE, self.link()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(unreachable(&self.setting, error)),
            Err(_) => Err(unreachable(&self.setting, "it does not answer")),
        }
    }

    /// Hears before it is known: nothing that is for this node is missed.
    async fn link(&self) -> Result<(), RedisError> {
        let client = Client::open(self.setting.address())?;
        let linked = Linked { commands: open(&client).await?, node: self.outboxes().node() };
        let (mut requests, channel) = client.get_async_pubsub().await?.split();
        requests.subscribe(self.keys.channel(linked.node)).await?;
        self.beat(&linked, true).await?;
        *lock(&self.channel) = Some(Channel(channel));
        *lock(&self.linked) = Some(linked);
        Ok(())
    }

    /// Stays in touch for as long as the server runs.
    pub(crate) async fn tend(&self) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let link = (lock(&self.channel).take(), self.linked());
            if let (Some(channel), Ok(linked)) = link {
                self.follow(channel, &linked).await;
                pause = SHORTEST_PAUSE;
                tracing::warn!("the store is away: everybody is sent away, and it is looked for");
            }
            self.unlink();
            match self.connect().await {
                Ok(()) => tracing::info!("the store is there"),
                Err(error) => {
                    tracing::debug!(%error, "the store is still away");
                    sleep(pause).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
            }
        }
    }

    fn unlink(&self) {
        *lock(&self.linked) = None;
        self.outboxes().start_over();
    }

    /// Until the link is in doubt.
    async fn follow(&self, channel: Channel, linked: &Linked) {
        tokio::select! {
            () = self.hear(channel) => {}
            () = self.stay_alive(linked) => {}
            () = self.clear_up() => {}
            () = self.take_over(linked) => {}
            () = self.keep_rooms(linked) => {}
        }
    }

    async fn hear(&self, Channel(mut channel): Channel) {
        while let Ok(Some(message)) = timeout(SILENCE, channel.next()).await {
            match message.get_payload_bytes() {
                // A beat.
                [] => {}
                payload => self.hand_out(payload),
            }
        }
    }

    async fn stay_alive(&self, linked: &Linked) {
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if !matches!(self.beat(linked, false).await, Ok(true)) {
                return;
            }
        }
    }

    /// Whether this node is known.
    async fn beat(&self, linked: &Linked, is_new: bool) -> RedisResult<bool> {
        let mut beat = self.scripts.beat.key(self.keys.nodes());
        beat.arg(linked.node.to_string()).arg(millis(LIFE)).arg(self.keys.channel(linked.node)).arg(u8::from(is_new));
        beat.invoke_async(&mut linked.commands.clone()).await
    }

    /// Frees the seats of sockets that are not here.
    async fn clear_up(&self) {
        let mut vanished = self.to_clear_up.lock().await;
        while let Some(Vanished { code, socket, lost }) = vanished.recv().await {
            // What fails is found again when something is for the socket.
            let _ = self.change(code, |rooms| rooms.vanished(code, socket, lost)).await;
        }
        std::future::pending::<()>().await;
    }

    /// Looks after the rooms of dead nodes. Several may do so at once: a room that one has seen to has nothing left for the others.
    async fn take_over(&self, linked: &Linked) {
        let mut ticks = interval(TAKE_OVER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            while let Ok(Some((node, codes))) = self.deserted(linked).await {
                // Loading a room frees the seats of dead nodes.
                let free = |code| async move {
                    let _ = self.change(code, |_| ()).await;
                };
                let rooms = codes.iter().filter_map(|code| code.parse().ok());
                stream::iter(rooms).for_each_concurrent(AT_ONCE, free).await;
                if self.forget(linked, node, &codes).await.is_err() {
                    break;
                }
            }
        }
    }

    async fn deserted(&self, linked: &Linked) -> Result<Option<(NodeId, Vec<String>)>, Unavailable> {
        let mut deserted = self.scripts.deserted.key(self.keys.nodes());
        deserted.arg(self.keys.rooms_of_prefix()).arg(ROOMS_TOGETHER);
        let found: Option<(String, Vec<String>)> =
            deserted.invoke_async(&mut linked.commands.clone()).await.map_err(super::unavailable)?;
        Ok(found.and_then(|(node, codes)| Some((node.parse().ok()?, codes))))
    }

    /// Whatever came of it: what is left is found when somebody goes there.
    async fn forget(&self, linked: &Linked, node: NodeId, codes: &[String]) -> RedisResult<()> {
        if codes.is_empty() {
            return Ok(());
        }
        let mut forget = redis::cmd("SREM");
        forget.arg(self.keys.rooms_of(node)).arg(codes);
        forget.exec_async(&mut linked.commands.clone()).await
    }

    async fn keep_rooms(&self, linked: &Linked) {
        let mut ticks = interval(KEEP);
        loop {
            ticks.tick().await;
            let codes = self.outboxes().codes();
            for some in codes.chunks(ROOMS_TOGETHER) {
                if self.keep(linked, some).await.is_err() {
                    return;
                }
            }
        }
    }

    async fn keep(&self, linked: &Linked, codes: &[SessionCode]) -> RedisResult<()> {
        let time = self.rules.memory * 2;
        let mut keep = self.scripts.keep.key(self.keys.rooms());
        keep.arg(millis(time)).arg(self.clock.now().plus(time).0);
        for code in codes {
            keep.key(self.keys.room(*code)).arg(code.as_str());
        }
        keep.invoke_async::<i64>(&mut linked.commands.clone()).await.map(drop)
    }

    /// Is dead to the others from now on, who look after what is left of it at once.
    pub(crate) async fn leave(&self) {
        let Ok(linked) = self.linked() else { return };
        let mut leave = redis::cmd("ZADD");
        leave.arg(self.keys.nodes()).arg("XX").arg(0).arg(linked.node.to_string());
        // Without it they find out some seconds later.
        let _ = leave.exec_async(&mut linked.commands.clone()).await;
    }
}

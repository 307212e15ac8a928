//! What every request handler shares.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use perkoon_protocol::SessionCode;
use tokio::sync::{Semaphore, watch};

use crate::{
    clock::Clock,
    config::{Config, SocketLimits},
    hub::Hub,
    ice::Ice,
    limit::{Budget, RequestLimiter},
    sender_key::SenderKeys,
    static_files::Assets,
};

/// The public origin where neither a setting nor a listener gives one.
const DEFAULT_ORIGIN: &str = "http://127.0.0.1:8787";

/// A server's state; clones share it.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// What the clones share; only this crate sees inside.
#[derive(Debug)]
pub struct Shared {
    pub(crate) clock: Clock,
    pub(crate) hub: Hub,
    pub(crate) keys: SenderKeys,
    pub(crate) assets: Assets,
    pub(crate) origin: String,
    pub(crate) session_ttl: u64,
    pub(crate) ice: Ice,
    pub(crate) trusted_proxies: usize,
    pub(crate) socket_limits: SocketLimits,
    /// One permit for each socket there may be.
    pub(crate) sockets: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    requests: Mutex<RequestLimiter>,
}

impl AppState {
    /// The state of a server that has just started.
    pub fn new(config: Config) -> Self {
        let clock = Clock::new();
        let requests = RequestLimiter::new(clock.now(), config.requests, config.capacity.addresses);
        let origin = config.public_url.as_deref().unwrap_or(DEFAULT_ORIGIN).trim_end_matches('/').to_owned();
        Self(Arc::new(Shared {
            clock,
            hub: Hub::new(config.capacity.rooms, config.socket),
            keys: SenderKeys::new(&config.secret),
            assets: Assets::new(config.assets),
            origin,
            session_ttl: config.session_ttl,
            ice: config.ice,
            trusted_proxies: config.trusted_proxies,
            socket_limits: config.socket,
            sockets: Arc::new(Semaphore::new(config.capacity.sockets)),
            closing: watch::Sender::new(false),
            requests: Mutex::new(requests),
        }))
    }

    /// Forgets sessions that are over. To be called about once a second.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        self.hub.rooms(|rooms| rooms.sweep(now));
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Counts a request against its address's budget, or says how long to wait.
    pub(crate) fn admit(&self, budget: Budget, address: IpAddr) -> Result<(), Duration> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.admit(self.clock.now(), budget, address)
    }

    /// Tells everything that the server is going away.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Resolves when the server is going away.
    pub(crate) async fn closing(&self) {
        let closing = self.closing.subscribe().wait_for(|closing| *closing).await.is_ok();
        debug_assert!(closing, "the sending half lives in self");
    }

    pub(crate) fn share_url(&self, code: SessionCode) -> String {
        format!("{}/{code}", self.origin)
    }

    pub(crate) fn sender_url(&self, code: SessionCode, key: &str) -> String {
        format!("{}/{code}#key={key}", self.origin)
    }
}

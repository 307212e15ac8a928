//! What every request handler shares.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};

use perkoon_protocol::SessionCode;
use tokio::sync::{Semaphore, watch};

use crate::{
    a2a::Card,
    clock::Clock,
    config::{Config, ConnectionPatience, ForwardedHeader, SocketLimits},
    hub::Hub,
    ice::Ice,
    limit::{Budget, RequestLimiter, Tally},
    sender_key::SenderKeys,
    socket::Origins,
    static_files::Assets,
    tls::Tls,
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
    pub(crate) card: Card,
    pub(crate) origin: String,
    pub(crate) session_ttl: u64,
    pub(crate) ice: Ice,
    pub(crate) tls: Option<Tls>,
    pub(crate) trusted_proxies: usize,
    pub(crate) forwarded_header: ForwardedHeader,
    pub(crate) patience: ConnectionPatience,
    pub(crate) origins: Origins,
    /// Whether the log has been told of pages of other origins.
    pub(crate) foreign_told: Once,
    pub(crate) socket_limits: SocketLimits,
    /// One permit for each socket there may be.
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) sockets_by_address: Arc<Tally>,
    closing: watch::Sender<bool>,
    requests: Mutex<RequestLimiter>,
}

impl AppState {
    /// The state of a server that has just started.
    pub fn new(config: Config) -> Self {
        let clock = Clock::new();
        let requests = RequestLimiter::new(clock.now(), config.requests, config.capacity.addresses);
        let origin = config.public_url.as_deref().unwrap_or(DEFAULT_ORIGIN).trim_end_matches('/').to_owned();
        let allowed = config.allowed_origins.iter().map(String::as_str);
        let origins = Origins::new(allowed.chain([origin.as_str()]));
        Self(Arc::new(Shared {
            clock,
            hub: Hub::new(config.capacity, config.socket),
            keys: SenderKeys::new(&config.secret),
            assets: Assets::new(config.assets),
            card: Card::default(),
            origin,
            session_ttl: config.session_ttl,
            ice: config.ice,
            tls: config.tls,
            trusted_proxies: config.trusted_proxies,
            forwarded_header: config.forwarded_header,
            patience: config.patience,
            origins,
            foreign_told: Once::new(),
            socket_limits: config.socket,
            sockets: Arc::new(Semaphore::new(config.capacity.sockets)),
            sockets_by_address: Tally::new(config.capacity.sockets_per_address),
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

//! What every request handler shares.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, Once, PoisonError},
};

use perkoon_protocol::SessionCode;
use tokio::sync::{Semaphore, watch};

use crate::{
    a2a::Card,
    client::grouped,
    clock::Clock,
    config::{Config, ConnectionPatience, ForwardedHeader, RequestLimits, SocketLimits},
    connection::Connections,
    hub::Hub,
    ice::Ice,
    limit::{Budget, RequestLimiter, Tally, WINDOW},
    metrics::{Levels, Metrics, MetricsAccess, Refused},
    sender_key::SenderKeys,
    socket::Origins,
    static_files::Assets,
    store::Denial,
    tls::Tls,
};

/// The public origin where neither a setting nor a listener gives one.
const DEFAULT_ORIGIN: &str = "http://127.0.0.1:8787";

/// How far a server is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It serves.
    Serving,
    /// It serves on, and says that others should be asked.
    Draining,
    /// It tells everybody to go and takes nobody in.
    Closing,
}

/// A server's state; clones share it.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// What the clones share; only this crate sees inside.
#[derive(Debug)]
pub struct Shared {
    pub(crate) clock: Arc<Clock>,
    pub(crate) hub: Hub,
    pub(crate) keys: SenderKeys,
    pub(crate) assets: Assets,
    pub(crate) card: Card,
    /// This server's own.
    pub(crate) origin: String,
    /// Where the pages are; links begin with it.
    pub(crate) pages: String,
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
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Metrics,
    pub(crate) metrics_access: MetricsAccess,
    most_sockets: usize,
    stage: watch::Sender<Stage>,
    pub(crate) request_limits: RequestLimits,
    requests: Mutex<RequestLimiter>,
}

impl AppState {
    /// The state of a server that has just started.
    pub fn new(config: Config) -> Self {
        let clock = Arc::new(Clock::new());
        let requests = RequestLimiter::new(clock.now(), config.requests, config.capacity.addresses);
        let pages = config.public_url.as_deref().unwrap_or(DEFAULT_ORIGIN).trim_end_matches('/').to_owned();
        let origin = config.server_url.as_deref().unwrap_or(origin_of(&pages)).trim_end_matches('/').to_owned();
        let allowed = config.allowed_origins.iter().map(String::as_str);
        let origins = Origins::new(allowed.chain([origin_of(&pages), origin.as_str()]));
        Self(Arc::new(Shared {
            hub: Hub::new(config.store, Arc::clone(&clock), config.capacity, config.socket),
            clock,
            keys: SenderKeys::new(&config.secret),
            assets: Assets::new(config.assets),
            card: Card::default(),
            origin,
            pages,
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
            connections: Connections::new(config.capacity, config.trusted_proxies),
            metrics: Metrics::new(),
            metrics_access: config.metrics,
            most_sockets: config.capacity.sockets,
            stage: watch::Sender::new(Stage::Serving),
            request_limits: config.requests,
            requests: Mutex::new(requests),
        }))
    }

    /// Forgets sessions that are over. To be called about once a second.
    pub(crate) fn sweep(&self) {
        if let Some(census) = self.hub.sweep(self.clock.now()) {
            self.metrics.took_census(&census);
        }
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
    ///
    /// Servers that share a store share the budgets.
    pub(crate) async fn admit(&self, budget: Budget, address: IpAddr) -> Result<(), Denial> {
        self.budgeted(budget, address).await.inspect_err(|denial| {
            if let Denial::Wait(_) = denial {
                self.metrics.refused(match budget {
                    Budget::Create => Refused::Creates,
                    Budget::Join => Refused::Joins,
                    Budget::Status => Refused::Statuses,
                });
            }
        })
    }

    async fn budgeted(&self, budget: Budget, address: IpAddr) -> Result<(), Denial> {
        let Hub::Redis(redis) = &self.hub else {
            let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            return requests.admit(self.clock.now(), budget, address).map_err(Denial::Wait);
        };
        match budget.of(&self.request_limits) {
            0 => Ok(()),
            most => redis.admit(budget, grouped(address), most, WINDOW).await,
        }
    }

    /// Says that others should be asked, while everything goes on.
    pub(crate) fn drain(&self) {
        self.stage.send_replace(Stage::Draining);
    }

    /// Tells everything that the server is going away.
    pub(crate) fn close(&self) {
        self.stage.send_replace(Stage::Closing);
    }

    /// Whether the server has not been asked to stop.
    pub(crate) fn is_ready(&self) -> bool {
        *self.stage.borrow() == Stage::Serving
    }

    /// Resolves when the server is going away.
    pub(crate) async fn closing(&self) {
        let closing = self.stage.subscribe().wait_for(|stage| *stage == Stage::Closing).await.is_ok();
        debug_assert!(closing, "the sending half lives in self");
    }

    /// What the metrics say of this moment.
    pub(crate) fn levels(&self) -> Levels {
        Levels {
            sockets: self.most_sockets.saturating_sub(self.sockets.available_permits()),
            connections: self.connections.number(),
            queued_bytes: self.hub.queued_bytes(),
            draining: !self.is_ready(),
        }
    }

    pub(crate) fn share_url(&self, code: SessionCode) -> String {
        format!("{}/{code}", self.pages)
    }

    pub(crate) fn sender_url(&self, code: SessionCode, key: &str) -> String {
        format!("{}/{code}#key={key}", self.pages)
    }
}

/// An address without its path.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let path = url[host..].find('/');
    path.map_or(url, |path| &url[..host + path])
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_has_no_path() {
        for url in ["https://perkoon.example", "https://perkoon.example/", "https://perkoon.example/some/dir"] {
            assert_eq!(origin_of(url), "https://perkoon.example");
        }
        assert_eq!(origin_of("http://[::1]:8787/files"), "http://[::1]:8787");
    }
}

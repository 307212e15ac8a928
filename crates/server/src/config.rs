//! Everything an operator can set. [`Config::default`] is what `perkoon serve` runs with.

use std::{path::PathBuf, time::Duration};

use perkoon_protocol::limits;

use crate::{ice::Ice, metrics::MetricsAccess, secret::Secret, store::StoreSetting, tls::Tls};

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of the pages that people open, such as `https://perkoon.example` or `https://host.example/perkoon`. Links begin with it.
    /// Without one, the address listened on.
    pub public_url: Option<String>,
    /// This server's own origin, where the pages are elsewhere. Without one, the public address's.
    pub server_url: Option<String>,
    /// Further origins whose pages may use this server, besides the public one and that of the host which is asked.
    pub allowed_origins: Vec<String>,
    /// A folder of static files to serve in place of the embedded ones.
    pub assets: Option<PathBuf>,
    /// What sender keys are made with.
    pub secret: Secret,
    /// Seconds a session lives when its maker does not say.
    pub session_ttl: u64,
    /// STUN and TURN servers to tell participants of.
    pub ice: Ice,
    /// The certificate and key to serve with. Without them the server speaks plain HTTP.
    pub tls: Option<Tls>,
    /// Reverse proxies in front of this server. With `n` of them a client's address is the n-th from the right in
    /// [`Config::forwarded_header`]; with none that header is ignored.
    pub trusted_proxies: usize,
    /// Where those proxies write down whose request they pass on.
    pub forwarded_header: ForwardedHeader,
    /// Where sessions are kept.
    pub store: StoreSetting,
    /// Requests one address may make.
    pub requests: RequestLimits,
    /// What the server as a whole holds.
    pub capacity: Capacity,
    /// How long a connection may take over what it does.
    pub patience: ConnectionPatience,
    /// What one socket may do.
    pub socket: SocketLimits,
    /// Who may read the metrics where pages and sessions are served.
    pub metrics: MetricsAccess,
    /// How long a server that has been asked to stop goes on while it says that it is not ready.
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            server_url: None,
            allowed_origins: Vec::new(),
            assets: None,
            secret: Secret::random(),
            session_ttl: limits::DEFAULT_TTL_SECONDS,
            ice: Ice::default(),
            tls: None,
            trusted_proxies: 0,
            forwarded_header: ForwardedHeader::default(),
            store: StoreSetting::default(),
            requests: RequestLimits::default(),
            capacity: Capacity::default(),
            patience: ConnectionPatience::default(),
            socket: SocketLimits::default(),
            metrics: MetricsAccess::default(),
            drain: Duration::ZERO,
        }
    }
}

/// The header that proxies add to. Only one is read: clients may send the other, and proxies leave it there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded`, the standard's (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

/// Requests that one client address may make in any 60 seconds. Zero means as many as it likes.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// New sessions.
    pub creates: usize,
    /// Joins.
    pub joins: usize,
    /// Status checks.
    pub statuses: usize,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self { creates: 10, joins: 30, statuses: 20 }
    }
}

/// What the server holds at once; what goes beyond is refused.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Sessions, those that have expired lately included.
    pub rooms: usize,
    /// Signalling sockets.
    pub sockets: usize,
    /// Signalling sockets of one client address, also behind trusted proxies; zero means no limit.
    pub sockets_per_address: usize,
    /// Connections, those of sockets included.
    pub connections: usize,
    /// Connections from one address; zero means no limit. Not applied behind a trusted proxy, which has to do that itself.
    pub connections_per_address: usize,
    /// Client addresses whose requests are counted.
    pub addresses: usize,
    /// Bytes of messages that wait for slow readers, in all sockets together. Beyond, a socket may have one waiting.
    pub queued_bytes: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            rooms: 200_000,
            sockets: 10_000,
            sockets_per_address: 256,
            connections: 12_000,
            connections_per_address: 256,
            addresses: 50_000,
            queued_bytes: 128 << 20,
        }
    }
}

/// How long a connection may take over what it does, before it is cut.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionPatience {
    /// Over the TLS handshake.
    pub handshake: Duration,
    /// Over a request's headers; also over saying nothing between two requests.
    pub headers: Duration,
    /// Over a request of the REST interface, its body included.
    pub request: Duration,
    /// Over taking anything at all of what is written to it.
    pub write: Duration,
}

impl Default for ConnectionPatience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            request: Duration::from_secs(10),
            write: Duration::from_secs(60),
        }
    }
}

/// What one socket may do.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// How long the first message may take.
    pub hello: Duration,
    /// How often the server pings.
    pub ping: Duration,
    /// How long a client may stay silent, pongs included.
    pub silence: Duration,
    /// How long one message may take to leave for a client that reads slowly.
    pub write: Duration,
    /// Credit a client gains each second. A message costs one, and one more for each KiB.
    pub credit_per_second: u32,
    /// Credit a client can save up.
    pub credit_saved: u32,
    /// Messages waiting for a client that reads slowly.
    pub queue_messages: usize,
    /// Bytes waiting for a client that reads slowly. More than a peer's saved credit buys, so that no peer can push another out.
    pub queue_bytes: usize,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            ping: Duration::from_secs(10),
            silence: Duration::from_secs(25),
            write: Duration::from_secs(10),
            credit_per_second: 20,
            credit_saved: 200,
            queue_messages: 256,
            queue_bytes: 512 << 10,
        }
    }
}

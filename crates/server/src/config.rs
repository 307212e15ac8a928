//! Everything an operator can set. [`Config::default`] is what `perkoon serve` runs with.

use std::{path::PathBuf, time::Duration};

use perkoon_protocol::limits;

use crate::{ice::Ice, secret::Secret};

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The origin that people open, such as `https://perkoon.example`. Links begin with it. Without one, the address listened on.
    pub public_url: Option<String>,
    /// A folder of static files to serve in place of the embedded ones.
    pub assets: Option<PathBuf>,
    /// What sender keys are made with.
    pub secret: Secret,
    /// Seconds a session lives when its maker does not say.
    pub session_ttl: u64,
    /// STUN and TURN servers to tell participants of.
    pub ice: Ice,
    /// Reverse proxies in front of this server. With `n` of them a client's address is the n-th from the right in
    /// `X-Forwarded-For`; with none that header is ignored.
    pub trusted_proxies: usize,
    /// Requests one address may make.
    pub requests: RequestLimits,
    /// What the server as a whole holds.
    pub capacity: Capacity,
    /// What one socket may do.
    pub socket: SocketLimits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            assets: None,
            secret: Secret::random(),
            session_ttl: limits::DEFAULT_TTL_SECONDS,
            ice: Ice::default(),
            trusted_proxies: 0,
            requests: RequestLimits::default(),
            capacity: Capacity::default(),
            socket: SocketLimits::default(),
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
    /// Connections, those of sockets included.
    pub connections: usize,
    /// Connections from one address; zero means no limit. Not applied behind a trusted proxy, which has to do that itself.
    pub connections_per_address: usize,
    /// Client addresses whose requests are counted.
    pub addresses: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { rooms: 200_000, sockets: 10_000, connections: 12_000, connections_per_address: 256, addresses: 50_000 }
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

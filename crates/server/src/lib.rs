//! Signalling, sessions and static files for Perkoon. It never sees a file name or a byte of a file.
//!
//! [`app`] is the whole service as a router; [`serve`] runs it on a listener with the bounds on connections that a router cannot
//! have. Inside, the rooms are a pure state machine, the hub ties them to sockets wherever they are kept, and everything else is an edge.

mod a2a;
mod client;
mod clock;
mod config;
mod connection;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod headers;
mod host;
mod hub;
mod ice;
mod limit;
mod mcp;
mod metrics;
mod outbox;
mod outboxes;
mod patience;
mod random;
mod refusal;
mod rest;
mod rooms;
mod router;
mod secret;
mod sender_key;
mod serve;
mod sessions;
mod socket;
mod state;
mod static_files;
mod store;
mod tls;
mod token;

pub use config::{Capacity, Config, ConnectionPatience, ForwardedHeader, RequestLimits, SocketLimits};
pub use ice::{Ice, IceUrl, IceUrlError, Turn};
pub use metrics::MetricsAccess;
pub use router::app;
pub use secret::{Secret, SecretError};
pub use serve::{Listeners, serve};
pub use state::AppState;
pub use store::{RedisSetting, RedisUrlError, StoreError, StoreSetting};
pub use tls::{Tls, TlsError};

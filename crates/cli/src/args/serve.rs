//! What `perkoon serve` is told.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use perkoon_server::{Capacity, RequestLimits};

use super::Hidden;
use crate::log::LogFilter;

/// The server: every option but two is a setting, which a file may have as well.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// File with settings in TOML: each of the options below under its name, with _ for -. The environment and flags come before it.
    #[arg(long, env = "PERKOON_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Check all settings and the files they name, print what is in force and where it comes from, and end: with 0 when it can be served.
    #[arg(long)]
    pub check: bool,

    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "PERKOON_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Address of the pages that people open; links begin with it [default: the address listened on].
    #[arg(long, env = "PERKOON_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Origin of this server, where another host has the pages [default: that of the public URL].
    #[arg(long, env = "PERKOON_SERVER_URL", value_name = "URL")]
    pub server_url: Option<String>,

    /// Origin of other pages that may use this server. May be repeated, or a list with commas.
    #[arg(long, env = "PERKOON_ALLOWED_ORIGIN", value_name = "URL", value_delimiter = ',')]
    pub allowed_origin: Vec<String>,

    /// Folder of static files to serve in place of the built-in ones.
    #[arg(long, env = "PERKOON_ASSETS", value_name = "FOLDER")]
    pub assets: Option<PathBuf>,

    /// File with the secret behind sender keys, made when missing. Without one, keys die with the process.
    #[arg(long, env = "PERKOON_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The secret itself, at least 32 characters. Best left to the environment: other users can see arguments.
    #[arg(long, env = "PERKOON_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<Hidden>,

    /// Seconds a session lives when its maker does not say.
    #[arg(long, env = "PERKOON_SESSION_TTL", value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub session_ttl: u64,

    #[command(flatten)]
    pub operations: Operations,

    #[command(flatten)]
    pub store: Store,

    #[command(flatten)]
    pub tls: Tls,

    #[command(flatten)]
    pub proxies: Proxies,

    #[command(flatten)]
    pub ice: Ice,

    #[command(flatten)]
    pub limits: Limits,
}

/// Read in place of `PERKOON_LOG` where only this is set, as by most programs in Rust.
pub(crate) const LOG_VARIABLE: &str = "RUST_LOG";

/// What an operator sees of a running server, and how it ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "Logs, metrics, the end")]
pub(crate) struct Operations {
    /// What goes to the log (stderr): off, error, warn, info, debug or trace, or a list with commas such as info,perkoon_server::serve=debug.
    #[arg(long, env = "PERKOON_LOG", value_name = "LEVEL", default_value = "info")]
    pub log: LogFilter,

    /// How lines of the log are written.
    #[arg(long, env = "PERKOON_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Who may read /metrics at the address that everybody uses.
    #[arg(long, env = "PERKOON_METRICS", value_name = "WHO", value_enum, default_value_t)]
    pub metrics: Metrics,

    /// An address of its own for /metrics, /readyz and /healthz, over plain HTTP, for whoever can reach it.
    #[arg(long, env = "PERKOON_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,

    /// Seconds to go on after SIGTERM while /readyz says no, for a load balancer to look elsewhere before everybody is told to.
    #[arg(long, env = "PERKOON_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain_seconds: u64,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Metrics {
    /// Programs on this machine, asking directly.
    #[default]
    Local,
    /// Everybody.
    All,
    /// Nobody.
    Off,
}

/// Where sessions are kept.
#[derive(Args, Debug)]
#[command(next_help_heading = "More than one machine (needs --secret-file or --secret, the same on all of them)")]
pub(crate) struct Store {
    /// Where sessions are kept: `memory`, or the address of a Redis that several servers share.
    #[arg(long, env = "PERKOON_STORE", value_name = "memory|URL", default_value = "memory", hide_env_values = true)]
    #[arg(
        help = "Where sessions are kept: memory, or a Redis that several servers share: redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], \
        rediss:// with TLS, redis+unix:///PATH. Best left to the environment when it holds a password: other users can see arguments"
    )]
    pub store: Hidden,

    /// What the names of everything in Redis begin with.
    #[arg(long, env = "PERKOON_STORE_PREFIX", value_name = "TEXT", default_value = "perkoon:")]
    pub store_prefix: String,
}

/// A certificate and its key: both or neither.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS (without it: plain HTTP, for a proxy in front or for trying)")]
pub(crate) struct Tls {
    /// File with the certificate in PEM form, followed by those of the authorities between it and a root.
    #[arg(long, env = "PERKOON_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// File with the certificate's private key in PEM form, without a password.
    #[arg(long, env = "PERKOON_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

/// Whose word on client addresses is taken.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reverse proxies")]
pub(crate) struct Proxies {
    /// Reverse proxies in front: take client addresses from the header below, this many from its right end. 0: from the connection.
    #[arg(long, env = "PERKOON_TRUSTED_PROXIES", value_name = "NUMBER", default_value_t = 0)]
    pub trusted_proxies: usize,

    /// Header that the proxies add to.
    #[arg(long, env = "PERKOON_FORWARDED_HEADER", value_name = "NAME", value_enum, default_value_t)]
    pub forwarded_header: ForwardedHeader,
}

/// What proxies add client addresses to.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ForwardedHeader {
    /// X-Forwarded-For, which most proxies write.
    #[default]
    XForwardedFor,
    /// Forwarded, as RFC 7239 has it.
    Forwarded,
}

/// STUN and TURN servers. A list is given by several flags, or in one with commas in between.
#[derive(Args, Debug)]
#[command(next_help_heading = "Ways through NATs and firewalls (none by default)")]
pub(crate) struct Ice {
    /// STUN server that tells pages their public address: stun:HOST or stun:HOST:PORT. May be repeated, or a list with commas.
    #[arg(long, env = "PERKOON_STUN", value_name = "URL", value_delimiter = ',')]
    pub stun: Vec<String>,

    /// TURN server that relays where nothing else works: turn:HOST, turn:HOST:PORT or turns:…, with ?transport=udp or tcp. May be repeated.
    #[arg(long, env = "PERKOON_TURN", value_name = "URL", value_delimiter = ',')]
    pub turn: Vec<String>,

    /// File with the secret that the TURN servers have too (coturn: static-auth-secret). Participants get credentials made with it.
    #[arg(long, env = "PERKOON_TURN_SECRET_FILE", value_name = "FILE")]
    pub turn_secret_file: Option<PathBuf>,

    /// That secret itself, at least 32 characters. Best left to the environment: other users can see arguments.
    #[arg(long, env = "PERKOON_TURN_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub turn_secret: Option<Hidden>,

    /// Seconds that TURN credentials are good for [default: 86400, or until the session ends where that is later].
    #[arg(long, env = "PERKOON_TURN_TTL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub turn_ttl: Option<u64>,
}

/// A server's own defaults.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits (0: none, where a client address is limited)")]
pub(crate) struct Limits {
    /// New sessions for one client address in 60 seconds.
    #[arg(long, env = "PERKOON_LIMIT_CREATES", value_name = "NUMBER", default_value_t = RequestLimits::default().creates)]
    pub limit_creates: usize,

    /// Joins for one client address in 60 seconds.
    #[arg(long, env = "PERKOON_LIMIT_JOINS", value_name = "NUMBER", default_value_t = RequestLimits::default().joins)]
    pub limit_joins: usize,

    /// Status checks for one client address in 60 seconds.
    #[arg(long, env = "PERKOON_LIMIT_STATUS", value_name = "NUMBER", default_value_t = RequestLimits::default().statuses)]
    pub limit_status: usize,

    /// Signalling sockets of one client address.
    #[arg(long, env = "PERKOON_LIMIT_SOCKETS", value_name = "NUMBER", default_value_t = Capacity::default().sockets_per_address)]
    pub limit_sockets: usize,

    /// Connections from one client address, unless proxies are in front.
    #[arg(long, env = "PERKOON_LIMIT_CONNECTIONS", value_name = "NUMBER", default_value_t = Capacity::default().connections_per_address)]
    pub limit_connections: usize,

    /// Connections in all.
    #[arg(long, env = "PERKOON_MAX_CONNECTIONS", value_name = "NUMBER", default_value_t = Capacity::default().connections)]
    pub max_connections: usize,

    /// Signalling sockets in all.
    #[arg(long, env = "PERKOON_MAX_SOCKETS", value_name = "NUMBER", default_value_t = Capacity::default().sockets)]
    pub max_sockets: usize,

    /// Sessions in all.
    #[arg(long, env = "PERKOON_MAX_SESSIONS", value_name = "NUMBER", default_value_t = Capacity::default().rooms)]
    pub max_sessions: usize,

    /// Mebibytes of messages that may wait for slow readers, in all sockets together.
    #[arg(long, env = "PERKOON_MAX_WAITING", value_name = "MEBIBYTES", default_value_t = MAX_WAITING_MEBIBYTES)]
    pub max_waiting: u32,
}

/// [`Capacity::queued_bytes`] as it is by default.
const MAX_WAITING_MEBIBYTES: u32 = 128;

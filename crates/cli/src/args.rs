//! The command line as typed. Every flag and its environment variable is declared here and nowhere else.

use std::{convert::Infallible, fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Files from one device to another, straight through the browser.
#[derive(Debug, Parser)]
#[command(name = "perkoon", version, about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: pages, sessions and signalling. It never sees a file.
    Serve(Box<Serve>),
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "PERKOON_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Origin that people open: scheme, host and port [default: the address listened on].
    #[arg(long, env = "PERKOON_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Origin of other pages that may open this server's sockets. May be repeated, or a list with commas.
    #[arg(long, env = "PERKOON_ALLOWED_ORIGIN", value_name = "URL", value_delimiter = ',')]
    pub allowed_origin: Vec<String>,

    /// Folder of static files to serve in place of the built-in ones.
    #[arg(long, env = "PERKOON_ASSETS", value_name = "FOLDER")]
    pub assets: Option<PathBuf>,

    /// File with the secret behind sender keys, made when missing. Without one, keys die with the process.
    #[arg(long, env = "PERKOON_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The secret itself, at least 32 characters. Best left to the environment: other users can see arguments.
    #[arg(long, env = "PERKOON_SECRET", value_name = "TEXT", hide_env_values = true, conflicts_with = "secret_file")]
    pub secret: Option<Hidden>,

    /// Seconds a session lives when its maker does not say.
    #[arg(long, env = "PERKOON_SESSION_TTL", value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub session_ttl: u64,

    /// What goes to the log (stderr): off, error, warn, info, debug or trace.
    #[arg(long, env = "PERKOON_LOG", value_name = "LEVEL", default_value = "info")]
    pub log: tracing::level_filters::LevelFilter,

    #[command(flatten)]
    pub tls: Tls,

    #[command(flatten)]
    pub proxies: Proxies,

    #[command(flatten)]
    pub ice: Ice,

    #[command(flatten)]
    pub limits: Limits,
}

/// Text that is shown to nobody, whatever is printed.
#[derive(Clone)]
pub(crate) struct Hidden(pub String);

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A certificate and its key: both or neither.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS (without it: plain HTTP, for a proxy in front or for trying)")]
pub(crate) struct Tls {
    /// File with the certificate in PEM form, followed by those of the authorities between it and a root.
    #[arg(long, env = "PERKOON_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// File with the certificate's private key in PEM form, without a password.
    #[arg(long, env = "PERKOON_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
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
    #[arg(long, env = "PERKOON_TURN_SECRET", value_name = "TEXT", hide_env_values = true, conflicts_with = "turn_secret_file")]
    pub turn_secret: Option<Hidden>,

    /// Seconds that TURN credentials are good for [default: 86400, or until the session ends where that is later].
    #[arg(long, env = "PERKOON_TURN_TTL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub turn_ttl: Option<u64>,
}

/// What is left out keeps the server's own default.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits (0: none, where a client address is limited)")]
pub(crate) struct Limits {
    /// New sessions for one client address in 60 seconds [default: 10].
    #[arg(long, env = "PERKOON_LIMIT_CREATES", value_name = "NUMBER")]
    pub limit_creates: Option<usize>,

    /// Joins for one client address in 60 seconds [default: 30].
    #[arg(long, env = "PERKOON_LIMIT_JOINS", value_name = "NUMBER")]
    pub limit_joins: Option<usize>,

    /// Status checks for one client address in 60 seconds [default: 20].
    #[arg(long, env = "PERKOON_LIMIT_STATUS", value_name = "NUMBER")]
    pub limit_status: Option<usize>,

    /// Signalling sockets of one client address [default: 256].
    #[arg(long, env = "PERKOON_LIMIT_SOCKETS", value_name = "NUMBER")]
    pub limit_sockets: Option<usize>,

    /// Connections from one client address, unless proxies are in front [default: 256].
    #[arg(long, env = "PERKOON_LIMIT_CONNECTIONS", value_name = "NUMBER")]
    pub limit_connections: Option<usize>,

    /// Connections in all [default: 12000].
    #[arg(long, env = "PERKOON_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<usize>,

    /// Signalling sockets in all [default: 10000].
    #[arg(long, env = "PERKOON_MAX_SOCKETS", value_name = "NUMBER")]
    pub max_sockets: Option<usize>,

    /// Sessions in all [default: 200000].
    #[arg(long, env = "PERKOON_MAX_SESSIONS", value_name = "NUMBER")]
    pub max_sessions: Option<usize>,

    /// Mebibytes of messages that may wait for slow readers, in all sockets together [default: 128].
    #[arg(long, env = "PERKOON_MAX_WAITING", value_name = "MEBIBYTES", value_parser = clap::value_parser!(u32))]
    pub max_waiting: Option<u32>,
}

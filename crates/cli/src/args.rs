//! The command line as typed. Every flag and its environment variable is declared here and nowhere else.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

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

    /// Folder of static files to serve in place of the built-in ones.
    #[arg(long, env = "PERKOON_ASSETS", value_name = "FOLDER")]
    pub assets: Option<PathBuf>,

    /// File with the secret behind sender keys, made when missing. Without one, keys die with the process.
    #[arg(long, env = "PERKOON_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The secret itself, at least 32 characters. Best left to the environment: other users can see arguments.
    #[arg(long, env = "PERKOON_SECRET", value_name = "TEXT", hide_env_values = true, conflicts_with = "secret_file")]
    pub secret: Option<String>,

    /// Seconds a session lives when its maker does not say.
    #[arg(long, env = "PERKOON_SESSION_TTL", value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub session_ttl: u64,

    /// Reverse proxies in front: take client addresses from X-Forwarded-For, this many from its right end.
    #[arg(long, env = "PERKOON_TRUSTED_PROXIES", value_name = "NUMBER", default_value_t = 0)]
    pub trusted_proxies: usize,

    /// What goes to the log (stderr): off, error, warn, info, debug or trace.
    #[arg(long, env = "PERKOON_LOG", value_name = "LEVEL", default_value = "info")]
    pub log: tracing::level_filters::LevelFilter,

    #[command(flatten)]
    pub limits: Limits,
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

    /// Connections from one client address [default: 256].
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
}

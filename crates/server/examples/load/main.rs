//! The load and abuse bench: how much memory idle sessions take, how much one core does, and how long people wait while others attack.
//!
//! `cargo xtask bench load` builds and runs it. The server is a process of its own, `target/release/perkoon` or what `PERKOON_BINARY`
//! names; it and the load share one machine and its loopback network, where the clients have addresses of their own.

mod abuse;
mod hostile;
mod http;
mod idle;
mod place;
mod printer;
mod rates;
mod raw;
mod server;
mod session;
mod statistics;
mod visits;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use serde_json::json;

use crate::hostile::Attack;

/// What to measure with.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Options {
    /// Idle sessions, each with its sender's socket.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Seconds for which they stay idle.
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,
    /// Seconds for which sessions are made, joined, and used for signals on one core.
    #[arg(long, default_value_t = 5)]
    rate_seconds: u64,
    /// Hostile sockets.
    #[arg(long, default_value_t = 1000)]
    hostile: usize,
    /// What they do; everything when left out.
    #[arg(long, value_enum)]
    attack: Vec<Attack>,
    /// Sessions that connect without them, and as many with them, in each round.
    #[arg(long, default_value_t = 50)]
    visits: usize,
    /// Rounds of the two.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where the figures go.
    #[arg(long, default_value = "bench/output/load.json")]
    output: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            printer::failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether everything stayed within its bounds.
fn run(options: &Options) -> Result<bool> {
    place::provide_descriptors(options.sessions.max(options.hostile));
    let idle = idle::measure(options.sessions, options.idle_seconds)?;
    let rates = rates::measure(Duration::from_secs(options.rate_seconds))?;
    let kinds = if options.attack.is_empty() { Attack::value_variants() } else { &options.attack };
    let abuse = abuse::measure(kinds, options.hostile, options.visits, options.rounds)?;
    let figures = json!({ "idle": idle.to_json(), "rates": rates.to_json(), "abuse": abuse.to_json() });
    if let Some(folder) = options.output.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&options.output, format!("{figures:#}\n"))?;
    Ok(idle.is_within_bounds() && abuse.is_within_bounds())
}

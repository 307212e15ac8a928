//! `cargo xtask bench`: side-by-side measurements in real browsers, and the server under load.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::command::{cargo, command, find, succeed};
use crate::netns::PrivateNetwork;
use crate::{browsers, build, printer, tools, workspace};

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// The measurement.
    #[arg(value_enum, default_value = "throughput")]
    what: Measurement,
    /// Options of the measurement itself, after `--`.
    #[arg(last = true, value_name = "OPTION")]
    more: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Measurement {
    /// Perkoon's transfer against the raw data channel.
    Throughput,
    /// What the browsers' memory grows by.
    Memory,
    /// The command's transfers, with another command and with a page, beside the raw data channel and magic-wormhole.
    Native,
    /// What idle sessions take of the server's memory, and how long people wait while others attack it.
    Load,
}

/// Builds everything and measures.
pub fn run(options: &Options) -> Result<()> {
    build::install()?;
    build::build()?;
    match options.what {
        Measurement::Throughput => in_browsers("bench/throughput.mjs", &options.more),
        Measurement::Memory => in_browsers("bench/memory.mjs", &options.more),
        Measurement::Native => in_browsers("bench/native.mjs", &options.more),
        Measurement::Load => load(&options.more),
    }
}

fn in_browsers(script: &str, more: &[String]) -> Result<()> {
    tools::install_npm_packages("bench")?;
    browsers::install_for_benchmarks()?;
    let mut measurement = command(find("node").context("Node.js is missing")?);
    measurement.arg(script).args(more);
    measurement.env("PERKOON_BINARY", workspace::perkoon()).env("PERKOON_CHROMIUM", browsers::chromium()?);
    match PrivateNetwork::find() {
        Some(network) => succeed(&mut network.enter(&measurement)),
        None => {
            printer::line("No private network can be made here: measuring on the machine's own.");
            succeed(&mut measurement)
        }
    }
}

/// No browser takes part: thousands of them would not fit.
fn load(more: &[String]) -> Result<()> {
    let mut load = cargo(&["run", "--release", "--locked", "--package", "perkoon-server", "--example", "load", "--"]);
    succeed(load.args(more).env("PERKOON_BINARY", workspace::perkoon()))
}

//! `cargo xtask bench`: side-by-side measurements in real browsers.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::command::{command, find, succeed};
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
}

/// Builds everything and measures.
pub fn run(options: &Options) -> Result<()> {
    build::install()?;
    build::build()?;
    tools::install_npm_packages("bench")?;
    browsers::install_for_benchmarks()?;
    let script = match options.what {
        Measurement::Throughput => "bench/throughput.mjs",
        Measurement::Memory => "bench/memory.mjs",
    };
    let mut measurement = command(find("node").context("Node.js is missing")?);
    measurement.arg(script).args(&options.more);
    measurement.env("PERKOON_BINARY", workspace::perkoon()).env("PERKOON_CHROMIUM", browsers::chromium()?);
    match PrivateNetwork::find() {
        Some(network) => succeed(&mut network.enter(&measurement)),
        None => {
            printer::line("No private network can be made here: measuring on the machine's own.");
            succeed(&mut measurement)
        }
    }
}

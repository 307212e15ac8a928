//! `cargo xtask build`: the static files in `dist/`, and `perkoon`, one program that embeds them.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::command::{cargo, command, find, succeed};
use crate::{budget, compress, printer, tools, workspace};

/// Installs what is missing and builds everything.
pub fn run() -> Result<()> {
    timed("Install what the build needs", tools::install_for_build)?;
    build_all()
}

/// Builds everything with the tools that are there.
pub fn build_all() -> Result<()> {
    timed("Build the page", build_page)?;
    timed("Compress the page", compress_page)?;
    timed("Build the server", build_server)
}

/// Announces a step, runs it and says how long it took.
pub fn timed(title: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    printer::step(title);
    let started = Instant::now();
    step()?;
    printer::done(title, started.elapsed());
    Ok(())
}

fn build_page() -> Result<()> {
    let trunk = find("trunk").context("trunk is missing")?;
    // Every tool is installed by now: trunk must not fetch others of its own choice.
    succeed(command(trunk).args(["build", "--release", "--offline", "true"]))
}

fn compress_page() -> Result<()> {
    let dist = workspace::path("dist");
    // A static host shows this page, the same application, at unknown addresses.
    std::fs::copy(dist.join("index.html"), dist.join("404.html")).context("cannot copy dist/index.html")?;
    budget::check(&compress::compress_tree(&dist)?)
}

fn build_server() -> Result<()> {
    succeed(&mut cargo(&["build", "--release", "--locked", "--package", "perkoon-cli", "--features", "embed"]))
}

//! `cargo xtask build`: the static files in `dist/`, and `perkoon`, one program that embeds them.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::command::{cargo, command, find, succeed};
use crate::compress::Asset;
use crate::{budget, compress, integrity, printer, text_pages, tools, workspace};

/// Installs what is missing, builds everything and weighs the first load.
pub fn run() -> Result<()> {
    install()?;
    build_and_weigh()
}

/// Installs what is missing.
pub fn install() -> Result<()> {
    timed("Install what the build needs", tools::install_for_build)
}

/// Builds everything and fails when the first load is over its budget.
pub fn build_and_weigh() -> Result<()> {
    let assets = build()?;
    // Last, so that a page that grew too heavy can still be run and looked into.
    timed("Weigh the first load", || budget::check(&assets))
}

/// Builds everything; answers with the static files.
pub fn build() -> Result<Vec<Asset>> {
    timed("Build the page", build_page)?;
    let assets = timed("Compress the page", compress_page)?;
    timed("Build the server", build_server)?;
    Ok(assets)
}

/// Announces a step, runs it and says how long it took.
pub fn timed<T>(title: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    printer::step(title);
    let started = Instant::now();
    let result = step()?;
    printer::done(title, started.elapsed());
    Ok(result)
}

fn build_page() -> Result<()> {
    let trunk = find("trunk").context("trunk is missing")?;
    // Every tool is installed by now: trunk must not fetch others of its own choice.
    succeed(command(trunk).args(["build", "--release", "--offline", "true"]))?;
    let node = find("node").context("node is missing: install Node.js 20 or newer")?;
    succeed(command(&node).args(["web/shrink.mjs", "dist"]))?;
    succeed(command(node).args(["web/bundle_scripts.mjs", "dist"]))
}

fn compress_page() -> Result<Vec<Asset>> {
    let dist = workspace::path("dist");
    text_pages::write(&dist)?;
    integrity::seal(&dist)?;
    // A static host shows this page, the same application, at unknown addresses.
    std::fs::copy(dist.join("index.html"), dist.join("404.html")).context("cannot copy dist/index.html")?;
    compress::compress_tree(&dist)
}

fn build_server() -> Result<()> {
    succeed(&mut cargo(&["build", "--release", "--locked", "--package", "perkoon-cli", "--features", "embed"]))
}

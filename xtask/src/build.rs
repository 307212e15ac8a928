//! `cargo xtask build`: the static files in `dist/`, and `perkoon`, one program that embeds them.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::command::{cargo, command, find, succeed};
use crate::compress::Asset;
use crate::times::Times;
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
    let times = Times::of(&workspace::path("dist"))?;
    timed("Build the page", build_page)?;
    let assets = timed("Compress the page", compress_page)?;
    times.restore()?;
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
    let mut build = command(trunk);
    build.args(["build", "--release", "--offline", "true"]).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", short_paths());
    succeed(&mut build)?;
    let node = find("node").context("node is missing: install Node.js 20 or newer")?;
    let scripts = ["web/shrink.mjs", "web/mend_zip.mjs", "web/bundle_scripts.mjs"];
    scripts.into_iter().try_for_each(|script| succeed(command(&node).args([script, "dist"])))
}

/// Flags, besides those of `.cargo/config.toml`, that leave out where this machine keeps the crates' sources: the page names many of their
/// files, for when something panics, and must not weigh more for whoever has a long home directory.
fn short_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sources = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let folders = sources.into_iter().flatten().filter_map(|entry| entry.ok()?.path().into_os_string().into_string().ok());
    // The variable is split at spaces.
    let flags = folders.filter(|folder| !folder.contains(' ')).map(|folder| format!("--remap-path-prefix={folder}="));
    flags.collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use crate::command::{cargo, output_of};

    #[test]
    fn the_page_does_without_what_only_the_server_needs() {
        let target = ["--target", "wasm32-unknown-unknown", "--package", "perkoon-web", "--edges", "normal", "--prefix", "none"];
        let tree = output_of(cargo(&["tree", "--locked", "--offline"]).args(target)).expect("a tree of packages");
        assert!(tree.contains("perkoon-protocol"), "{tree}");
        assert!(!tree.contains("utoipa"), "{tree}");
    }
}

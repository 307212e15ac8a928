//! The Chromium and its driver that browser tests run in: the system's own, installed where that is possible.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{command, find, output_of, succeed};

const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// The browser, and the program that drives it.
pub struct Chromium {
    /// The browser.
    pub browser: PathBuf,
    /// `chromedriver`, of the same version.
    pub driver: PathBuf,
}

/// Installs what browser tests need and the machine lacks.
pub fn install() -> Result<()> {
    let mut missing = Vec::new();
    if browser().is_none() {
        missing.extend(["chromium", "fonts-liberation"]);
    }
    if find("chromedriver").is_none() {
        missing.push("chromium-driver");
    }
    if cfg!(target_os = "linux") && find("ip").is_none() {
        missing.push("iproute2");
    }
    if missing.is_empty() { Ok(()) } else { install_packages(&missing) }
}

/// What [`install`] found or installed.
pub fn found() -> Result<Chromium> {
    let browser = browser().context("no Chromium was found")?;
    let driver = find("chromedriver").context("no chromedriver was found")?;
    Ok(Chromium { browser, driver })
}

fn browser() -> Option<PathBuf> {
    let chosen = std::env::var_os("PERKOON_CHROMIUM").map(PathBuf::from);
    chosen.or_else(|| BROWSERS.iter().find_map(|name| find(name)))
}

fn install_packages(packages: &[&str]) -> Result<()> {
    let root = output_of(command("id").arg("-u")).as_deref() == Some("0");
    if !root || find("apt-get").is_none() {
        bail!("the tests need these packages, please install them: {} (or set PERKOON_CHROMIUM)", packages.join(" "));
    }
    succeed(command("apt-get").args(["update", "--quiet"]))?;
    let mut install = command("apt-get");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
    succeed(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

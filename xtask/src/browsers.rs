//! What tests and benchmarks run in and against: browsers, Chromium's driver, a display for them, a TURN server, a Redis, and Python. They are
//! the system's own, installed where that is possible.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::command::{command, find, output_of, succeed};
use crate::python;

const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const FIREFOX: &[&str] = &["firefox-esr", "firefox"];

/// With this variable set, installing a package starts no service (systemd, `ENVIRONMENT.md`).
const OFFLINE: &str = "SYSTEMD_OFFLINE";

/// Installs what the tests need and the machine lacks.
pub fn install_for_tests() -> Result<()> {
    let mut missing = missing_for_chromium();
    if firefox().is_err() {
        missing.push("firefox-esr");
    }
    // It makes the TURN server's certificate.
    if find("openssl").is_none() {
        missing.push("openssl");
    }
    // The display of browsers whose tabs are hidden as people's are.
    if find("Xvfb").is_none() {
        missing.push("xvfb");
    }
    let redis = find("redis-server").is_none();
    if redis {
        missing.push("redis-server");
    }
    let coturn = find("turnserver").is_none() || find("turnutils_uclient").is_none();
    if coturn {
        missing.push("coturn");
    }
    missing.extend(python::missing());
    install(&missing)?;
    let services = [(coturn, "coturn.service"), (redis, "redis-server.service")];
    services.into_iter().filter(|(installed, _)| *installed).try_for_each(|(_, service)| keep_from_running(service))
}

/// The package has its service run from the next start of the system on. The tests start their own.
fn keep_from_running(service: &str) -> Result<()> {
    match find("systemctl") {
        Some(systemctl) => succeed(command(systemctl).args(["disable", service]).env(OFFLINE, "1")),
        None => Ok(()),
    }
}

/// Installs what the benchmarks need and the machine lacks.
pub fn install_for_benchmarks() -> Result<()> {
    install(&missing_for_chromium())
}

/// Chromium: the one `PERKOON_CHROMIUM` names, or one on the search path.
pub fn chromium() -> Result<PathBuf> {
    chosen("PERKOON_CHROMIUM", CHROMIUM).context("no Chromium was found")
}

/// Chromium's driver, of the same version.
pub fn chromedriver() -> Result<PathBuf> {
    find("chromedriver").context("no chromedriver was found")
}

/// Firefox: the one `PERKOON_FIREFOX` names, or one on the search path.
pub fn firefox() -> Result<PathBuf> {
    chosen("PERKOON_FIREFOX", FIREFOX).context("no Firefox was found")
}

fn chosen(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let chosen = std::env::var_os(variable).map(PathBuf::from);
    chosen.or_else(|| names.iter().find_map(|name| find(name)))
}

fn missing_for_chromium() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if chromium().is_err() {
        missing.extend(["chromium", "fonts-liberation"]);
    }
    if chromedriver().is_err() {
        missing.push("chromium-driver");
    }
    if cfg!(target_os = "linux") && find("ip").is_none() {
        missing.push("iproute2");
    }
    missing
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let root = output_of(command("id").arg("-u")).as_deref() == Some("0");
    if !root || find("apt-get").is_none() {
        bail!(
            "these packages are needed, please install them: {} (browsers that are not on PATH are named in PERKOON_CHROMIUM and \
             PERKOON_FIREFOX; coturn and Redis need not run as services)",
            packages.join(" ")
        );
    }
    succeed(command("apt-get").args(["update", "--quiet"]))?;
    let mut install = command("apt-get");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
    succeed(install.env("DEBIAN_FRONTEND", "noninteractive").env(OFFLINE, "1"))
}

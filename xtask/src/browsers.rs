//! What tests and benchmarks run in and against: browsers, Chromium's driver, a display for them, servers of several kinds, and Python. They are
//! the system's own, installed where that is possible.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, find, output_of, succeed};
use crate::python;

const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const FIREFOX: &[&str] = &["firefox-esr", "firefox"];

/// Servers that the tests start by themselves: a program, its package, and the service that the package brings.
const SERVERS: [(&str, &str, &str); 4] = [
    ("turnserver", "coturn", "coturn.service"),
    ("redis-server", "redis-server", "redis-server.service"),
    ("nginx", "nginx-light", "nginx.service"),
    ("caddy", "caddy", "caddy.service"),
];

/// With this variable set, systemd changes what starts with the system, and starts or stops nothing (`ENVIRONMENT.md`).
const OFFLINE: &str = "SYSTEMD_OFFLINE";

/// What a package asks before it starts its service (Debian policy, section 9.11): exit code 101 is a no.
const STARTING_POLICY: &str = "/usr/sbin/policy-rc.d";

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
    let servers: Vec<_> = SERVERS.into_iter().filter(|(program, ..)| find(program).is_none()).collect();
    missing.extend(servers.iter().map(|(_, package, _)| *package));
    missing.extend(python::missing());
    install(&missing)?;
    servers.iter().try_for_each(|(.., service)| keep_from_running(service))
}

/// A package has its service run from the next start of the system on. The tests start their own.
fn keep_from_running(service: &str) -> Result<()> {
    match find("systemctl") {
        Some(systemctl) => succeed(command(systemctl).args(["disable", service]).env(OFFLINE, "1")),
        None => Ok(()),
    }
}

/// While this lives, installing a package starts no service, with systemd or without.
struct NothingStarts {
    /// The policy, where the system had none.
    made: Option<&'static Path>,
}

impl NothingStarts {
    fn begin() -> Result<Self> {
        let policy = Path::new(STARTING_POLICY);
        if policy.exists() {
            return Ok(Self { made: None });
        }
        fs::write(policy, "#!/bin/sh\nexit 101\n").with_context(|| format!("cannot write {STARTING_POLICY}"))?;
        let guard = Self { made: Some(policy) };
        succeed(command("chmod").args(["755", STARTING_POLICY]))?;
        Ok(guard)
    }
}

impl Drop for NothingStarts {
    fn drop(&mut self) {
        if let Some(policy) = self.made {
            // It was written a moment ago by the same user.
            let _ = fs::remove_file(policy);
        }
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
             PERKOON_FIREFOX; none of the servers need run as a service)",
            packages.join(" ")
        );
    }
    succeed(command("apt-get").args(["update", "--quiet"]))?;
    let _nothing_starts = NothingStarts::begin()?;
    let mut install = command("apt-get");
    install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
    succeed(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

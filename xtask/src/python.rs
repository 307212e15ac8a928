//! The Python programs that the end-to-end suite runs against the server: the official A2A clients and schemathesis. Each set has a virtual
//! environment of its own, for the two clients are versions of one package.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::command::{command, find, output_of, succeed, tools_directory};
use crate::workspace;

/// An environment's name, and the file in `e2e/interop` that pins all of its packages.
const ENVIRONMENTS: [(&str, &str); 2] = [("current", "requirements.txt"), ("a2a-0.3", "requirements-a2a-0.3.txt")];

/// The packages of Debian that are missing.
pub fn missing() -> Vec<&'static str> {
    let complete = find("python3").and_then(|python| output_of(command(python).args(["-c", "import ensurepip, venv"])));
    if complete.is_some() { Vec::new() } else { vec!["python3", "python3-venv"] }
}

/// Where the environments are.
pub fn environments() -> PathBuf {
    tools_directory().join("python")
}

/// Makes the environments, unless they are there already.
pub fn install_for_tests() -> Result<()> {
    ENVIRONMENTS.into_iter().try_for_each(|(name, requirements)| install(name, requirements))
}

fn install(name: &str, requirements: &str) -> Result<()> {
    let requirements = workspace::path("e2e/interop").join(requirements);
    let environment = environments().join(name);
    // A copy of the requirements beside the packages says what they were installed from.
    let mark = environment.join("installed-from.txt");
    let wanted = fs::read(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let python = find("python3").context("python3 is missing: install Python 3.10 or newer")?;
    succeed(command(python).args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut install = command(environment.join("bin/python"));
    // All that is needed is in the file: nothing else comes along.
    install
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
        .arg(&requirements);
    succeed(&mut install)?;
    fs::write(mark, wanted)?;
    Ok(())
}

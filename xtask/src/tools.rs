//! The tools a build needs: a fitting one on `PATH` is used, others are installed at pinned versions.

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, command, find, output_of, succeed, tools_directory};
use crate::{printer, workspace};

const TRUNK: &str = "0.21.14";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Installs whatever a build needs and is missing.
pub fn install_for_build() -> Result<()> {
    install_wasm_target()?;
    install_npm_packages("web")?;
    install_trunk()?;
    install_wasm_bindgen()
}

/// Installs the packages that `directory/package-lock.json` pins, unless they are there already.
pub fn install_npm_packages(directory: &str) -> Result<()> {
    let lock = workspace::path(directory).join("package-lock.json");
    let modules = workspace::path(directory).join("node_modules");
    // A copy of the lock beside the packages says what they were installed from.
    let mark = modules.join(".installed-from.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = find("npm").context("npm is missing: install Node.js 20 or newer")?;
    // Chromium comes from the system, never from Playwright's own download.
    let mut install = command(npm);
    install.args(["ci", "--no-audit", "--no-fund", "--prefix", directory]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    succeed(&mut install)?;
    std::fs::write(mark, wanted)?;
    Ok(())
}

fn install_wasm_target() -> Result<()> {
    let libraries = output_of(command("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]));
    if libraries.is_some_and(|directory| std::path::Path::new(&directory).is_dir()) {
        return Ok(());
    }
    succeed(command("rustup").args(["target", "add", WASM_TARGET]))
        .with_context(|| format!("Rust cannot build for {WASM_TARGET}"))
}

fn install_trunk() -> Result<()> {
    // Trunk's own lock is what its authors tested.
    install_cargo_tool("trunk", "trunk", TRUNK, &["--locked"])
}

fn install_wasm_bindgen() -> Result<()> {
    // The program and the library in Cargo.lock must be of one version, to the last digit.
    let version = workspace::locked_version("wasm-bindgen")?;
    install_cargo_tool("wasm-bindgen", "wasm-bindgen-cli", &version, &[])?;
    ensure!(find("wasm-bindgen-test-runner").is_some(), "wasm-bindgen-cli came without wasm-bindgen-test-runner");
    Ok(())
}

fn install_cargo_tool(program: &str, package: &str, version: &str, extra: &[&str]) -> Result<()> {
    if has_version(program, version) {
        return Ok(());
    }
    printer::line(&format!("{program} {version} is not installed yet: compiling it takes a few minutes, once."));
    let mut install = cargo(&["install", package, "--version", version, "--force", "--root"]);
    // The compiler's work is kept apart from the workspace's own, and from a CARGO_TARGET_DIR of the caller's.
    install.arg(tools_directory()).args(extra).env("CARGO_TARGET_DIR", tools_directory().join("build"));
    succeed(&mut install)?;
    ensure!(has_version(program, version), "{program} {version} was installed but does not answer");
    Ok(())
}

/// Whether the program that would be run answers with this version.
fn has_version(program: &str, version: &str) -> bool {
    let answer = find(program).and_then(|path| output_of(command(path).arg("--version")));
    answer.is_some_and(|answer| names_version(&answer, version))
}

fn names_version(answer: &str, version: &str) -> bool {
    answer.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_version_fits() {
        assert!(names_version("trunk 0.21.14", "0.21.14"));
        assert!(!names_version("trunk 0.21.14-alpha.1", "0.21.14"));
        assert!(!names_version("wasm-bindgen 0.2.1300", "0.2.130"));
    }
}

//! Running other programs, from the repository's root and with the project's own tools first on `PATH`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{printer, workspace};

/// Where tools are installed that are not on `PATH` already.
pub fn tools_directory() -> PathBuf {
    workspace::target().join("tools")
}

/// A command that runs in the repository's root.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).env("PATH", search_path());
    // What the cargo that runs this program says of its package would make every inner cargo rebuild what looks at its own.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// A `cargo` command.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn search_path() -> std::ffi::OsString {
    let own = [tools_directory().join("bin"), workspace::path("web/node_modules/.bin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().filter(|directory| directory.is_dir()).chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).unwrap_or(inherited)
}

/// Shows the command and runs it to its end; an error unless it succeeds.
pub fn succeed(command: &mut Command) -> Result<()> {
    printer::line(&format!("$ {}", shown(command)));
    let status = command.status().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Shows the command, runs it and shows each line of its output, handing it to `each` too; whether it succeeded.
///
/// Standard error is shown as it comes, without passing through `each`.
pub fn run_reading(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    printer::line(&format!("$ {}", shown(command)));
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let mut output = BufReader::new(child.stdout.take().expect("piped above"));
    let mut bytes = Vec::new();
    while output.by_ref().read_until(b'\n', &mut bytes)? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        printer::line(line.trim_end());
        each(line.trim_end());
        bytes.clear();
    }
    Ok(child.wait()?.success())
}

/// What the command prints, without showing it; `None` when it cannot be started or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The program's place on the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path()).map(|directory| directory.join(program)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| shortened(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// Scripts handed to a shell are named, not shown.
fn shortened(word: &str) -> String {
    if word.contains('\n') { "<script>".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo sets them for this test as it does for the program.
    #[test]
    fn an_inner_command_is_not_told_of_this_package() {
        assert!(std::env::var_os("CARGO_PKG_VERSION_MAJOR").is_some(), "cargo runs the tests");
        let environment = output_of(&mut command("env")).expect("env runs");
        assert!(environment.contains("PATH="), "env prints what it is given");
        let told = |line: &&str| line.starts_with("CARGO_PKG_") || line.starts_with("CARGO_MANIFEST_");
        assert_eq!(environment.lines().filter(told).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

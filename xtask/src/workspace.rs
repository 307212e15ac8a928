//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

/// `path` below the root.
pub fn path(path: &str) -> PathBuf {
    root().join(path)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), |directory| root().join(directory))
}

/// The release binary.
pub fn perkoon() -> PathBuf {
    target().join("release").join(format!("perkoon{}", std::env::consts::EXE_SUFFIX))
}

/// The version of `package` in `Cargo.lock`.
pub fn locked_version(package: &str) -> anyhow::Result<String> {
    let lock = std::fs::read_to_string(path("Cargo.lock"))?;
    version_in_lock(&lock, package).ok_or_else(|| anyhow::anyhow!("Cargo.lock has no {package}"))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    Some(lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.9\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.9"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}

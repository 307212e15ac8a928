//! Secrets, given as they are or in files.

use std::path::Path;

use anyhow::{Context, anyhow};
use perkoon_server::Secret;

use super::Purpose;
use crate::{
    args::Hidden,
    exit::{Exit, Failure, OrExit},
};

/// None is one that is made when it is needed.
pub(super) fn secret(text: Option<&Hidden>, file: Option<&Path>, purpose: Purpose) -> Result<Option<Secret>, Failure> {
    match (text, file) {
        (Some(_), Some(_)) => either_or("--secret", "--secret-file"),
        (Some(Hidden(text)), None) => Secret::from_text(text).map(Some).context("--secret").or_exit(Exit::BadArguments),
        (None, Some(path)) if purpose == Purpose::Check && can_be_made(path) => Ok(None),
        (None, Some(path)) => {
            let secret = if purpose == Purpose::Check { Secret::load(path) } else { Secret::load_or_create(path) };
            secret.map(Some).context("--secret-file").or_exit(Exit::NoSuchFile)
        }
        (None, None) => Ok(None),
    }
}

/// Whether a file is missing in a folder that is there.
fn can_be_made(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    !path.exists() && folder.is_dir()
}

fn either_or<T>(one: &str, other: &str) -> Result<T, Failure> {
    Err(anyhow!(
        "{one} and {other} are both set, on the command line, in the environment or in the settings file: one of them has to go"
    ))
    .or_exit(Exit::BadArguments)
}

pub(super) fn turn_secret(text: Option<&Hidden>, file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let how = "the TURN secret cannot be used: make one with `openssl rand -hex 32`, and give the TURN server the same";
    match (text, file) {
        (Some(_), Some(_)) => either_or("--turn-secret", "--turn-secret-file"),
        (Some(Hidden(text)), None) => Secret::from_text(text).map(Some).context(how).or_exit(Exit::BadArguments),
        (None, Some(path)) => Secret::load(path).map(Some).context(how).or_exit(Exit::NoSuchFile),
        (None, None) => Ok(None),
    }
}

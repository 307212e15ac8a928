//! Where settings come from: flags, then the environment, then a file, then what is built in.
//!
//! The command line's own table (`args.rs`) is the only one there is. A file's values become the defaults of its options, after each has
//! been read as that option is; so a setting means the same wherever it stands.

mod file;
mod shown;

use std::{env, ffi::OsString};

use clap::{Command, CommandFactory, FromArgMatches};

pub(crate) use self::shown::Shown;
use crate::{
    args::{Arguments, LOG_VARIABLE},
    exit::Failure,
};

/// The command that has settings.
const SERVE: &str = "serve";

/// Options of that command which are no settings.
const NO_SETTINGS: [&str; 3] = ["config", "check", "help"];

/// Why there are no arguments.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The command line says so, or is not well-formed.
    CommandLine(clap::Error),
    /// The settings' file cannot be used.
    File(Failure),
}

impl From<clap::Error> for Unreadable {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

/// What was asked for, and the settings it is to be done with.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub arguments: Arguments,
    /// What is in force, for people to read; of `perkoon serve` only.
    pub shown: Vec<Shown>,
}

/// Reads the command line, the environment, and the file that either of them names.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Parsed, Unreadable> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut command = command();
    let mut matches = command.clone().try_get_matches_from(&words)?;
    let mut in_file = Vec::new();
    if let Some(path) = Arguments::from_arg_matches(&matches)?.settings_file() {
        let values = file::read(path, serve(&command)).map_err(Unreadable::File)?;
        in_file = values.iter().map(|value| value.id.clone()).collect();
        command = values.into_iter().fold(command, with_default);
        matches = command.clone().try_get_matches_from(&words)?;
    }
    let shown = matches.subcommand_matches(SERVE).map(|matches| shown::all(serve(&command), matches, &in_file));
    Ok(Parsed { arguments: Arguments::from_arg_matches(&matches)?, shown: shown.unwrap_or_default() })
}

/// The whole table, with the log's second variable where the first is not set.
fn command() -> Command {
    Arguments::command().mut_subcommand(SERVE, |serve| {
        serve.mut_arg("log", |log| {
            let unset = log.get_env().is_some_and(|name| env::var_os(name).is_none());
            if unset && env::var_os(LOG_VARIABLE).is_some() { log.env(LOG_VARIABLE) } else { log }
        })
    })
}

fn serve(command: &Command) -> &Command {
    command.find_subcommand(SERVE).expect("the table has it")
}

fn with_default(command: Command, file::Value { id, texts }: file::Value) -> Command {
    command.mut_subcommand(SERVE, |serve| serve.mut_arg(id, |arg| arg.default_values(texts)))
}

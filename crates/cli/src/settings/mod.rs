//! Where settings come from: flags, then the environment, then a file, then what is built in.
//!
//! The command line's own table (`args/`) is the only one there is. A file's values become the defaults of its options, after each has
//! been read as that option is; so a setting means the same wherever it stands.

mod file;
mod shown;

use std::{env, ffi::OsString};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, error::ErrorKind, parser::ValueSource};

pub(crate) use self::shown::Shown;
use crate::{
    args::{Arguments, LOG_VARIABLE},
    exit::Failure,
};

/// The command that has settings.
const SERVE: &str = "serve";

/// Commands that transfer. For these a variable that is set and empty is not set.
const TRANSFERS: [&str; 2] = ["send", "receive"];

/// The command that transfers for agents: for it neither.
const MCP: &str = "mcp";

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
    one_password(&mut command, &matches)?;
    let shown = matches.subcommand_matches(SERVE).map(|matches| shown::all(serve(&command), matches, &in_file));
    Ok(Parsed { arguments: Arguments::from_arg_matches(&matches)?, shown: shown.unwrap_or_default() })
}

/// The whole table, with the log's second variable where the first is not set.
fn command() -> Command {
    let command = Arguments::command();
    let command = TRANSFERS
        .into_iter()
        .chain([MCP])
        .fold(command, |command, name| command.mut_subcommand(name, |transfer| transfer.mut_args(without_empty_variable)));
    command.mut_subcommand(SERVE, |serve| {
        serve.mut_arg("log", |log| {
            let unset = log.get_env().is_some_and(|name| env::var_os(name).is_none());
            if unset && env::var_os(LOG_VARIABLE).is_some() { log.env(LOG_VARIABLE) } else { log }
        })
    })
}

fn without_empty_variable(arg: Arg) -> Arg {
    let empty = arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
    if empty { arg.env(None::<&str>) } else { arg }
}

/// A password has one place on a command line, which comes before the environment's.
fn one_password(command: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let typed = |matches: &ArgMatches, id| matches.value_source(id) == Some(ValueSource::CommandLine);
    match matches.subcommand() {
        Some((name, matches)) if TRANSFERS.contains(&name) && typed(matches, "password") && typed(matches, "password_stdin") => {
            command.build();
            let transfer = command.find_subcommand_mut(name).expect("it was just found");
            Err(transfer
                .error(ErrorKind::ArgumentConflict, "--password and --password-stdin do not go together: one of them has to go"))
        }
        _ => Ok(()),
    }
}

fn serve(command: &Command) -> &Command {
    command.find_subcommand(SERVE).expect("the table has it")
}

fn with_default(command: Command, file::Value { id, texts }: file::Value) -> Command {
    command.mut_subcommand(SERVE, |serve| serve.mut_arg(id, |arg| arg.default_values(texts)))
}

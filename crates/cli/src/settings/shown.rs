//! Settings as `perkoon serve --check` shows them: what is in force, and where it comes from. Secrets are not shown.

use std::fmt;

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};

use super::NO_SETTINGS;

/// Stands for a store in which there is nothing to hide.
const NO_SECRET: &str = "memory";

/// One line: `name = value  # from where`, which is how a file would have it.
#[derive(Debug)]
pub(crate) struct Shown {
    name: String,
    /// None where nothing is set and nothing is built in.
    value: Option<String>,
    from: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}  # {}", self.name, self.from),
            None => write!(f, "# {} is not set", self.name),
        }
    }
}

/// Every setting; `in_file` names those that the file has.
pub(super) fn all(command: &Command, matches: &ArgMatches, in_file: &[String]) -> Vec<Shown> {
    let settings = command.get_arguments().filter(|arg| !NO_SETTINGS.contains(&arg.get_id().as_str()));
    settings.map(|arg| shown(arg, matches, in_file)).collect()
}

fn shown(arg: &Arg, matches: &ArgMatches, in_file: &[String]) -> Shown {
    let id = arg.get_id().as_str();
    let texts = matches.get_raw(id).map(|texts| texts.map(|text| text.to_string_lossy().into_owned()).collect::<Vec<_>>());
    let hidden = |texts: &[String]| arg.is_hide_env_values_set() && texts != [NO_SECRET];
    let value = texts.map(|texts| if hidden(&texts) { "\"…\"".to_owned() } else { written(&texts, arg) });
    Shown { name: id.to_owned(), value, from: from(arg, matches.value_source(id), in_file) }
}

fn written(texts: &[String], arg: &Arg) -> String {
    match (arg.get_action(), texts) {
        (ArgAction::Append, texts) => format!("{texts:?}"),
        (_, [number]) if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() => number.clone(),
        (_, texts) => format!("{:?}", texts.concat()),
    }
}

fn from(arg: &Arg, source: Option<ValueSource>, in_file: &[String]) -> String {
    match source {
        Some(ValueSource::CommandLine) => format!("--{}", arg.get_long().unwrap_or_default()),
        Some(ValueSource::EnvVariable) => arg.get_env().unwrap_or_default().to_string_lossy().into_owned(),
        _ if in_file.iter().any(|id| arg.get_id() == id.as_str()) => "file".to_owned(),
        _ => "built in".to_owned(),
    }
}

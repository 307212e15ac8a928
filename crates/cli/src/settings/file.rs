//! The file: TOML without tables, each setting once, under the name that its option has.

use std::{error::Error, fs, path::Path};

use anyhow::{Context, anyhow, bail};
use clap::{
    Arg, ArgAction, Command,
    error::{ContextKind, ContextValue},
};

use super::NO_SETTINGS;
use crate::exit::{Exit, Failure, OrExit};

/// A setting in the file.
#[derive(Debug)]
pub(super) struct Value {
    /// The option's.
    pub id: String,
    /// As it would be typed; several only where an option may be repeated.
    pub texts: Vec<String>,
}

/// All settings of a file, each of which its option would take.
pub(super) fn read(path: &Path, command: &Command) -> Result<Vec<Value>, Failure> {
    let named = || format!("the settings in {}", path.display());
    let text = fs::read_to_string(path).with_context(named).or_exit(Exit::NoSuchFile)?;
    let table = parsed(&text).with_context(named).or_exit(Exit::BadArguments)?;
    let values = table.iter().map(|(key, value)| checked(key, value, command));
    values.collect::<anyhow::Result<_>>().with_context(named).or_exit(Exit::BadArguments)
}

/// The parser's own message may quote the line, which may hold a secret: it is not passed on.
fn parsed(text: &str) -> anyhow::Result<toml::Table> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(before).filter(|byte| *byte == b'\n').count();
        anyhow!("line {line} is not TOML, such as public_url = \"https://perkoon.example\": {}", error.message())
    })
}

fn checked(key: &str, value: &toml::Value, command: &Command) -> anyhow::Result<Value> {
    let settings = || command.get_arguments().filter(|arg| !NO_SETTINGS.contains(&arg.get_id().as_str()));
    let Some(arg) = settings().find(|arg| arg.get_id() == key) else {
        let nearest =
            settings().map(|arg| arg.get_id().as_str()).max_by(|one, other| likeness(key, one).total_cmp(&likeness(key, other)));
        bail!("there is no setting {key}; the nearest is {}", nearest.unwrap_or_default());
    };
    let texts = texts(value, arg).with_context(|| key.to_owned())?;
    for text in &texts {
        taken(arg, text).with_context(|| key.to_owned())?;
    }
    Ok(Value { id: key.to_owned(), texts })
}

/// Between 0 and 1; a dash is as good as what stands for it.
fn likeness(key: &str, known: &str) -> f64 {
    strsim::jaro_winkler(&key.to_lowercase().replace('-', "_"), known)
}

fn texts(value: &toml::Value, arg: &Arg) -> anyhow::Result<Vec<String>> {
    let many = matches!(arg.get_action(), ArgAction::Append);
    match value {
        toml::Value::String(text) => Ok(vec![text.clone()]),
        toml::Value::Integer(number) => Ok(vec![number.to_string()]),
        toml::Value::Array(values) if many => {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().context("a list has to hold texts in quotes")
        }
        _ if many => bail!("it takes a text in quotes, or a list of them"),
        toml::Value::Table(_) => bail!("it is a setting and no table"),
        _ => bail!("it takes a text in quotes, or a whole number"),
    }
}

/// Reads the text as the option does.
fn taken(arg: &Arg, text: &str) -> anyhow::Result<()> {
    let long = arg.get_long().expect("every setting has a long option");
    let alone = Command::new("setting").no_binary_name(true).arg(arg.clone().env(None::<&str>));
    alone.try_get_matches_from([format!("--{long}={text}")]).map(drop).map_err(|error| anyhow!(in_words(&error)))
}

/// What is wrong with a value, without what concerns command lines.
fn in_words(error: &clap::Error) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(reason), _) => format!("{value:?} cannot be used: {reason}"),
        (None, Some(ContextValue::Strings(valid))) => format!("{value:?} is none of {}", valid.join(", ")),
        (None, _) => format!("{value:?} cannot be used"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{command, serve};

    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("perkoon.toml");
        fs::write(&path, text).expect("written");
        let failure = read(&path, serve(&command())).expect_err("unusable");
        assert_eq!(failure.exit, Exit::BadArguments);
        format!("{:#}", failure.error)
    }

    #[test]
    fn a_name_that_is_none_is_told_with_the_nearest() {
        for (text, names) in [
            ("publicurl = \"https://perkoon.example\"", ["publicurl", "public_url"]),
            ("limit-creates = 3", ["limit-creates", "limit_creates"]),
            ("drain_secs = 3", ["drain_secs", "drain_seconds"]),
            ("[tls]\ncert = \"x\"", ["tls", "tls_"]),
            ("config = \"other.toml\"", ["no setting config", "nearest"]),
        ] {
            let said = said(text);
            assert!(names.iter().all(|name| said.contains(name)), "{said}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_told_with_the_reason() {
        for (text, words) in [
            ("listen = \"nonsense\"", "listen: \"nonsense\" cannot be used: invalid socket address"),
            ("listen = [\"127.0.0.1:1\"]", "a text in quotes"),
            ("session_ttl = 0", "session_ttl: \"0\" cannot be used: 0 is not in 1..=604800"),
            ("session_ttl = 1.5", "a whole number"),
            ("log_format = \"xml\"", "\"xml\" is none of text, json"),
            ("turn = [1]", "a list has to hold texts"),
            ("turn = 1.5", "or a list of them"),
            ("secret = true", "secret: it takes a text"),
        ] {
            let said = said(text);
            assert!(said.contains(words) && said.contains("perkoon.toml"), "{said}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_by_its_line_and_not_quoted() {
        let said = said("listen = \"127.0.0.1:0\"\nsecret = a private secret\n");
        assert!(said.contains("line 2") && !said.contains("private"), "{said}");
    }

    #[test]
    fn a_file_that_is_not_there_is_missing() {
        let failure = read(Path::new("/no/such/file"), serve(&command())).expect_err("missing");
        assert_eq!(failure.exit, Exit::NoSuchFile);
        assert!(format!("{:#}", failure.error).contains("/no/such/file"));
    }
}

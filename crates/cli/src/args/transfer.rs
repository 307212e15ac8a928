//! What `perkoon send` and `perkoon receive` are told.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::Args;

use super::Hidden;

/// In place of a file or a folder: standard input or output.
pub(crate) const STANDARD_STREAM: &str = "-";

/// Set to anything, it asks for output without colours (<https://no-color.org>).
pub(crate) const NO_COLOR_VARIABLE: &str = "NO_COLOR";

/// `perkoon send`.
#[derive(Args, Debug)]
pub(crate) struct SendArguments {
    /// Files and folders; - is what comes in on standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// What the receiver sees standard input called [default: stdin].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Send in a session that was made elsewhere: its code or link. Goes with --sender-key.
    #[arg(long, value_name = "CODE|LINK")]
    pub session: Option<String>,

    /// The key that shows that the sender's place in that session is yours.
    #[arg(long, value_name = "KEY")]
    pub sender_key: Option<Hidden>,

    /// Put a random secret into the link: only who has the whole link receives, and no server can be in between.
    #[arg(long)]
    pub secure_link: bool,

    #[command(flatten)]
    pub common: Common,
}

/// `perkoon receive`.
#[derive(Args, Debug)]
pub(crate) struct ReceiveArguments {
    /// The sender's link, or the code in it, in any case, with spaces and dashes or without.
    #[arg(value_name = "CODE|LINK", required = true)]
    pub target: Vec<String>,

    /// Folder for the files, made when missing; - writes one file's bytes to standard output, and says everything else on stderr.
    #[arg(long, value_name = "FOLDER", default_value = "./received")]
    pub output: PathBuf,

    /// Replace files that are already there.
    #[arg(long)]
    pub overwrite: bool,

    #[command(flatten)]
    pub common: Common,
}

/// What both are told.
#[derive(Args, Debug)]
pub(crate) struct Common {
    /// Password that both ends prove to each other. Best left to the environment: other users can see arguments.
    #[arg(long, env = "PERKOON_PASSWORD", value_name = "PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    pub password: Option<Hidden>,

    /// Read the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,

    /// Seconds to wait for the other side.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub timeout: u64,

    /// Address of the Perkoon server; a link brings its own.
    #[arg(long, env = "PERKOON_URL", value_name = "URL", default_value = "http://127.0.0.1:8787")]
    pub server: String,

    /// Say what happens as JSON, one object a line, on standard output.
    #[arg(long)]
    pub json: bool,

    /// Say nothing but errors; a sender still prints its link.
    #[arg(long)]
    pub quiet: bool,
}

impl Common {
    /// How long to wait for the other side.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

impl ReceiveArguments {
    /// Whether the bytes go to standard output.
    pub(crate) fn is_streamed(&self) -> bool {
        self.output.as_os_str() == STANDARD_STREAM
    }
}

/// Whether a command line that cannot be understood asks for events, and if so, whether standard output is left for them.
pub(crate) fn wants_events(words: &[OsString]) -> Option<bool> {
    let options = || words.iter().take_while(|word| *word != "--");
    let streamed = options().any(|word| word == "--output=-")
        || options().zip(options().skip(1)).any(|(option, value)| option == "--output" && value == STANDARD_STREAM);
    options().any(|word| word == "--json").then_some(!streamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_that_is_not_understood_may_still_ask_for_events() {
        for (typed, wanted) in [
            ("perkoon send --no-such-flag", None),
            ("perkoon send --json --no-such-flag", Some(true)),
            ("perkoon receive --json --output - --no-such-flag", Some(false)),
            ("perkoon receive --output=- --json --no-such-flag", Some(false)),
            ("perkoon send --no-such-flag -- --json", None),
        ] {
            let words: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(wants_events(&words), wanted, "{typed}");
        }
    }
}

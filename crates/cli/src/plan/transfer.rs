//! A transfer, checked.

use std::{
    fs,
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use perkoon_native::{Seat, Server};
use perkoon_peer::{Failure, protection, secret::Secret};
use perkoon_protocol::{ErrorCode, SessionCode};
use unicode_normalization::UnicodeNormalization;

use super::link::{self, Link};
use crate::args::{Common, Hidden, ReceiveArguments, STANDARD_STREAM, SendArguments};

/// Bytes of a line with a password, at most: any password that can be used fits.
const PASSWORD_LINE: u64 = 16 << 10;

/// What standard input is called when nobody says.
const STDIN_NAME: &str = "stdin";

/// A send that can begin.
pub(crate) struct SendPlan {
    pub server: Server,
    pub input: Input,
    pub seat: Option<Seat>,
    pub secret: Option<Secret>,
    pub patience: Duration,
}

/// What is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Files and folders, all of which are there.
    Files(Vec<PathBuf>),
    /// Standard input, under a name.
    Stdin(String),
}

/// A receive that can begin.
pub(crate) struct ReceivePlan {
    pub server: Server,
    pub code: SessionCode,
    pub secret: Option<Secret>,
    pub output: Output,
    pub patience: Duration,
}

/// Where received files go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Into a folder, by its absolute path.
    Folder { path: PathBuf, overwrite: bool },
    /// To standard output.
    Stdout,
}

impl SendPlan {
    /// The plan; `stdin` is read only where it has a password.
    pub(crate) fn new(arguments: SendArguments, stdin: &mut dyn BufRead) -> Result<Self, Failure> {
        let SendArguments { files, name, session, sender_key, secure_link, common } = arguments;
        let input = input(files, name)?;
        let link = session.as_deref().map(link::parse).transpose()?;
        let server = server(link.as_ref(), &common)?;
        let patience = common.patience();
        let from_stdin = common.password_stdin;
        if from_stdin && matches!(input, Input::Stdin(_)) {
            return Err(bad("Standard input cannot be both the file and the password. Give the password in PERKOON_PASSWORD."));
        }
        let seat = seat(link, sender_key)?;
        readable(&input)?;
        let secret = match (password(common, stdin)?, secure_link) {
            (None, true) => Some(random_secret()),
            (Some(_), true) => return Err(bad("A password and --secure-link do not go together. Take one of them.")),
            (password, false) => password,
        };
        Ok(Self { server, input, seat, secret, patience })
    }
}

impl ReceivePlan {
    /// The plan; `stdin` is read only where it has a password.
    pub(crate) fn new(arguments: ReceiveArguments, stdin: &mut dyn BufRead) -> Result<Self, Failure> {
        let link = link::parse(&arguments.target.join(" "))?;
        let server = server(Some(&link), &arguments.common)?;
        let output = output(&arguments)?;
        let patience = arguments.common.patience();
        let secret = match (link.secret, password(arguments.common, stdin)?) {
            // The environment may have a password for other sessions.
            (Some(secret), _) => Some(secret),
            (None, password) => password,
        };
        Ok(Self { server, code: link.code, secret, output, patience })
    }
}

/// Arguments that make no sense, and what to do about it.
fn bad(message: impl Into<String>) -> Failure {
    Failure { code: ErrorCode::InvalidRequest, message: message.into(), retryable: false }
}

fn input(files: Vec<PathBuf>, name: Option<String>) -> Result<Input, Failure> {
    let streams = files.iter().filter(|file| file.as_os_str() == STANDARD_STREAM).count();
    match (files.len(), streams, name) {
        (0, _, _) => Err(bad("Nothing to send was named. Name files or folders, as in perkoon send report.pdf.")),
        (1, 1, Some(name)) if !is_plain(&name) => Err(bad("--name takes a name without folders. Give one such as photos.tar.")),
        (1, 1, name) => Ok(Input::Stdin(name.unwrap_or_else(|| STDIN_NAME.to_owned()))),
        (_, 0, None) => Ok(Input::Files(files)),
        (_, 0, Some(_)) => Err(bad("--name is for standard input. Leave it out, or send -.")),
        _ => Err(bad("Standard input (-) can only be sent alone. Send the other files in a session of their own.")),
    }
}

fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|plain| plain == name)
}

/// A file that is missing now will be missing later: it is told before anybody waits.
fn readable(input: &Input) -> Result<(), Failure> {
    let Input::Files(files) = input else { return Ok(()) };
    files.iter().try_for_each(|file| match fs::metadata(file) {
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(file, &error)),
    })
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by you".to_owned(),
        _ => format!("cannot be read ({error})"),
    };
    let message = format!("{} {reason}. Check the path and send again.", file.display());
    Failure { code: ErrorCode::FileUnreadable, message, retryable: false }
}

fn seat(link: Option<Link>, sender_key: Option<Hidden>) -> Result<Option<Seat>, Failure> {
    let key = sender_key.map(|Hidden(key)| key.trim().to_owned()).filter(|key| !key.is_empty());
    match (link, key) {
        (None, None) => Ok(None),
        (Some(Link { code, sender_key, .. }), key) => match key.or(sender_key) {
            Some(sender_key) => Ok(Some(Seat { code, sender_key })),
            None => Err(bad(
                "--session needs the key to the sender's place. Give it with --sender-key, as whoever made the session was told it.",
            )),
        },
        (None, Some(_)) => Err(bad("--sender-key belongs to a session made elsewhere. Give its code with --session.")),
    }
}

fn server(link: Option<&Link>, common: &Common) -> Result<Server, Failure> {
    let origin = link.and_then(|link| link.server.as_deref()).unwrap_or(&common.server);
    Server::new(origin)
}

fn output(arguments: &ReceiveArguments) -> Result<Output, Failure> {
    if arguments.is_streamed() {
        return Ok(Output::Stdout);
    }
    let typed = arguments.output.as_path();
    let path =
        std::path::absolute(typed).map_err(|_| bad("--output was given nothing. Name a folder, or - for standard output."))?;
    let there = path.ancestors().find_map(|above| fs::metadata(above).ok().map(|metadata| (above, metadata)));
    match there {
        Some((file, metadata)) if !metadata.is_dir() => Err(Failure {
            code: ErrorCode::TargetExists,
            message: format!("{} is a file, so nothing can be put into it. Name another folder with --output.", file.display()),
            retryable: false,
        }),
        _ => Ok(Output::Folder { path, overwrite: arguments.overwrite }),
    }
}

/// A secret that nobody has thought up.
fn random_secret() -> Secret {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    Secret::of_bytes(bytes)
}

fn password(common: Common, stdin: &mut dyn BufRead) -> Result<Option<Secret>, Failure> {
    let text = match (common.password_stdin, common.password) {
        (true, _) => first_line(stdin)?,
        (false, Some(Hidden(text))) => text,
        (false, None) => return Ok(None),
    };
    typed_password(&text).map(Some)
}

/// A password that was typed, in the form that both ends write it, however a keyboard does.
pub(crate) fn typed_password(text: &str) -> Result<Secret, Failure> {
    match Secret::typed(text.nfc().collect()) {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(bad("The password is empty. Give one, or leave it out to go without.")),
        Err(_) => Err(protection::too_long()),
    }
}

fn first_line(stdin: &mut dyn BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    let read = stdin.take(PASSWORD_LINE).read_line(&mut line);
    read.map_err(|error| {
        bad(format!("The password cannot be read from standard input ({error}). Give it in PERKOON_PASSWORD."))
    })?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests;

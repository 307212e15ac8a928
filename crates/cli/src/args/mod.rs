//! The command line as typed. Every flag and its environment variable is declared here and nowhere else.

mod mcp;
mod serve;
mod transfer;

use std::{convert::Infallible, fmt, path::Path, str::FromStr};

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use perkoon_peer::Failure;
use perkoon_protocol::ErrorCode;

pub(crate) use self::{
    mcp::McpArguments,
    serve::{ForwardedHeader, Ice, LOG_VARIABLE, Limits, LogFormat, Metrics, Operations, Serve, Store, Tls},
    transfer::{Common, NO_COLOR_VARIABLE, ReceiveArguments, STANDARD_STREAM, SendArguments, wants_events},
};

/// Files from one device to another, straight through the browser or this command, and past every server.
#[derive(Debug, Parser)]
#[command(name = "perkoon", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The file in which more settings stand.
    pub(crate) fn settings_file(&self) -> Option<&Path> {
        match &self.command {
            Command::Serve(serve) => serve.config.as_deref(),
            _ => None,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send files and folders to whoever opens the link, in a browser or with perkoon receive.
    #[command(after_help = SEND_EXAMPLES)]
    Send(Box<SendArguments>),
    /// Receive what a link or a code stands for.
    #[command(after_help = RECEIVE_EXAMPLES)]
    Receive(Box<ReceiveArguments>),
    /// Let agents on this machine send and receive files: an MCP server on standard input and output.
    #[command(
        after_help = "Example, in the settings of an MCP host:\n  {\"mcpServers\":{\"perkoon\":{\"command\":\"perkoon\",\"args\":[\"mcp\"]}}}"
    )]
    Mcp(McpArguments),
    /// Run the server: pages, sessions and signalling. It never sees a file.
    #[command(after_help = "Example:\n  perkoon serve --listen 127.0.0.1:8787")]
    Serve(Box<Serve>),
    /// Print what makes a shell complete these commands.
    #[command(after_help = "Example:\n  perkoon completions bash > ~/.local/share/bash-completion/completions/perkoon")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual pages of all commands.
    #[command(after_help = "Example:\n  perkoon man > perkoon.1 && man ./perkoon.1")]
    Man,
}

const SEND_EXAMPLES: &str = "\
Examples:
  perkoon send report.pdf photos/
  tar cf - photos | perkoon send - --name photos.tar
  perkoon send report.pdf --json --timeout 1800

Ends with 0 once the receiver has everything, 1 bad arguments, 2 file not found, 3 network or session, 4 wrong password or sender key,
5 nobody came in time, 130 Ctrl-C.";

const RECEIVE_EXAMPLES: &str = "\
Examples:
  perkoon receive K7MX4QPR9W2N
  perkoon receive https://perkoon.example/K7MX4QPR9W2N --output downloads --overwrite
  perkoon receive K7MX4QPR9W2N --output - | tar xf -

What a broken receive leaves behind is found by the next one of the same files into the same folder, which goes on where it ended.

Ends with 0 once everything is there, 1 bad arguments, 2 the files cannot be put there, 3 network or session, 4 wrong password,
5 nobody came in time, 130 Ctrl-C.";

/// What is wrong with a command line, in one line.
pub(crate) fn complaint(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let first: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let what = first.join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what).trim_end_matches('.');
    let message = format!("Bad arguments: {what}. Run perkoon --help to see how it is used.");
    Failure { code: ErrorCode::InvalidRequest, message, retryable: false }
}

/// Text that is shown to nobody, whatever is printed.
#[derive(Clone)]
pub(crate) struct Hidden(pub String);

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

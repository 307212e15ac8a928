//! The `perkoon` command.

mod args;
mod descriptors;
mod exit;
mod log;
mod mcp;
mod pages;
mod plan;
mod printer;
mod report;
mod serve;
mod settings;
mod signals;
mod transfer;
mod words;

use std::{env, ffi::OsString, io, process::ExitCode};

use anyhow::Context;
use clap::CommandFactory;

use crate::{
    args::{Arguments, Command},
    exit::{Exit, Failure, OrExit},
    plan::{Purpose, ServePlan},
    settings::{Parsed, Unreadable},
};

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    match settings::parse(words.clone()) {
        Ok(parsed) => run(parsed),
        Err(Unreadable::CommandLine(error)) => not_understood(&error, &words),
        Err(Unreadable::File(failure)) => failed(&[failure]),
    }
}

fn run(Parsed { arguments, shown }: Parsed) -> ExitCode {
    let outcome = match arguments.command {
        Command::Send(send) => return transfer::send(*send),
        Command::Receive(receive) => return transfer::receive(*receive),
        Command::Mcp(arguments) => return mcp::run(arguments),
        Command::Serve(serve) if serve.check => serve::check(*serve, &shown),
        Command::Serve(serve) => {
            ServePlan::new(*serve, Purpose::Serve).and_then(|plan| serve::run(plan).map_err(|failure| vec![failure]))
        }
        Command::Completions { shell } => print(Ok(pages::completions(shell, Arguments::command()))),
        Command::Man => print(pages::manual(Arguments::command())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failures) => failed(&failures),
    }
}

fn print(document: io::Result<Vec<u8>>) -> Result<(), Vec<Failure>> {
    let printed = document.and_then(|document| printer::document(&document));
    printed.context("standard output").or_exit(Exit::NoSuchFile).map_err(|failure| vec![failure])
}

/// Help was asked for, or makes up for a command line that is none.
fn not_understood(error: &clap::Error, words: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        printer::usage(error);
        return ExitCode::SUCCESS;
    }
    match args::wants_events(words) {
        Some(to_stdout) => report::not_understood(&args::complaint(error), to_stdout),
        None => printer::usage(error),
    }
    Exit::BadArguments.into()
}

fn failed(failures: &[Failure]) -> ExitCode {
    failures.iter().for_each(printer::failure);
    failures.first().map_or(ExitCode::FAILURE, |failure| failure.exit.into())
}

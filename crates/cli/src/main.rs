//! The `perkoon` command.

mod args;
mod descriptors;
mod exit;
mod log;
mod plan;
mod printer;
mod serve;
mod settings;

use std::{env, process::ExitCode};

use crate::{
    args::Command,
    exit::{Exit, Failure},
    plan::{Purpose, ServePlan},
    settings::{Parsed, Unreadable},
};

fn main() -> ExitCode {
    let parsed = match settings::parse(env::args_os()) {
        Ok(parsed) => parsed,
        Err(Unreadable::CommandLine(error)) => {
            printer::usage(&error);
            return if error.use_stderr() { Exit::BadArguments.into() } else { ExitCode::SUCCESS };
        }
        Err(Unreadable::File(failure)) => return failed(&[failure]),
    };
    match run(parsed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failures) => failed(&failures),
    }
}

fn run(Parsed { arguments, shown }: Parsed) -> Result<(), Vec<Failure>> {
    match arguments.command {
        Command::Serve(serve) if serve.check => serve::check(*serve, &shown),
        Command::Serve(serve) => serve::run(ServePlan::new(*serve, Purpose::Serve)?).map_err(|failure| vec![failure]),
    }
}

fn failed(failures: &[Failure]) -> ExitCode {
    failures.iter().for_each(printer::failure);
    failures.first().map_or(ExitCode::FAILURE, |failure| failure.exit.into())
}

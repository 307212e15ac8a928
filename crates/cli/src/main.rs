//! The `perkoon` command.

mod args;
mod descriptors;
mod exit;
mod plan;
mod printer;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Arguments, Command},
    exit::{Exit, Failure},
    plan::ServePlan,
};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            printer::usage(&error);
            return if error.use_stderr() { Exit::BadArguments.into() } else { ExitCode::SUCCESS };
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            printer::failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Serve(serve) => serve::run(ServePlan::new(*serve)?),
    }
}

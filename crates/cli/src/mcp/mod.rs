//! `perkoon mcp`: the Model Context Protocol on standard input and output, for agents that run on this machine. Its tools send and receive
//! files as `perkoon send` and `perkoon receive` do.
//!
//! Standard output is the protocol's own. The end of standard input, and the signals that end a program, cancel what is under way.

mod answers;
mod arguments;
mod following;
mod input;
mod job;
mod places;
mod state;
mod tools;
mod transfers;
mod words;

use std::process::ExitCode;

use perkoon_native::Server;
use rmcp::{
    ServiceExt,
    service::{RunningService, ServerInitializeError},
    transport::io::stdio,
};
use tokio::runtime::Builder;

use self::{input::Input, places::Places, tools::Tools, transfers::Transfers};
use crate::{
    args::McpArguments,
    exit::{Cause, Exit},
    printer,
    signals::Stop,
};

/// Answers requests until there can be no more.
pub(crate) fn run(arguments: McpArguments) -> ExitCode {
    let served = Server::new(&arguments.server).map_err(|failure| (Exit::of(failure.code, Cause::ThisEnd), failure.message));
    match served.and_then(|_| serve(arguments.server)) {
        Ok(()) => ExitCode::SUCCESS,
        Err((exit, message)) => {
            printer::transfer_failure(&message);
            exit.into()
        }
    }
}

fn serve(server: String) -> Result<(), (Exit, String)> {
    let started = Stop::watch().and_then(|stop| Ok((stop, Builder::new_current_thread().enable_all().build()?)));
    let (stop, runtime) = started.map_err(|error| (Exit::Network, words::out_of_resources(&error).message))?;
    let served = runtime.block_on(until_over(server, stop));
    // A thread still waits for standard input, if that has not ended.
    runtime.shutdown_background();
    served
}

async fn until_over(server: String, stop: Stop) -> Result<(), (Exit, String)> {
    let transfers = Transfers::default();
    let tools = Tools::new(server, Places::of_this_process(), transfers.clone());
    let (stdin, stdout) = stdio();
    let serving = async {
        let service = tools.serve((Input::new(stdin, transfers.clone()), stdout)).await;
        waited(service).await
    };
    let served = tokio::select! {
        served = serving => served,
        () = stop.asked() => Ok(()),
    };
    transfers.end().await;
    served
}

/// Waits for the end of a service. One that was never asked anything has nothing to complain about.
async fn waited(service: Result<RunningService<rmcp::RoleServer, Tools>, ServerInitializeError>) -> Result<(), (Exit, String)> {
    match service {
        Ok(service) => {
            // Why it has ended is of no concern to anybody: whoever has asked is gone.
            let _ = service.waiting().await;
            Ok(())
        }
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(_) => Err((Exit::BadArguments, words::NO_HOST.to_owned())),
    }
}

//! `perkoon send` and `perkoon receive`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use perkoon_native::{Destination, Done, OfferedFile, Receiving, Sending, Source, Told};
use perkoon_peer::{Failure, secret::Secret};
use perkoon_protocol::{ErrorCode, Role};
use tokio::{runtime::Builder, sync::mpsc};

use crate::{
    args::{ReceiveArguments, SendArguments},
    plan::{Input, Output, ReceivePlan, SendPlan},
    report::Report,
    signals::Stop,
};

/// Sends, and says how it went.
pub(crate) fn send(arguments: SendArguments) -> ExitCode {
    let mut report = Report::new(Role::Sender, &arguments.common, false);
    let plan = SendPlan::new(arguments, &mut io::stdin().lock());
    run(&mut report, plan, sending)
}

/// Receives, and says how it went.
pub(crate) fn receive(arguments: ReceiveArguments) -> ExitCode {
    let mut report = Report::new(Role::Receiver, &arguments.common, arguments.is_streamed());
    let plan = ReceivePlan::new(arguments, &mut io::stdin().lock());
    run(&mut report, plan, receiving)
}

fn run<P>(
    report: &mut Report,
    plan: Result<P, Failure>,
    transfer: impl AsyncFnOnce(P, &mut Report, Stop) -> Result<Done, Failure>,
) -> ExitCode {
    let (outcome, interrupted) = match plan {
        Ok(plan) => carried_out(report, plan, transfer),
        Err(failure) => (Err(failure), false),
    };
    match outcome {
        Ok(done) => {
            report.done(&done);
            ExitCode::SUCCESS
        }
        Err(failure) => report.failed(failure, interrupted).into(),
    }
}

/// What came of it, and whether the program was asked to end meanwhile.
fn carried_out<P>(
    report: &mut Report,
    plan: P,
    transfer: impl AsyncFnOnce(P, &mut Report, Stop) -> Result<Done, Failure>,
) -> (Result<Done, Failure>, bool) {
    let started = Stop::watch().and_then(|stop| Ok((stop, Builder::new_current_thread().enable_all().build()?)));
    let (stop, runtime) = match started {
        Ok(started) => started,
        Err(error) => return (Err(out_of_resources(&error)), false),
    };
    let outcome = runtime.block_on(transfer(plan, report, stop.clone()));
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    (outcome, stop.was_asked())
}

async fn sending(plan: SendPlan, report: &mut Report, stop: Stop) -> Result<Done, Failure> {
    let SendPlan { server, input, seat, secret, patience } = plan;
    let source = tokio::select! {
        source = open(input, report) => source?,
        () = stop.clone().asked() => return Err(ErrorCode::Cancelled.into()),
    };
    report.ready(&files(&source));
    report.protected = is_password(secret.as_ref());
    let sending = Sending { server, source, seat, secret, patience };
    perkoon_native::send(sending, |told| report.told(&told), stop.asked()).await
}

async fn receiving(plan: ReceivePlan, report: &mut Report, stop: Stop) -> Result<Done, Failure> {
    let ReceivePlan { server, code, secret, output, patience } = plan;
    report.protected = is_password(secret.as_ref());
    let destination = match output {
        Output::Folder { path, overwrite } => {
            report.output = Some(path.display().to_string());
            Destination::Folder { path, overwrite }
        }
        Output::Stdout => Destination::Stream(standard_output().map_err(|error| out_of_resources(&error))?),
    };
    let receiving = Receiving { server, code, secret, destination, patience };
    perkoon_native::receive(receiving, |told: Told| report.told(&told), stop.asked()).await
}

/// Finds the files, or reads standard input, in a thread of its own: both may take long.
async fn open(input: Input, report: &mut Report) -> Result<Source, Failure> {
    let (spooled, mut read) = mpsc::channel(1);
    let opening = tokio::task::spawn_blocking(move || match input {
        Input::Files(paths) => Source::open(&paths),
        Input::Stdin(name) => Source::from_reader(io::stdin().lock(), &name, |bytes| {
            // What is not shown now is shown with the next.
            let _ = spooled.try_send(bytes);
        }),
    });
    while let Some(bytes) = read.recv().await {
        report.spooled(bytes);
    }
    opening.await.unwrap_or_else(|_| Err(ErrorCode::Internal.into()))
}

fn files(source: &Source) -> Vec<OfferedFile> {
    source.entries().into_iter().map(|entry| OfferedFile { path: entry.path.join("/"), size: entry.size }).collect()
}

fn is_password(secret: Option<&Secret>) -> bool {
    matches!(secret, Some(Secret::Password(_)))
}

/// Standard output without the buffer that looks for line ends.
#[cfg(unix)]
fn standard_output() -> io::Result<Box<dyn Write + Send>> {
    use std::{fs::File, os::fd::AsFd};
    Ok(Box::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
}

#[cfg(not(unix))]
fn standard_output() -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(io::stdout()))
}

fn out_of_resources(error: &io::Error) -> Failure {
    Failure::new(
        ErrorCode::Internal,
        format!("This machine is out of something that a transfer needs ({error}). Try again later."),
    )
}

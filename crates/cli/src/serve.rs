//! `perkoon serve`.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tokio::net::TcpListener;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    descriptors,
    exit::{Exit, Failure, OrExit},
    plan::ServePlan,
    printer,
};

/// Runs until the system asks to stop.
pub(crate) fn run(plan: ServePlan) -> Result<(), Failure> {
    start_log(&plan);
    descriptors::provide_for(plan.config.capacity.connections);
    let runtime = tokio::runtime::Runtime::new().context("the runtime cannot start").or_exit(Exit::Network)?;
    runtime.block_on(serve(plan)).or_exit(Exit::Network)
}

/// Only our own lines: a library's could hold addresses and messages.
fn start_log(plan: &ServePlan) {
    let ours = Targets::new().with_target("perkoon", plan.log);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(ours).init();
}

async fn serve(plan: ServePlan) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let listener = TcpListener::bind(plan.listen).await.with_context(|| format!("cannot listen on {}", plan.listen))?;
    let scheme = if plan.config.tls.is_some() { "https" } else { "http" };
    printer::listening(scheme, listener.local_addr()?);
    perkoon_server::serve(listener, plan.config, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves on Ctrl-C or SIGTERM. Both are watched from here on, so that none is missed.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without the handler there is only the system's own way to end a process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

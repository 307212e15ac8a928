//! `perkoon serve`.

use std::net::SocketAddr;

use anyhow::Context;
use perkoon_server::{Listeners, StoreSetting};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    args::Serve,
    descriptors,
    exit::{Exit, Failure, OrExit},
    log,
    plan::{Purpose, ServePlan},
    printer,
    settings::Shown,
};

/// Runs until the system asks to stop.
pub(crate) fn run(plan: ServePlan) -> Result<(), Failure> {
    log::start(plan.log.clone(), plan.log_format);
    descriptors::provide_for(plan.config.capacity.connections);
    runtime()?.block_on(serve(plan)).or_exit(Exit::Network)
}

fn runtime() -> Result<Runtime, Failure> {
    Runtime::new().context("the runtime cannot start").or_exit(Exit::Network)
}

/// Shows the settings, and what is wrong with them.
pub(crate) fn check(serve: Serve, shown: &[Shown]) -> Result<(), Vec<Failure>> {
    shown.iter().for_each(printer::setting);
    // Whatever is wrong, it is the settings that cannot be used.
    let unusable = |failure: Failure| Failure { exit: Exit::BadArguments, ..failure };
    let plan =
        ServePlan::new(serve, Purpose::Check).map_err(|failures| failures.into_iter().map(unusable).collect::<Vec<_>>())?;
    reach(&plan.config.store).map_err(|failure| vec![unusable(failure)])?;
    printer::usable();
    Ok(())
}

fn reach(store: &StoreSetting) -> Result<(), Failure> {
    runtime()?.block_on(store.check()).context("--store").or_exit(Exit::Network)
}

async fn serve(plan: ServePlan) -> anyhow::Result<()> {
    let (drain, stop) = signals()?;
    plan.config.store.check().await?;
    let main = listen(plan.listen).await?;
    let operations = match plan.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let scheme = if plan.config.tls.is_some() { "https" } else { "http" };
    printer::listening(scheme, main.local_addr()?);
    if let Some(operations) = &operations {
        printer::metrics(operations.local_addr()?);
    }
    perkoon_server::serve(Listeners { main, operations }, plan.config, drain, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// When to begin with the end, and when to wait no longer: SIGTERM asks for the first, another one or Ctrl-C for the second. All are watched
/// from here on, so that none is missed.
#[cfg(unix)]
fn signals() -> anyhow::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    use tokio::signal::unix::{SignalKind, signal};
    let [mut first, mut second] = [signal(SignalKind::terminate())?, signal(SignalKind::terminate())?];
    let mut interrupt = signal(SignalKind::interrupt())?;
    let drain = async move {
        first.recv().await;
    };
    let stop = async move {
        let twice = async {
            second.recv().await;
            second.recv().await;
        };
        tokio::select! {
            () = twice => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok((drain, stop))
}

/// There is Ctrl-C only.
#[cfg(not(unix))]
fn signals() -> anyhow::Result<(impl Future<Output = ()>, impl Future<Output = ()>)> {
    let stop = async {
        // Without the handler there is only the system's own way to end a process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    Ok((std::future::pending(), stop))
}

//! Ctrl-C and SIGTERM while a transfer runs: the first asks it to end, another ends the program at once.

use std::{io, thread};

use tokio::{runtime::Builder, sync::watch};

use crate::exit::Exit;

/// Whether the program was asked to end.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Watches from here on. A thread does so, as the transfer's own may be busy writing to a slow disk.
    pub(crate) fn watch() -> io::Result<Self> {
        let (asked, stop) = watch::channel(false);
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::new()?
        };
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                signals.next().await;
                asked.send_replace(true);
                signals.next().await;
                std::process::exit(Exit::Interrupted.number().into());
            });
        })?;
        Ok(Self(stop))
    }

    /// Ends when the program is asked to.
    pub(crate) async fn asked(mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Nobody watches any more.
            std::future::pending::<()>().await;
        }
    }

    /// Whether it was.
    pub(crate) fn was_asked(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// There is Ctrl-C only.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

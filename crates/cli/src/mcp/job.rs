//! A transfer, checked, and how it is done: on a thread of its own, which its futures do not leave.

use std::{future::Future, path::PathBuf, time::Duration};

use perkoon_native::{Destination, Done, Receiving, Sending, Server, Source, Told};
use perkoon_peer::{Failure, secret::Secret};
use perkoon_protocol::{Role, SessionCode};
use tokio::runtime::Builder;

use super::words;

/// What is to be done.
pub(super) enum Job {
    /// Send this file.
    Send { file: PathBuf },
    /// Receive everything of a session into this folder.
    Receive { code: SessionCode, folder: PathBuf },
}

/// What is to be done, and how.
pub(super) struct Order {
    pub server: Server,
    pub secret: Option<Secret>,
    pub patience: Duration,
    pub job: Job,
}

impl Order {
    pub(super) const fn role(&self) -> Role {
        match self.job {
            Job::Send { .. } => Role::Sender,
            Job::Receive { .. } => Role::Receiver,
        }
    }

    /// The session, where it is there already.
    pub(super) const fn code(&self) -> Option<SessionCode> {
        match self.job {
            Job::Send { .. } => None,
            Job::Receive { code, .. } => Some(code),
        }
    }

    /// Does it, and comes back when it is over. `stop` ending cancels it.
    pub(super) fn carry_out(self, tell: impl FnMut(Told), stop: impl Future<Output = ()>) -> Result<Done, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| words::out_of_resources(&error))?;
        runtime.block_on(self.transfer(tell, stop))
    }

    async fn transfer(self, tell: impl FnMut(Told), stop: impl Future<Output = ()>) -> Result<Done, Failure> {
        let Self { server, secret, patience, job } = self;
        match job {
            Job::Send { file } => {
                let source = Source::open(&[file])?;
                perkoon_native::send(Sending { server, source, seat: None, secret, patience }, tell, stop).await
            }
            Job::Receive { code, folder } => {
                let destination = Destination::Folder { path: folder, overwrite: false };
                perkoon_native::receive(Receiving { server, code, secret, destination, patience }, tell, stop).await
            }
        }
    }
}

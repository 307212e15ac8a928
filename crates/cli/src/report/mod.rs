//! What is said of a transfer while it goes on and when it ends: as events for programs, or in words for people.

mod bar;
mod contents;
mod events;
mod people;
mod qr;

use perkoon_native::{Done, OfferedFile, Told};
use perkoon_peer::Failure;
use perkoon_protocol::Role;

use self::{events::Event, people::People};
use crate::{
    args::Common,
    exit::Exit,
    printer::{self, Stream},
    words,
};

/// Says it.
pub(crate) struct Report {
    role: Role,
    /// Whether the files were on offer.
    offered: bool,
    /// Whether there is a password.
    pub protected: bool,
    /// The folder that received files go into.
    pub output: Option<String>,
    manner: Manner,
}

enum Manner {
    Events { stream: Stream, told: u64 },
    People(People),
}

impl Report {
    /// As was asked for. `streamed`: standard output is for the file's bytes.
    pub(crate) fn new(role: Role, common: &Common, streamed: bool) -> Self {
        let stream = if streamed { Stream::Stderr } else { Stream::Stdout };
        let manner = match common.json {
            true => Manner::Events { stream, told: 0 },
            false => Manner::People(People::new(role, stream, common.quiet)),
        };
        Self { role, offered: false, protected: false, output: None, manner }
    }

    /// The sender has found its files.
    pub(crate) fn ready(&mut self, files: &[OfferedFile]) {
        match &mut self.manner {
            Manner::Events { stream, .. } => printer::event(*stream, &events::ready(files).line()),
            Manner::People(people) => people.ready(files),
        }
    }

    /// So much of standard input was read.
    pub(crate) fn spooled(&mut self, bytes: u64) {
        if let Manner::People(people) = &mut self.manner {
            people.spooled(bytes);
        }
    }

    /// Something has happened.
    pub(crate) fn told(&mut self, told: &Told) {
        self.offered |= matches!(told, Told::Offered { .. });
        match &mut self.manner {
            Manner::Events { stream, told: bytes } => {
                if let Told::Progress(progress) = told {
                    *bytes = progress.bytes;
                }
                events::told(self.role, self.protected, told).iter().for_each(|event| printer::event(*stream, &event.line()));
            }
            Manner::People(people) => people.told(told, self.protected),
        }
    }

    /// Everything is there.
    pub(crate) fn done(&mut self, done: &Done) {
        match &mut self.manner {
            Manner::Events { stream, told } => {
                let end = events::complete(self.role, done, self.output.as_deref());
                let last = events::last_progress(done).filter(|_| *told < done.bytes);
                last.iter().chain([&end]).for_each(|event: &Event| printer::event(*stream, &event.line()));
            }
            Manner::People(people) => people.done(done, self.output.as_deref()),
        }
    }

    /// It has failed; `interrupted` by whoever runs the program. Answers with how the program ends.
    pub(crate) fn failed(&mut self, failure: Failure, interrupted: bool) -> Exit {
        let cause = words::cause(&failure, self.role, self.offered, interrupted);
        let exit = Exit::of(failure.code, cause);
        let failure = words::of_transfer(failure, self.role, cause);
        match &mut self.manner {
            Manner::Events { stream, .. } => printer::event(*stream, &events::failed(&failure, exit).line()),
            Manner::People(people) => people.failed(&failure),
        }
        exit
    }
}

/// The event of a command line that was not understood, on standard output where that is not for bytes.
pub(crate) fn not_understood(failure: &Failure, to_stdout: bool) {
    let stream = if to_stdout { Stream::Stdout } else { Stream::Stderr };
    printer::event(stream, &events::failed(failure, Exit::BadArguments).line());
}

//! One file's bytes, passed on as they come.

use std::{
    io::{self, Write},
    sync::atomic::AtomicBool,
};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, control::Entry};
use perkoon_rtc::Chunk;
use perkoon_transfer::names::{fold_case, safe_names};

use super::{Store, words};

/// A stream that takes one file.
pub(super) struct StreamStore(Box<dyn Write + Send>);

impl StreamStore {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self(writer)
    }
}

/// The safe path of the only file on offer.
pub(super) fn only_file(offer: &[Entry]) -> Result<String, Failure> {
    match &safe_names(offer, fold_case)[..] {
        [name] => Ok(name.path.clone()),
        names => Err(Failure::new(
            ErrorCode::InvalidRequest,
            format!("{} files are offered, and a stream takes one. Receive them into a folder.", names.len()),
        )),
    }
}

/// What is left of a stream that was written to: an offer cannot begin in the middle of another.
pub(super) struct Used;

impl Write for Used {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("the beginning of another file is there"))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write(&[]).map(drop)
    }
}

impl Store for StreamStore {
    fn write(&mut self, _file: u32, _offset: u64, payload: &[Chunk]) -> Result<(), Failure> {
        payload.iter().try_for_each(|chunk| self.0.write_all(&chunk.0)).map_err(|error| failure(&error))
    }

    fn finish(&mut self, _file: u32) -> Result<(), Failure> {
        self.0.flush().map_err(|error| failure(&error))
    }

    fn publish(&mut self, _given_up: &AtomicBool) -> Result<bool, Failure> {
        Ok(true)
    }

    fn recall(&mut self, _file: u32, _offset: u64, _length: u32) -> Option<Chunk> {
        None
    }

    /// What has gone cannot be called back.
    fn shelve(&mut self) {}

    fn discard(&mut self) {}
}

fn failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(
            ErrorCode::Cancelled,
            "Whoever read the output has gone. Start again with something that reads all of it.",
        ),
        _ => words::not_written(error),
    }
}

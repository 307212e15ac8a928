//! What is sent: files, folders, or a stream that was kept in a file first.

mod list;
mod open;
mod spool;

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, control::Entry};
use perkoon_rtc::Chunk;
use tokio::task::spawn_blocking;

use self::open::OpenFiles;

/// Files to send, in the order of the offer.
pub struct Source {
    files: Vec<SourceFile>,
    open: Arc<Mutex<OpenFiles>>,
}

/// A file, or a stream kept in one.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    entry: Entry,
    place: Place,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
enum Place {
    Path(PathBuf),
    /// A file without a name.
    Spool(Arc<std::fs::File>),
}

impl Source {
    /// Files, and folders with everything in them; the paths in an offer begin with the name of what was given here.
    ///
    /// # Errors
    /// `FILE_UNREADABLE` for what is missing, is neither file nor folder, or cannot be read; `INVALID_REQUEST` for more than an offer may have.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Failure> {
        list::files(paths).map(Self::of)
    }

    /// A stream, under a name. What an offer says of a file includes its size, so the stream is kept in a temporary file without a name first;
    /// `spooled` is told how many bytes there are so far.
    ///
    /// # Errors
    /// `FILE_UNREADABLE` when it breaks off, `INSUFFICIENT_STORAGE` when there is no room for it.
    pub fn from_reader(reader: impl Read, name: &str, spooled: impl FnMut(u64)) -> Result<Self, Failure> {
        spool::keep(reader, name, spooled).map(|file| Self::of(vec![file]))
    }

    fn of(files: Vec<SourceFile>) -> Self {
        Self { files, open: Arc::default() }
    }

    /// The files as an offer names them.
    pub fn entries(&self) -> Vec<Entry> {
        self.files.iter().map(|file| file.entry.clone()).collect()
    }

    /// Reads exactly these bytes of a file. Answers with `FILE_CHANGED` when it is not any more what was offered, `FILE_UNREADABLE` when it cannot
    /// be read.
    pub(crate) fn read(&self, file: u32, offset: u64, length: u32) -> impl Future<Output = Result<Chunk, ErrorCode>> + use<> {
        let (wanted, open) = (self.files.get(file as usize).cloned(), Arc::clone(&self.open));
        let reading = spawn_blocking(move || {
            let wanted = wanted.ok_or(ErrorCode::FileUnreadable)?;
            let file = open.lock().unwrap_or_else(PoisonError::into_inner).get(file, &wanted)?;
            open::read(&file, &wanted.entry, offset, length)
        });
        async { reading.await.unwrap_or(Err(ErrorCode::FileUnreadable)) }
    }
}

/// A file that cannot be sent, with why.
fn unreadable(path: &Path, why: &str) -> Failure {
    let path = shown(path);
    Failure::new(ErrorCode::FileUnreadable, format!("{path} {why} Check the path and try again."))
}

/// A path in a sentence: nothing in it changes how the rest is shown.
fn shown(path: &Path) -> String {
    let unseen = |character: char| {
        character.is_control() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    path.to_string_lossy().chars().filter(|character| !unseen(*character)).take(300).collect()
}

#[cfg(test)]
mod tests;

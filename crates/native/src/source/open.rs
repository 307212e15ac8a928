//! Reading pieces of files that are kept open.

use std::{collections::VecDeque, fs::File, io, path::Path, sync::Arc};

use bytes::Bytes;
use perkoon_protocol::{ErrorCode, control::Entry};
use perkoon_rtc::Chunk;

use super::{Place, SourceFile, list};

/// Files that are kept open, at most: pieces of one file come one after the other, and many small files in a row.
const OPEN_FILES: usize = 16;

/// The files that were read last.
#[derive(Default)]
pub(super) struct OpenFiles(VecDeque<(u32, Arc<File>)>);

impl OpenFiles {
    /// The file, opened when it is not open.
    pub(super) fn get(&mut self, number: u32, wanted: &SourceFile) -> Result<Arc<File>, ErrorCode> {
        if let Some((_, file)) = self.0.iter().find(|(open, _)| *open == number) {
            return Ok(Arc::clone(file));
        }
        let file = match &wanted.place {
            Place::Path(path) => Arc::new(open(path).map_err(|_| ErrorCode::FileUnreadable)?),
            Place::Spool(file) => Arc::clone(file),
        };
        if self.0.len() >= OPEN_FILES {
            self.0.pop_front();
        }
        self.0.push_back((number, Arc::clone(&file)));
        Ok(file)
    }
}

/// Reads exactly these bytes of a file that is still what was offered.
pub(super) fn read(file: &File, entry: &Entry, offset: u64, length: u32) -> Result<Chunk, ErrorCode> {
    unchanged(file, entry)?;
    let mut bytes = vec![0; length as usize];
    read_at(file, &mut bytes, offset)?;
    // It may have been written to meanwhile.
    unchanged(file, entry)?;
    Ok(Chunk(Bytes::from(bytes)))
}

fn unchanged(file: &File, entry: &Entry) -> Result<(), ErrorCode> {
    let metadata = file.metadata().map_err(|_| ErrorCode::FileUnreadable)?;
    let same = metadata.is_file()
        && metadata.len() == entry.size
        && (entry.modified.is_none() || list::modified(&metadata) == entry.modified);
    if same { Ok(()) } else { Err(ErrorCode::FileChanged) }
}

/// Opens what is at the path now, without waiting for whoever is at the other end if that is no file any more.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<(), ErrorCode> {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(bytes, offset).map_err(|error| failed(&error))
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<(), ErrorCode> {
    use std::os::windows::fs::FileExt;
    let mut done = 0;
    while done < bytes.len() {
        match file.seek_read(&mut bytes[done..], offset + done as u64).map_err(|error| failed(&error))? {
            0 => return Err(ErrorCode::FileChanged),
            read => done += read,
        }
    }
    Ok(())
}

/// What a failed read comes to.
fn failed(error: &io::Error) -> ErrorCode {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ErrorCode::FileChanged,
        _ => ErrorCode::FileUnreadable,
    }
}

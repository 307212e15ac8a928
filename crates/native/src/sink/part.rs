//! Parts: files on their way in, beside where they belong. Their names say which offer and file they are of, so that the same offer goes on
//! where an earlier attempt ended.

use std::{
    fs::{self, File, FileTimes, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use perkoon_protocol::{
    control::{Entry, Hash},
    limits::PIECE_BYTES,
};
use perkoon_rtc::Chunk;
use perkoon_transfer::names::{SafeName, fold_case, safe_names};

use super::place;

/// Hexadecimal digits of the offer's digest in a part's name.
const DIGITS: usize = 16;

/// A file of the offer.
pub(super) struct Target {
    pub(super) part: PathBuf,
    /// Where it belongs, below the folder.
    pub(super) relative: PathBuf,
    /// The same, parts joined by `/`.
    pub(super) path: String,
    pub(super) size: u64,
    modified: Option<i64>,
    /// Bytes that the part has, from its beginning.
    pub(super) kept: u64,
}

/// What the names of an offer's parts begin with.
pub(super) fn prefix(digest: Hash) -> String {
    let digits: String = digest.to_string().chars().take(DIGITS).collect();
    format!(".perkoon-{digits}")
}

/// The files of an offer, with what an earlier attempt has left of them.
pub(super) fn targets(folder: &Path, prefix: &str, offer: &[Entry]) -> Vec<Target> {
    let names = safe_names(offer, fold_case);
    let target = |(number, (entry, SafeName { path, .. })): (usize, (&Entry, SafeName))| {
        let part = folder.join(format!("{prefix}-{number}.part"));
        let (size, modified, kept) = (entry.size, entry.modified, kept(&part, entry.size));
        Target { part, relative: path.split('/').collect(), path, size, modified, kept }
    };
    offer.iter().zip(names).enumerate().map(target).collect()
}

/// Whole pieces that a part of an earlier attempt has.
fn kept(part: &Path, size: u64) -> u64 {
    match fs::symlink_metadata(part) {
        Ok(metadata) if metadata.is_file() && metadata.len() >= size => size,
        Ok(metadata) if metadata.is_file() => metadata.len() - metadata.len() % u64::from(PIECE_BYTES),
        _ => 0,
    }
}

impl Target {
    /// Opens the part, with what is to be kept of it and nothing more.
    pub(super) fn open(&self) -> io::Result<File> {
        let file = place::open_plain(OpenOptions::new().create(true).read(true).write(true).truncate(false), &self.part)?;
        file.set_len(self.kept)?;
        Ok(file)
    }

    /// Writes a piece into the open part.
    pub(super) fn write(&mut self, file: &mut File, offset: u64, payload: &[Chunk]) -> io::Result<()> {
        file.seek(SeekFrom::Start(offset))?;
        payload.iter().try_for_each(|chunk| file.write_all(&chunk.0))?;
        let length: u64 = payload.iter().map(|chunk| chunk.0.len() as u64).sum();
        self.kept = self.kept.max(offset + length);
        Ok(())
    }

    /// Gives the part the time that the sender's file has. A time that this system cannot keep is no reason to lose a file.
    pub(super) fn set_time(&self, file: &File) {
        let milliseconds = self.modified.and_then(|milliseconds| u64::try_from(milliseconds).ok());
        let time = milliseconds.and_then(|milliseconds| UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)));
        if let Some(time) = time {
            let _ = file.set_times(FileTimes::new().set_modified(time));
        }
    }
}

/// Reads these bytes of a part.
pub(super) fn read(file: &mut File, offset: u64, length: u32) -> io::Result<Chunk> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok(Chunk(bytes.into()))
}

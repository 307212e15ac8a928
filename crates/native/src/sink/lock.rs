//! Keeps two programs from receiving the same files into the same folder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::place;

/// A lock in the form of a file, which goes with it.
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

/// Why there is no lock.
pub(super) enum NoLock {
    /// Another program has it.
    Taken,
    /// The system refuses.
    Refused(io::Error),
}

impl Lock {
    pub(super) fn take(path: PathBuf) -> Result<Self, NoLock> {
        loop {
            let file = place::open_plain(OpenOptions::new().create(true).write(true).truncate(false), &path);
            let file = file.map_err(NoLock::Refused)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(NoLock::Taken),
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                    return Err(NoLock::Refused(error));
                }
                // File systems without locks are used by one program at a time.
                _ if is_at(&file, &path) => return Ok(Self { path, _file: file }),
                // Whoever had it has just removed it.
                _ => {}
            }
        }
    }
}

/// Whether the file is the one at the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |one: &fs::Metadata, other: &fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(one), Ok(other)) if same(&one, &other))
}

/// A file that is open cannot be removed there.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

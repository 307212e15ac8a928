//! A stream, kept in a file without a name.

use std::{
    io::{ErrorKind, Read, Write},
    sync::Arc,
};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, control::Entry, limits::FILE_BYTES};

use super::{Place, SourceFile, list};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// Bytes of a name, at most: the limit of every common file system.
const NAME_BYTES: usize = 255;

/// Keeps the stream until its end.
pub(super) fn keep(mut reader: impl Read, name: &str, mut spooled: impl FnMut(u64)) -> Result<SourceFile, Failure> {
    if name.is_empty() || name.len() > NAME_BYTES || name.contains(|character: char| character == '/' || character.is_control()) {
        return Err(Failure::new(ErrorCode::InvalidRequest, "That is no name for a file. Give one such as notes.txt."));
    }
    let mut file = tempfile::tempfile().map_err(|error| unwritable(&error))?;
    let (mut buffer, mut size) = (vec![0; BUFFER_BYTES], 0_u64);
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Failure::new(
                    ErrorCode::FileUnreadable,
                    format!("What was to be sent broke off ({error}). Start again."),
                ));
            }
        };
        size += read as u64;
        if size > FILE_BYTES {
            return Err(list::too_large());
        }
        file.write_all(&buffer[..read]).map_err(|error| unwritable(&error))?;
        spooled(size);
    }
    let entry = Entry { path: vec![name.to_owned()], size, modified: None };
    Ok(SourceFile { entry, place: Place::Spool(Arc::new(file)) })
}

fn unwritable(error: &std::io::Error) -> Failure {
    let folder = std::env::temp_dir();
    let folder = folder.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::new(
            ErrorCode::InsufficientStorage,
            format!("There is no room in {folder} for what is to be sent. Free some, or name another folder in TMPDIR."),
        ),
        _ => Failure::new(
            ErrorCode::FileUnreadable,
            format!("What is to be sent cannot be kept in {folder} ({error}). Name another folder in TMPDIR."),
        ),
    }
}

//! What people are told when files cannot be saved.

use std::{io, path::Path};

use perkoon_peer::{Failure, format};
use perkoon_protocol::ErrorCode;

/// A folder cannot be made or written into, or a place in it cannot be.
pub(super) fn unusable(folder: &Path, error: &io::Error) -> Failure {
    let folder = folder.display();
    let message = format!("Files cannot be saved in {folder} ({error}). Choose another folder.");
    Failure::new(ErrorCode::FileUnreadable, message)
}

/// Something is there already.
pub(super) fn taken(place: &Path) -> Failure {
    let place = place.display();
    let message = format!("{place} is already there and was left untouched. Choose another folder or allow overwriting.");
    Failure::new(ErrorCode::TargetExists, message)
}

/// A file cannot go where something else is.
pub(super) fn in_the_way(place: &Path) -> Failure {
    let place = place.display();
    Failure::new(ErrorCode::TargetExists, format!("{place} is in the way and was left untouched. Choose another folder."))
}

/// A link within the folder leads out of it.
pub(super) fn leads_out(place: &Path) -> Failure {
    let place = place.display();
    let message = format!("{place} is a link that leads out of the folder, so nothing was saved there. Choose another folder.");
    Failure::new(ErrorCode::TargetExists, message)
}

/// Another program is receiving the same.
pub(super) fn busy(folder: &Path) -> Failure {
    let folder = folder.display();
    let message = format!("The same files are being received into {folder} already. Wait for that, or choose another folder.");
    Failure::new(ErrorCode::TargetExists, message)
}

/// There is less room than the files take.
pub(super) fn no_room(needed: u64, free: u64) -> Failure {
    let message =
        format!("{} are needed and {} are free. Free some space and start again.", format::bytes(needed), format::bytes(free));
    Failure::new(ErrorCode::InsufficientStorage, message)
}

/// A write failed.
pub(super) fn not_written(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::InsufficientStorage.into(),
        _ => {
            Failure::new(ErrorCode::Internal, format!("The files could not be saved ({error}). Check the disk and start again."))
        }
    }
}

/// A file could not be moved to its place.
pub(super) fn not_placed(place: &Path, error: &io::Error) -> Failure {
    let place = place.display();
    let message =
        format!("{place} could not be put in its place ({error}), and so nothing was. Start again: what arrived is kept.");
    Failure::new(ErrorCode::FileUnreadable, message)
}

//! Putting a finished file where it belongs, without ever replacing what must not be replaced.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use perkoon_peer::Failure;

use super::words;

/// How a file came to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// Nothing was there.
    Alone,
    /// What was there is where the part was.
    Exchanged,
    /// What was there is gone.
    Replaced,
}

/// Looks whether a file can be put at this place below a folder: nothing is in the way, and no link leads out.
pub(super) fn check(folder: &Path, relative: &Path, overwrite: bool) -> Result<(), Failure> {
    let place = folder.join(relative);
    let there = look(&place)?;
    let mut above = folder.to_owned();
    for part in relative.parent().into_iter().flat_map(Path::components) {
        above.push(part);
        let Some(metadata) = look(&above)? else { return Ok(()) };
        if metadata.is_symlink() && !leads_inside(folder, &above) {
            return Err(words::leads_out(&above));
        }
        if !above.is_dir() {
            return Err(words::in_the_way(&above));
        }
    }
    match there {
        Some(_) if !overwrite => Err(words::taken(&place)),
        Some(metadata) if metadata.is_dir() => Err(words::in_the_way(&place)),
        _ => Ok(()),
    }
}

/// What is at a place, if anything; a failure where nothing can ever be, as when the path is too long.
fn look(place: &Path) -> Result<Option<fs::Metadata>, Failure> {
    match fs::symlink_metadata(place) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(words::unusable(place, &error)),
    }
}

fn leads_inside(folder: &Path, link: &Path) -> bool {
    matches!((folder.canonicalize(), link.canonicalize()), (Ok(folder), Ok(target)) if target.starts_with(&folder))
}

/// Opens a file of this program's own, and nothing that a link in its place leads to.
pub(super) fn open_plain(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    options.open(path)
}

/// Moves a finished file to its place.
pub(super) fn put(part: &Path, place: &Path, overwrite: bool) -> io::Result<Put> {
    match put_alone(part, place) {
        Ok(()) => Ok(Put::Alone),
        Err(error) if overwrite && error.kind() == io::ErrorKind::AlreadyExists => match exchange(part, place) {
            Ok(()) if fs::symlink_metadata(part).is_ok_and(|metadata| metadata.is_dir()) => {
                // It has come there after the last look. A folder is not replaced.
                exchange(part, place).and(Err(error))
            }
            Ok(()) => Ok(Put::Exchanged),
            Err(_) => fs::rename(part, place).map(|()| Put::Replaced),
        },
        Err(error) => Err(error),
    }
}

/// Undoes [`put`] as far as that is possible.
pub(super) fn take_back(part: &Path, place: &Path, put: Put) {
    let _ = match put {
        Put::Alone => fs::rename(place, part),
        Put::Exchanged => exchange(part, place),
        Put::Replaced => Ok(()),
    };
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn put_alone(part: &Path, place: &Path) -> io::Result<()> {
    use rustix::{
        fs::{CWD, RenameFlags, renameat_with},
        io::Errno,
    };
    match renameat_with(CWD, part, CWD, place, RenameFlags::NOREPLACE) {
        // File systems that cannot do it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_alone(part, place),
        result => result.map_err(io::Error::from),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn put_alone(part: &Path, place: &Path) -> io::Result<()> {
    link_alone(part, place)
}

/// A second name is never given to what has that name already.
fn link_alone(part: &Path, place: &Path) -> io::Result<()> {
    match fs::hard_link(part, place) {
        Ok(()) => fs::remove_file(part).inspect_err(|_| drop(fs::remove_file(place))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Nor can it do that: what is left is to look first.
        Err(_) if fs::symlink_metadata(place).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(part, place),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn exchange(part: &Path, place: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, part, CWD, place, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn exchange(_part: &Path, _place: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Has the names in a folder outlive a loss of power.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened there.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes everything of the folder's file system to the disk, in one go; whether that is possible.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn sync_everything(folder: &Path) -> io::Result<bool> {
    rustix::fs::syncfs(File::open(folder)?)?;
    Ok(true)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn sync_everything(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Bytes that are free for this user, where the system says.
#[cfg(unix)]
pub(super) fn free(folder: &Path) -> Option<u64> {
    // Some network file systems have no blocks to count.
    let room = rustix::fs::statvfs(folder).ok().filter(|room| room.f_blocks > 0)?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}

/// A full disk shows itself there.
#[cfg(not(unix))]
pub(super) fn free(_folder: &Path) -> Option<u64> {
    None
}

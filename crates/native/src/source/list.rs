//! Finding the files.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use perkoon_peer::Failure;
use perkoon_protocol::{
    ErrorCode,
    control::Entry,
    limits::{FILE_BYTES, OFFER_FILES, OFFER_PATH_COST, PATH_BYTES, PATH_DEPTH, PATH_PART_COST},
};

use super::{Place, SourceFile, shown, unreadable};

/// The files behind these paths: those given themselves, and all below folders, in the order of their names.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    let mut found = Found::default();
    for path in paths {
        found.add(path, vec![name_of(path)?])?;
    }
    if found.files.is_empty() {
        let first = paths.first().map(|path| shown(path)).unwrap_or_default();
        return Err(Failure::new(
            ErrorCode::InvalidRequest,
            format!("There is no file in {first}. Give a file, or a folder with files in it."),
        ));
    }
    Ok(found.files)
}

#[derive(Default)]
struct Found {
    files: Vec<SourceFile>,
    /// Of all files.
    bytes: u64,
    /// What all paths cost towards [`OFFER_PATH_COST`].
    path_cost: usize,
    /// Folders that are being gone through: a link to one of them would lead round and round.
    above: HashSet<PathBuf>,
}

impl Found {
    /// Adds what is at a path, links followed, whoever made them: what they lead to is meant.
    fn add(&mut self, path: &Path, parts: Vec<String>) -> Result<(), Failure> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &cannot(path, &error)))?;
        let bytes = parts.iter().map(String::len).sum::<usize>();
        if parts.len() > PATH_DEPTH || bytes + parts.len() - 1 > PATH_BYTES {
            return Err(too_much(&format!("The path {} is too long to be sent", shown(path))));
        }
        match metadata {
            _ if metadata.is_dir() => self.add_folder(path, &parts),
            _ if metadata.is_file() => self.add_file(path, parts, &metadata, bytes),
            _ => Err(unreadable(path, "is neither a file nor a folder.")),
        }
    }

    fn add_file(&mut self, path: &Path, parts: Vec<String>, metadata: &Metadata, path_bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(metadata.len());
        self.path_cost += path_bytes + parts.len() * PATH_PART_COST;
        if self.files.len() >= OFFER_FILES as usize {
            return Err(too_much(&format!("There are more than {OFFER_FILES} files")));
        }
        if self.path_cost > OFFER_PATH_COST {
            return Err(too_much("The paths of the files are too long altogether"));
        }
        if self.bytes > FILE_BYTES {
            return Err(too_large());
        }
        let entry = Entry { path: parts, size: metadata.len(), modified: modified(metadata) };
        self.files.push(SourceFile { entry, place: Place::Path(path.to_owned()) });
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, parts: &[String]) -> Result<(), Failure> {
        let refused = |error: io::Error| unreadable(folder, &cannot(folder, &error));
        let real = folder.canonicalize().map_err(refused)?;
        if !self.above.insert(real.clone()) {
            return Ok(());
        }
        let mut inside = fs::read_dir(folder).map_err(refused)?.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        inside.sort_by_key(fs::DirEntry::file_name);
        for entry in inside {
            let name = entry.file_name().to_string_lossy().into_owned();
            self.add(&entry.path(), parts.iter().cloned().chain([name]).collect())?;
        }
        self.above.remove(&real);
        Ok(())
    }
}

/// The name that an offer begins with, for paths such as `.` as well.
fn name_of(path: &Path) -> Result<String, Failure> {
    let named = path.file_name().map(ToOwned::to_owned);
    let named = named.or_else(|| path.canonicalize().ok()?.file_name().map(ToOwned::to_owned));
    named
        .map(|name| name.to_string_lossy().into_owned())
        .ok_or_else(|| unreadable(path, "has no name that it could be sent under."))
}

/// Milliseconds since 1970.
pub(super) fn modified(metadata: &Metadata) -> Option<i64> {
    milliseconds(metadata.modified().ok()?)
}

fn milliseconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

fn cannot(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => "is a link to something that does not exist.".to_owned(),
        io::ErrorKind::NotFound => "does not exist.".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user.".to_owned(),
        _ => format!("cannot be read ({error})."),
    }
}

fn too_much(what: &str) -> Failure {
    Failure::new(ErrorCode::InvalidRequest, format!("{what}. Pack them into an archive and send that."))
}

/// More bytes than an offer may have.
pub(super) fn too_large() -> Failure {
    Failure::new(ErrorCode::InvalidRequest, "What is to be sent is too large. Send it in parts.")
}

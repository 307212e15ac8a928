//! Files in a folder: written as parts beside where they belong, and moved there once all of them are whole.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use perkoon_peer::Failure;
use perkoon_protocol::control::Entry;
use perkoon_rtc::Chunk;
use perkoon_transfer::offer_digest;

use super::{
    SavedFile, Store,
    lock::{Lock, NoLock},
    part::{self, Target},
    place,
    publication::Publication,
    words,
};

/// A file of at least so many bytes is synced as soon as it is whole; smaller ones in the end.
const SYNCED_AT_ONCE_BYTES: u64 = 4 << 20;

/// So many files or folders are synced one by one, at most. More would take minutes, and so everything is synced at once.
const SYNCED_ONE_BY_ONE: usize = 64;

/// The files of one offer.
pub(super) struct FolderStore {
    folder: PathBuf,
    /// Whether the folder was not there before.
    made: bool,
    overwrite: bool,
    targets: Vec<Target>,
    open: BTreeMap<u32, File>,
    /// Files that are whole and still to be synced.
    unsynced: Vec<u32>,
    lock: Option<Lock>,
}

impl FolderStore {
    /// Looks whether everything can be saved, and gets ready to.
    pub(super) fn open(folder: &Path, overwrite: bool, offer: &[Entry]) -> Result<Self, Failure> {
        let made = !folder.exists();
        fs::create_dir_all(folder).map_err(|error| words::unusable(folder, &error))?;
        let opened = Self::in_folder(folder, made, overwrite, offer);
        if made && opened.is_err() {
            // It was made for nothing. One that others have put something into meanwhile stays.
            let _ = fs::remove_dir(folder);
        }
        opened
    }

    fn in_folder(folder: &Path, made: bool, overwrite: bool, offer: &[Entry]) -> Result<Self, Failure> {
        let prefix = part::prefix(offer_digest(offer));
        let lock = Lock::take(folder.join(format!("{prefix}.lock"))).map_err(|none| match none {
            NoLock::Taken => words::busy(folder),
            NoLock::Refused(error) => words::unusable(folder, &error),
        })?;
        // Nobody else writes parts of this offer from here on.
        let targets = part::targets(folder, &prefix, offer);
        targets.iter().try_for_each(|target| place::check(folder, &target.relative, overwrite))?;
        let sum = |of: fn(&Target) -> u64| targets.iter().map(of).fold(0, u64::saturating_add);
        let needed = sum(|target| target.size) - sum(|target| target.kept);
        if let Some(free) = place::free(folder).filter(|free| *free < needed) {
            return Err(words::no_room(needed, free));
        }
        let (folder, open) = (folder.to_owned(), BTreeMap::new());
        Ok(Self { folder, made, overwrite, targets, open, unsynced: Vec::new(), lock: Some(lock) })
    }

    /// Bytes of each file that are here from an earlier attempt.
    pub(super) fn kept(&self) -> Vec<u64> {
        self.targets.iter().map(|target| target.kept).collect()
    }

    /// The files with where they are going to be.
    pub(super) fn saved(&self) -> Vec<SavedFile> {
        let saved = |target: &Target| SavedFile { path: target.path.clone(), saved_to: Some(self.folder.join(&target.relative)) };
        self.targets.iter().map(saved).collect()
    }

    /// A file of the offer, with its part.
    fn opened(&mut self, number: u32) -> io::Result<(&mut Target, &mut File)> {
        let target = &mut self.targets[number as usize];
        let file = match self.open.remove(&number) {
            Some(file) => file,
            None => target.open()?,
        };
        Ok((target, self.open.entry(number).or_insert(file)))
    }

    fn finish_file(&mut self, number: u32) -> io::Result<()> {
        let (target, file) = self.opened(number)?;
        target.set_time(file);
        if target.size >= SYNCED_AT_ONCE_BYTES {
            file.sync_all()?;
        } else {
            self.unsynced.push(number);
        }
        self.open.remove(&number);
        Ok(())
    }

    fn sync_files(&mut self) -> io::Result<()> {
        let unsynced = std::mem::take(&mut self.unsynced);
        if unsynced.len() > SYNCED_ONE_BY_ONE && place::sync_everything(&self.folder)? {
            return Ok(());
        }
        let part = |number: u32| &self.targets[number as usize].part;
        unsynced.into_iter().try_for_each(|number| File::options().write(true).open(part(number))?.sync_all())
    }

    fn sync_folders(&self, folders: &[PathBuf]) -> io::Result<()> {
        if folders.len() > SYNCED_ONE_BY_ONE && place::sync_everything(&self.folder)? {
            return Ok(());
        }
        folders.iter().try_for_each(|folder| place::sync_folder(folder))
    }

    /// Gives the folder up.
    fn let_go(&mut self) {
        self.open.clear();
        self.lock = None;
        if self.made {
            // One that has something in it stays.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Store for FolderStore {
    fn write(&mut self, file: u32, offset: u64, payload: &[Chunk]) -> Result<(), Failure> {
        let written = self.opened(file).and_then(|(target, part)| target.write(part, offset, payload));
        written.map_err(|error| words::not_written(&error))
    }

    fn finish(&mut self, file: u32) -> Result<(), Failure> {
        self.finish_file(file).map_err(|error| words::not_written(&error))
    }

    fn publish(&mut self, given_up: &AtomicBool) -> Result<bool, Failure> {
        self.open.clear();
        if given_up.load(Ordering::Acquire) {
            return Ok(false);
        }
        self.sync_files().map_err(|error| words::not_written(&error))?;
        let mut publication = Publication::new(&self.folder, self.overwrite);
        for target in &self.targets {
            if given_up.load(Ordering::Acquire) {
                return Ok(false);
            }
            publication.publish(target)?;
        }
        self.sync_folders(&publication.folders()).map_err(|error| words::not_written(&error))?;
        if given_up.load(Ordering::Acquire) {
            return Ok(false);
        }
        publication.keep();
        self.lock = None;
        Ok(true)
    }

    fn recall(&mut self, file: u32, offset: u64, length: u32) -> Option<Chunk> {
        self.opened(file).and_then(|(_, part)| part::read(part, offset, length)).ok()
    }

    fn shelve(&mut self) {
        // What does not reach the disk is asked for again.
        self.open.values().for_each(|file| drop(file.sync_all()));
        self.let_go();
    }

    fn discard(&mut self) {
        self.open.clear();
        self.targets.iter().for_each(|target| drop(fs::remove_file(&target.part)));
        self.let_go();
    }
}

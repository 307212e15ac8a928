//! Moving finished files to their places: all of them, or none.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use perkoon_peer::Failure;

use super::{
    part::Target,
    place::{self, Put},
    words,
};

/// Files that were moved to their places. Dropping it moves them back, unless they are kept there.
pub(super) struct Publication<'a> {
    folder: &'a Path,
    overwrite: bool,
    moved: Vec<(&'a Target, Put)>,
    /// Folders that were not there before, those above first.
    made: Vec<PathBuf>,
}

impl<'a> Publication<'a> {
    pub(super) fn new(folder: &'a Path, overwrite: bool) -> Self {
        Self { folder, overwrite, moved: Vec::new(), made: Vec::new() }
    }

    /// Moves a file to its place.
    pub(super) fn publish(&mut self, target: &'a Target) -> Result<(), Failure> {
        // Much may have happened since the first look.
        place::check(self.folder, &target.relative, self.overwrite)?;
        let place = self.folder.join(&target.relative);
        let put = self.make_folders(target).and_then(|()| place::put(&target.part, &place, self.overwrite));
        let put = put.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => words::taken(&place),
            _ => words::not_placed(&place, &error),
        })?;
        self.moved.push((target, put));
        Ok(())
    }

    fn make_folders(&mut self, target: &Target) -> io::Result<()> {
        let mut above = self.folder.to_owned();
        for part in target.relative.parent().into_iter().flat_map(Path::components) {
            above.push(part);
            match fs::create_dir(&above) {
                Ok(()) => self.made.push(above.clone()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Every folder that names have changed in.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = BTreeSet::from([self.folder.to_owned()]);
        for (target, _) in &self.moved {
            folders.extend(target.relative.ancestors().skip(1).map(|above| self.folder.join(above)));
        }
        folders.into_iter().collect()
    }

    /// The files stay where they are, and what they have replaced goes.
    pub(super) fn keep(mut self) {
        for (target, put) in std::mem::take(&mut self.moved) {
            if put == Put::Exchanged {
                let _ = fs::remove_file(&target.part);
            }
        }
        self.made.clear();
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        for (target, put) in self.moved.iter().rev() {
            place::take_back(&target.part, &self.folder.join(&target.relative), *put);
        }
        // Those that others have put something into meanwhile stay.
        self.made.iter().rev().for_each(|made| drop(fs::remove_dir(made)));
    }
}

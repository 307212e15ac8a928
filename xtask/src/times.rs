//! When files were written. A build writes them anew; those that come out as they were get the time back that they had, so that cargo does not
//! build again what is made of them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::compress;

/// The files of a directory, with the digests of their bytes and the times when they were written.
pub struct Times {
    directory: PathBuf,
    files: BTreeMap<PathBuf, ([u8; 32], SystemTime)>,
}

impl Times {
    /// Of a directory as it is now; one that is not there has no files.
    pub fn of(directory: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        if directory.exists() {
            for file in compress::files(directory)? {
                let (digest, time) = (digest(&file)?, fs::metadata(&file)?.modified()?);
                files.insert(file, (digest, time));
            }
        }
        Ok(Self { directory: directory.to_owned(), files })
    }

    /// Gives back their times to the files that are as they were.
    pub fn restore(&self) -> Result<()> {
        for file in compress::files(&self.directory)? {
            if let Some((before, time)) = self.files.get(&file)
                && digest(&file)? == *before
            {
                File::options().write(true).open(&file)?.set_modified(*time)?;
            }
        }
        Ok(())
    }
}

fn digest(file: &Path) -> Result<[u8; 32]> {
    Ok(Sha256::digest(fs::read(file)?).into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_written_as_it_was_has_the_time_that_it_had() {
        let directory = std::env::temp_dir().join(format!("perkoon-times-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let [same, other] = ["same", "other"].map(|name| directory.join(name));
        let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for file in [&same, &other] {
            fs::write(file, "once").expect("room");
            File::options().write(true).open(file).and_then(|file| file.set_modified(before)).expect("a time");
        }
        let times = Times::of(&directory).expect("files");
        fs::write(&same, "once").expect("room");
        fs::write(&other, "twice").expect("room");
        times.restore().expect("times");
        let modified = |file: &Path| fs::metadata(file).and_then(|metadata| metadata.modified()).expect("a time");
        assert_eq!(modified(&same), before);
        assert!(modified(&other) > before);
        fs::remove_dir_all(directory).expect("removed");
    }
}

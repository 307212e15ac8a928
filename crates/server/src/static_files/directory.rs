use std::{
    collections::HashMap,
    fs, io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use sha2::{Digest, Sha256};

use super::Asset;

/// A folder of static files. Each is read once and again when it changes, so that however many clients read slowly, there is one copy.
#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    read: Mutex<HashMap<String, Read>>,
}

#[derive(Clone, Debug)]
struct Read {
    version: (SystemTime, u64),
    asset: Asset,
}

impl Directory {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, read: Mutex::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<Asset> {
        self.find(name).inspect_err(|error| report(error.kind())).ok()
    }

    fn find(&self, name: &str) -> io::Result<Asset> {
        let path = self.confined(name)?;
        let metadata = fs::metadata(&path)?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let version = (metadata.modified()?, metadata.len());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(name).filter(|known| known.version == version) {
            return Ok(known.asset.clone());
        }
        let bytes = fs::read(&path)?;
        let hash = Sha256::digest(&bytes).into();
        let asset = Asset::new(bytes.into(), &hash);
        read.insert(name.to_owned(), Read { version, asset: asset.clone() });
        Ok(asset)
    }

    /// A link may point anywhere inside the folder, and nowhere else.
    fn confined(&self, name: &str) -> io::Result<PathBuf> {
        let root = self.root.canonicalize()?;
        let path = root.join(name).canonicalize()?;
        if path.starts_with(&root) { Ok(path) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// A file that is not there is everyday; one that is there and cannot be read is the operator's to mend.
fn report(kind: io::ErrorKind) {
    if !matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        tracing::warn!(%kind, "a static file cannot be read");
    }
}

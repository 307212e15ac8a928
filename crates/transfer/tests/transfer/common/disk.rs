//! Files at both ends: what is sent, and what becomes of it.

use std::collections::BTreeMap;

use perkoon_protocol::ErrorCode;
use perkoon_transfer::{Entry, Hash};

/// A file on the sender's side.
#[derive(Clone, Debug)]
pub struct TestFile {
    pub path: String,
    pub bytes: Vec<u8>,
    /// Reads fail with this from the offset on.
    pub trouble: Option<(u64, Trouble)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Fails(ErrorCode),
    /// The file has become shorter.
    Short,
}

impl TestFile {
    pub fn new(path: &str, size: usize) -> Self {
        let mut bytes = vec![0; size];
        blake3::Hasher::new().update(path.as_bytes()).finalize_xof().fill(&mut bytes);
        Self { path: path.to_owned(), bytes, trouble: None }
    }

    pub fn entry(&self) -> Entry {
        let path = self.path.split('/').map(str::to_owned).collect();
        Entry { path, size: self.bytes.len() as u64, modified: Some(1_700_000_000_000) }
    }

    pub fn hash(&self) -> Hash {
        Hash(*blake3::hash(&self.bytes).as_bytes())
    }

    /// What a read gives.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, ErrorCode> {
        let start = offset as usize;
        let end = start + length as usize;
        match self.trouble {
            Some((from, Trouble::Fails(code))) if offset >= from => Err(code),
            Some((from, Trouble::Short)) if offset >= from => Ok(self.bytes[start..end - 1].to_vec()),
            _ => Ok(self.bytes[start..end].to_vec()),
        }
    }
}

/// What the receiver has stored.
#[derive(Default)]
pub struct Sink {
    pub files: BTreeMap<u32, Vec<u8>>,
    pub finished: BTreeMap<u32, Hash>,
    pub published: bool,
    pub discarded: bool,
    /// Writes not acknowledged yet: file, offset, bytes.
    pub writing: Vec<(u32, u64, usize)>,
    pub finishing: Vec<u32>,
    pub publishing: bool,
    last_write: Option<(u32, u64)>,
}

impl Sink {
    /// One that has this much of each file from an earlier attempt.
    pub fn keeping(kept: &[Vec<u8>]) -> Self {
        let files = (0..).zip(kept).filter(|(_, bytes)| !bytes.is_empty()).map(|(file, bytes)| (file, bytes.clone()));
        Self { files: files.collect(), ..Self::default() }
    }

    /// Bytes that were handed over.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|bytes| bytes.len() as u64).sum()
    }

    pub fn read_back(&self, file: u32, offset: u64, length: u32) -> Option<Vec<u8>> {
        let start = usize::try_from(offset).ok()?;
        self.files.get(&file)?.get(start..start + length as usize).map(<[u8]>::to_vec)
    }

    pub fn write(&mut self, file: u32, offset: u64, payload: &[Vec<u8>]) {
        assert!(self.last_write < Some((file, offset)), "writes come in order");
        assert!(!self.finished.contains_key(&file), "no write after the finish");
        self.last_write = Some((file, offset));
        let stored = self.files.entry(file).or_default();
        let bytes = payload.concat();
        let start = offset as usize;
        assert!(start <= stored.len(), "no gaps");
        // What an earlier attempt has left there is overwritten.
        let kept = stored.split_off((start + bytes.len()).min(stored.len()));
        stored.truncate(start);
        stored.extend_from_slice(&bytes);
        stored.extend_from_slice(&kept);
        self.writing.push((file, offset, bytes.len()));
    }

    pub fn finish(&mut self, file: u32, hash: Hash) {
        assert!(self.writing.iter().all(|(number, ..)| *number != file), "finished before it was written");
        assert_eq!(file as usize, self.finished.len(), "files finish in order");
        self.files.entry(file).or_default();
        self.finished.insert(file, hash);
        self.finishing.push(file);
    }

    pub fn publish(&mut self, files: usize) {
        assert!(
            self.finished.len() == files && self.finishing.is_empty() && !self.publishing,
            "published once, after all is finished"
        );
        self.publishing = true;
    }

    pub fn discard(&mut self) {
        assert!(!self.discarded && !self.published, "discarded once, and not after it was published");
        *self = Self { discarded: true, ..Self::default() };
    }
}

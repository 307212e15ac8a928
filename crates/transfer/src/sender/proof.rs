//! A sender that begins anew in the middle of a transfer reads again what the receiver has, and compares.

use blake3::Hasher;
use perkoon_protocol::control::Hash;

use super::ledger::Ledger;
use crate::fault::{Checked, ensure};
use crate::manifest::piece_length;

/// The pieces that the receiver has verified, read one after the other. Until all of them are, nothing is answered: bytes of other
/// files must not be added to them.
pub(super) struct Proof {
    /// Where the receiver's bytes end, counted through the files in the order of the offer.
    until: u64,
    read: u64,
    file: u32,
    offset: u64,
    /// The name of the read under way.
    reading: Option<u32>,
    hasher: Box<Hasher>,
    /// What the receiver's pieces come to; none when it has completed the transfer, and its word is taken.
    expected: Option<Hash>,
    /// Digests that the receiver has said meanwhile, of the files after the last one that is known to be done.
    claims: Vec<(u32, Hash)>,
    /// Whether it has said meanwhile that everything is there.
    completed: bool,
}

/// The next piece to read.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub file: u32,
    pub offset: u64,
    pub length: u32,
}

impl Proof {
    pub fn new(until: u64, expected: Option<Hash>) -> Self {
        Self {
            until,
            read: 0,
            file: 0,
            offset: 0,
            reading: None,
            hasher: Box::default(),
            expected,
            claims: Vec::new(),
            completed: false,
        }
    }

    /// The next piece, read under this name; none while one is being read, and once all are.
    pub fn next(&mut self, ledger: &Ledger, read: u32) -> Checked<Option<Step>> {
        if self.reading.is_some() || self.read == self.until {
            return Ok(None);
        }
        let Some(length) = piece_length(ledger.size(self.file), self.offset) else {
            self.file += 1;
            self.offset = 0;
            return self.next(ledger, read);
        };
        ensure(self.read + u64::from(length) <= self.until, "verified bytes that end within a piece")?;
        self.reading = Some(read);
        Ok(Some(Step { file: self.file, offset: self.offset, length }))
    }

    /// Whether this is the read under way; then which piece.
    pub fn awaited(&self, read: u32) -> Option<(u32, u64)> {
        (self.reading == Some(read)).then_some((self.file, self.offset))
    }

    /// The piece was read.
    pub fn hashed(&mut self, length: usize, hash: Hash) {
        self.reading = None;
        self.read += length as u64;
        self.offset += length as u64;
        self.hasher.update(&hash.0);
    }

    /// Whether all pieces are read; then, whether they are what the receiver has.
    pub fn verdict(&self) -> Option<bool> {
        let all = self.read == self.until;
        all.then(|| self.expected.is_none_or(|expected| expected == Hash(*self.hasher.finalize().as_bytes())))
    }

    /// The receiver says that a file is done; the claims are looked at when all pieces are read.
    pub fn claim(&mut self, file: u32, hash: Hash, next: u32) -> Checked {
        ensure(usize::try_from(file - next.min(file)) == Ok(self.claims.len()) && file >= next, "files are not done in order")?;
        self.claims.push((file, hash));
        Ok(())
    }

    /// The receiver says that everything is there.
    pub fn complete(&mut self) {
        self.completed = true;
    }

    /// What was said meanwhile: files that are done, and whether everything is.
    pub fn said(self) -> (Vec<(u32, Hash)>, bool) {
        (self.claims, self.completed)
    }
}

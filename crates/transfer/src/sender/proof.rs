//! A sender that begins anew in the middle of a transfer reads again what the receiver has, and compares.

use blake3::Hasher;
use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::{Entry, Hash, TransferId};

use super::ledger::Ledger;
use super::{Sender, SenderOutput, Stage, Transfer};
use crate::digest::{piece_hash, piece_hasher};
use crate::fault::{Checked, Fault, ensure};
use crate::manifest::{Manifest, own_mistake, piece_length};
use crate::{Event, Payload};

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

impl<B: Payload> Sender<B> {
    /// Takes up a transfer that another sender has begun, if this one has done nothing yet.
    pub(super) fn restore(&mut self, transfer: TransferId, files: Vec<Entry>) {
        if !matches!(self.stage, Stage::Idle) || self.link.is_greeted() || self.last.is_some() {
            return;
        }
        match Manifest::own(transfer, files) {
            Ok(manifest) => self.stage = Stage::Interrupted(Transfer::restored(manifest)),
            Err(fault) => self.end_failed(own_mistake(fault)),
        }
    }

    /// Whether this read is the proof's; then of which piece.
    pub(super) fn proof_awaits(&self, read: u32) -> Option<(u32, u64)> {
        let Stage::Running(transfer) = &self.stage else { return None };
        transfer.proof.as_ref()?.awaited(read)
    }

    /// A piece of what the receiver has was read.
    pub(super) fn read_to_prove(&mut self, file: u32, offset: u64, payload: &B) -> Checked {
        let Stage::Running(transfer) = &mut self.stage else { return Ok(()) };
        let size = transfer.ledger.size(file);
        if piece_length(size, offset) != u32::try_from(payload.len()).ok() {
            return Err(Fault::file(ErrorCode::FileChanged, transfer.name(file)));
        }
        let mut hasher = piece_hasher(offset);
        payload.hash_into(&mut hasher);
        let hash = piece_hash(&hasher, size);
        if let Some(proof) = &mut transfer.proof {
            proof.hashed(payload.len(), hash);
        }
        transfer.ledger.hashed(file, offset, hash);
        self.prove()
    }

    /// Goes on comparing what the receiver has; once that is done, with the transfer.
    pub(super) fn prove(&mut self) -> Checked {
        let Stage::Running(transfer) = &mut self.stage else { return Ok(()) };
        let Some(proof) = &mut transfer.proof else { return self.pump() };
        if let Some(Step { file, offset, length }) = proof.next(&transfer.ledger, self.next_read)? {
            let request = self.next_read;
            self.next_read = request.wrapping_add(1);
            self.outputs.push_back(SenderOutput::Read { request, file, offset, length });
        }
        let same = match proof.verdict() {
            None => return Ok(()),
            Some(same) => same,
        };
        if !same {
            return Err(Fault::new(ErrorCode::FileChanged, "other files than those the transfer was begun with"));
        }
        let (claims, completed) = transfer.proof.take().map(Proof::said).unwrap_or_default();
        transfer.restored = false;
        for (file, hash) in claims {
            transfer.ledger.file_done(file, hash)?;
            self.outputs.push_back(SenderOutput::Event(Event::FileDone { file, hash }));
        }
        if !completed {
            return self.pump();
        }
        let outputs = &mut self.outputs;
        transfer.ledger.completed(|event| outputs.push_back(SenderOutput::Event(event)))?;
        self.end_by_peer(Event::Complete);
        Ok(())
    }
}

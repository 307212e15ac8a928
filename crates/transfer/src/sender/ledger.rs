//! What the receiver may ask for and say: the books of one transfer, without a byte of it.

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::{Entry, Hash};
use perkoon_protocol::limits::{PIECE_BYTES, WINDOW_BYTES};

use crate::Event;
use crate::digest::{Digest, empty_digest};
use crate::fault::{Checked, Fault, ensure};
use crate::manifest::piece_length;

/// The books.
pub(super) struct Ledger {
    files: Vec<File>,
    bytes: u64,
    next_request: u32,
    requested: u64,
    sent: u64,
    written: u64,
    done: usize,
    /// Where the written bytes end when they are counted towards the files in order.
    written_file: usize,
    written_in_file: u64,
}

struct File {
    size: u64,
    hashing: Hashing,
}

enum Hashing {
    /// Nothing read yet.
    Untouched,
    /// Some pieces read.
    Pieces(Box<Pieces>),
    /// The receiver has it, verified and flushed.
    Done,
}

impl File {
    /// The digest, once every piece was read.
    fn digest(&self) -> Option<Hash> {
        let pieces = self.size.div_ceil(u64::from(PIECE_BYTES));
        match &self.hashing {
            Hashing::Untouched if pieces == 0 => Some(empty_digest()),
            Hashing::Pieces(read) if read.digest.pieces() == pieces => Some(read.digest.clone().finish()),
            _ => None,
        }
    }
}

/// Pieces may be read in any order; those ahead of the first gap wait.
#[derive(Default)]
struct Pieces {
    digest: Digest,
    ahead: Vec<(u64, Hash)>,
}

impl Pieces {
    fn add(&mut self, index: u64, hash: Hash) {
        if index < self.digest.pieces() || self.ahead.iter().any(|(ahead, _)| *ahead == index) {
            return;
        }
        self.ahead.push((index, hash));
        while let Some(next) = self.ahead.iter().position(|(index, _)| *index == self.digest.pieces()) {
            self.digest.push(self.ahead.swap_remove(next).1);
        }
    }
}

impl Ledger {
    pub fn new(entries: &[Entry], bytes: u64) -> Self {
        let file = |entry: &Entry| File { size: entry.size, hashing: Hashing::Untouched };
        Self {
            files: entries.iter().map(file).collect(),
            bytes,
            next_request: 0,
            requested: 0,
            sent: 0,
            written: 0,
            done: 0,
            written_file: 0,
            written_in_file: 0,
        }
    }

    /// Examines a request, or a check, and books it.
    pub fn request(&mut self, request: u32, file: u32, offset: u64, length: u32) -> Checked {
        ensure(request == self.next_request, "requests do not count up")?;
        let size = self.file(file)?.size;
        ensure(piece_length(size, offset) == Some(length), "a request that is not a piece of the file")?;
        let requested = self.requested + u64::from(length);
        ensure(requested - self.written <= WINDOW_BYTES, "more requested than the window holds")?;
        self.next_request = request.wrapping_add(1);
        self.requested = requested;
        Ok(())
    }

    /// A piece was checked. The same bytes are as good as sent; others are going to be requested.
    pub fn compared(&mut self, length: u32, same: bool) {
        if same {
            self.sent += u64::from(length);
        } else {
            self.requested -= u64::from(length);
        }
    }

    /// Another connection goes on from `bytes`, which the receiver has verified. Whatever else was on its way is lost.
    pub fn reopen(&mut self, bytes: u64) -> Checked {
        ensure(bytes >= self.written, "fewer bytes verified than were written")?;
        ensure(bytes <= self.sent, "more bytes verified than sent")?;
        (self.requested, self.sent, self.next_request) = (bytes, bytes, 0);
        Ok(())
    }

    /// The receiver has verified `bytes` that were sent before these books were begun.
    pub fn restore(&mut self, bytes: u64) -> Checked {
        ensure(bytes <= self.bytes, "more bytes verified than offered")?;
        (self.requested, self.sent, self.next_request) = (bytes, bytes, 0);
        Ok(())
    }

    /// Bytes that the receiver has written, as far as it said, and files that it has done.
    pub fn standing(&self) -> (u64, u32) {
        (self.written, index(self.done))
    }

    /// The receiver has completed the transfer, and what it said of it is lost.
    pub fn completed(&mut self, mut tell: impl FnMut(Event)) -> Checked {
        ensure(self.sent >= self.bytes, "complete before everything is sent")?;
        self.written(self.bytes, &mut tell)?;
        while let Some(file) = self.files.get(self.done) {
            let hash = file.digest().ok_or_else(|| Fault::protocol("complete before everything is sent"))?;
            self.file_done(index(self.done), hash)?;
            tell(Event::FileDone { file: index(self.done - 1), hash });
        }
        Ok(())
    }

    /// Bytes went onto a lane.
    pub fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// A piece was read; the caller has it from a request that was checked.
    pub fn hashed(&mut self, file: u32, offset: u64, hash: Hash) {
        let Ok(file) = self.file_mut(file) else { return };
        if let Hashing::Untouched = file.hashing {
            file.hashing = Hashing::Pieces(Box::default());
        }
        if let Hashing::Pieces(pieces) = &mut file.hashing {
            pieces.add(offset / u64::from(PIECE_BYTES), hash);
        }
    }

    /// The receiver has written so many bytes.
    pub fn written(&mut self, bytes: u64, mut tell: impl FnMut(Event)) -> Checked {
        ensure(bytes >= self.written, "fewer bytes written than before")?;
        ensure(bytes <= self.sent.min(self.bytes), "more bytes written than sent")?;
        let mut fresh = bytes - self.written;
        self.written = bytes;
        while fresh > 0 {
            let size = self.files[self.written_file].size;
            let step = fresh.min(size - self.written_in_file);
            fresh -= step;
            self.written_in_file += step;
            if step > 0 {
                tell(Event::FileProgress { file: index(self.written_file), bytes: self.written_in_file });
            }
            if self.written_in_file == size && fresh > 0 {
                self.written_file += 1;
                self.written_in_file = 0;
            }
        }
        tell(Event::Progress { bytes });
        Ok(())
    }

    /// The receiver has verified and flushed a file, and merged this digest.
    pub fn file_done(&mut self, number: u32, claimed: Hash) -> Checked {
        ensure(usize::try_from(number) == Ok(self.done), "files are not done in order")?;
        let file = self.file_mut(number)?;
        let digest = file.digest().ok_or_else(|| Fault::protocol("a file is done before it was sent"))?;
        file.hashing = Hashing::Done;
        if digest != claimed {
            return Err(Fault::new(ErrorCode::IntegrityMismatch, "the file's digest is another one here"));
        }
        self.done += 1;
        Ok(())
    }

    /// The receiver says that everything is done.
    pub fn complete(&self) -> Checked {
        ensure(self.done == self.files.len() && self.written == self.bytes, "complete before everything is done")
    }

    pub fn size(&self, file: u32) -> u64 {
        self.file(file).map_or(0, |file| file.size)
    }

    fn file(&self, number: u32) -> Checked<&File> {
        usize::try_from(number).ok().and_then(|index| self.files.get(index)).ok_or_else(unknown_file)
    }

    fn file_mut(&mut self, number: u32) -> Checked<&mut File> {
        usize::try_from(number).ok().and_then(|index| self.files.get_mut(index)).ok_or_else(unknown_file)
    }
}

fn unknown_file() -> Fault {
    Fault::protocol("a file that was not offered")
}

fn index(file: usize) -> u32 {
    u32::try_from(file).expect("an offer's files are bounded")
}

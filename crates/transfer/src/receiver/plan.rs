//! What is to be fetched, in which order: file after file, ascending offsets.

use perkoon_protocol::control::Entry;

use crate::manifest::piece_length;

/// The offered files and how far they have been asked for.
pub(super) struct Plan {
    files: Vec<File>,
    next_file: usize,
    next_offset: u64,
}

struct File {
    name: String,
    size: u64,
    arrived: u64,
    kept: u64,
}

/// The next piece to ask for.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub file: u32,
    pub offset: u64,
    pub length: u32,
    /// The sink has it from an earlier attempt.
    pub kept: bool,
}

impl Step {
    /// The byte after its last.
    pub fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

impl Plan {
    /// The sink has the first `kept` bytes of each file.
    pub fn new(entries: Vec<Entry>, kept: Vec<u64>) -> Self {
        let file = |(mut entry, kept): (Entry, u64)| File {
            name: entry.path.pop().unwrap_or_default(),
            size: entry.size,
            arrived: 0,
            kept,
        };
        let kept = kept.into_iter().chain(std::iter::repeat(0));
        Self { files: entries.into_iter().zip(kept).map(file).collect(), next_file: 0, next_offset: 0 }
    }

    /// Back to where the first `bytes` of all files together are here and nothing after them was asked for.
    pub fn rewind(&mut self, bytes: u64) {
        let mut rest = bytes;
        for file in &mut self.files {
            file.arrived = rest.min(file.size);
            rest -= file.arrived;
        }
        let missing = self.files.iter().position(|file| file.arrived < file.size);
        self.next_file = missing.unwrap_or(self.files.len());
        self.next_offset = missing.map_or(0, |file| self.files[file].arrived);
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |file| &file.name)
    }

    pub fn size(&self, file: u32) -> u64 {
        self.files.get(file as usize).map_or(0, |file| file.size)
    }

    /// More bytes of a file are here; all that are.
    pub fn arrived(&mut self, file: u32, bytes: u64) -> u64 {
        self.files.get_mut(file as usize).map_or(0, |file| {
            file.arrived += bytes;
            file.arrived
        })
    }

    /// The file asked for next; everything before it has been asked for in full.
    pub fn next_file(&self) -> usize {
        self.next_file
    }

    /// The next piece, not going beyond file number `end`. Files without bytes are passed by.
    pub fn peek(&mut self, end: usize) -> Option<Step> {
        loop {
            let file = self.files.get(self.next_file).filter(|_| self.next_file < end)?;
            if let Some(length) = piece_length(file.size, self.next_offset) {
                let kept = self.next_offset + u64::from(length) <= file.kept;
                let file = u32::try_from(self.next_file).expect("an offer's files are bounded");
                return Some(Step { file, offset: self.next_offset, length, kept });
            }
            self.next_file += 1;
            self.next_offset = 0;
        }
    }

    /// The piece last peeked at is asked for.
    pub fn advance(&mut self, step: Step) {
        self.next_offset = step.end();
        if self.next_offset == self.size(step.file) {
            self.next_file += 1;
            self.next_offset = 0;
        }
    }
}

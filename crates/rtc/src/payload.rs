//! File bytes that are passed on without copying.

use std::ops::Range;

use bytes::Bytes;
use perkoon_transfer::Payload;

/// Bytes of a file, shared by whoever passes them on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk(pub Bytes);

impl Payload for Chunk {
    fn empty() -> Self {
        Self::default()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn slice(&self, range: Range<usize>) -> Self {
        Self(self.0.slice(range))
    }

    fn hash_into(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.0);
    }
}

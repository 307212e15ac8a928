//! File bytes the core passes on without looking into them.

use std::ops::Range;

/// Bytes the core passes on without copying: a JavaScript buffer in the browser, `Vec<u8>` in tests.
pub trait Payload: Sized {
    /// No bytes: stands on a lane for a piece that cannot be served.
    fn empty() -> Self;

    /// How many bytes.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// These bytes of it; a view where the platform has views. The range is within `0..len`.
    fn slice(&self, range: Range<usize>) -> Self;

    /// Feeds every byte to the hasher.
    fn hash_into(&self, hasher: &mut blake3::Hasher);
}

impl Payload for Vec<u8> {
    fn empty() -> Self {
        Self::new()
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn slice(&self, range: Range<usize>) -> Self {
        self[range].to_vec()
    }

    fn hash_into(&self, hasher: &mut blake3::Hasher) {
        hasher.update(self);
    }
}

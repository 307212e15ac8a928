//! BLAKE3 by pieces: each piece is a subtree, and the subtrees' chaining values merge to the file's ordinary digest.

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use perkoon_protocol::control::Hash;
use perkoon_protocol::limits::PIECE_BYTES;

/// A hasher for the piece that starts at `offset` of its file.
pub fn piece_hasher(offset: u64) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(offset);
    hasher
}

/// The hash of a piece whose bytes the hasher has seen: its subtree's chaining value, or the root hash when it is the whole file.
pub fn piece_hash(hasher: &Hasher, file_size: u64) -> Hash {
    if file_size <= u64::from(PIECE_BYTES) { Hash(*hasher.finalize().as_bytes()) } else { Hash(hasher.finalize_non_root()) }
}

/// The digest of a file without bytes, which has no pieces.
pub fn empty_digest() -> Hash {
    Hash(*Hasher::new().finalize().as_bytes())
}

/// Merges the hashes of a file's pieces, pushed in order, to the file's digest. Holds one chaining value for each bit set in the
/// number of pieces so far, and one more.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    stack: Vec<ChainingValue>,
    pieces: u64,
}

impl Digest {
    /// A digest of no pieces yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pieces were pushed.
    pub fn pieces(&self) -> u64 {
        self.pieces
    }

    /// The next piece's hash.
    pub fn push(&mut self, piece: Hash) {
        // Merging waits for the next push, because the very last merge of a file is a different one: the root's.
        while self.stack.len() > self.pieces.count_ones() as usize {
            self.merge_top();
        }
        self.stack.push(piece.0);
        self.pieces += 1;
    }

    /// The file's digest, once every piece was pushed; of no pieces, the digest of an empty file.
    pub fn finish(mut self) -> Hash {
        while self.stack.len() > 2 {
            self.merge_top();
        }
        match self.stack.as_slice() {
            [] => empty_digest(),
            [whole] => Hash(*whole),
            [left, right, ..] => Hash(*merge_subtrees_root(left, right, Mode::Hash).as_bytes()),
        }
    }

    fn merge_top(&mut self) {
        if let (Some(right), Some(left)) = (self.stack.pop(), self.stack.pop()) {
            self.stack.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes by pieces of one chunk; the shape of the tree is the same as with larger pieces.
    fn by_chunks(bytes: &[u8]) -> Hash {
        let mut digest = Digest::new();
        for (index, chunk) in bytes.chunks(1024).enumerate() {
            let mut hasher = piece_hasher(index as u64 * 1024);
            hasher.update(chunk);
            digest.push(if bytes.len() <= 1024 { piece_hash(&hasher, 0) } else { Hash(hasher.finalize_non_root()) });
        }
        digest.finish()
    }

    #[test]
    fn pieces_merge_to_the_ordinary_digest() {
        let bytes: Vec<u8> = (0..70_000_u32).map(|number| (number % 251) as u8).collect();
        for length in (0..=66 * 1024).step_by(512).chain([1, 1023, 1025, 65_535, 65_537]) {
            let expected = *blake3::hash(&bytes[..length]).as_bytes();
            assert_eq!(by_chunks(&bytes[..length]), Hash(expected), "{length} bytes");
        }
    }

    #[test]
    fn whole_pieces_merge_too() {
        let piece = PIECE_BYTES as usize;
        let bytes: Vec<u8> = (0..2 * piece + 5).map(|number| (number % 253) as u8).collect();
        for length in [1, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 5] {
            let mut digest = Digest::new();
            for (index, part) in bytes[..length].chunks(piece).enumerate() {
                let mut hasher = piece_hasher((index * piece) as u64);
                hasher.update(part);
                digest.push(piece_hash(&hasher, length as u64));
            }
            assert_eq!(digest.finish(), Hash(*blake3::hash(&bytes[..length]).as_bytes()), "{length} bytes");
        }
    }
}

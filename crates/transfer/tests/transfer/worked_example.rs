//! The example in `docs/PROTOCOL.md` is true.

use perkoon_protocol::limits::PIECE_BYTES;
use perkoon_transfer::digest::{Digest, empty_digest, piece_hash, piece_hasher};

const PROTOCOL: &str = include_str!("../../../../docs/PROTOCOL.md");

fn pieces(file: &[u8]) -> Vec<perkoon_transfer::Hash> {
    let hash = |(index, piece): (usize, &[u8])| {
        let mut hasher = piece_hasher(index as u64 * u64::from(PIECE_BYTES));
        hasher.update(piece);
        piece_hash(&hasher, file.len() as u64)
    };
    file.chunks(PIECE_BYTES as usize).enumerate().map(hash).collect()
}

#[test]
fn the_documents_hashes_are_the_ones_computed() {
    let file: Vec<u8> = (0..2_097_157_u32).map(|index| (index % 251) as u8).collect();
    let mut digest = Digest::new();
    let mut values = pieces(&file);
    values.iter().for_each(|piece| digest.push(*piece));
    values.push(digest.finish());
    values.extend(pieces(&file[..3000]));
    values.push(empty_digest());
    assert_eq!(values.len(), 6);
    for value in values {
        assert!(PROTOCOL.contains(&format!("`{value}`")), "{value}");
    }
}

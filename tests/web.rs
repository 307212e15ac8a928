//! What has to hold in a real browser: `cargo xtask test` runs this file in Chromium.
#![cfg(target_arch = "wasm32")]

use blake3::Hasher;
use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use perkoon_protocol::limits::PIECE_BYTES;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The input of BLAKE3's published test vectors: 0, 1, … 250, again and again.
fn vector_input(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

fn chaining_value(bytes: &[u8], offset: usize) -> [u8; 32] {
    Hasher::new().set_input_offset(offset as u64).update(bytes).finalize_non_root()
}

#[wasm_bindgen_test]
fn published_test_vectors_come_out_of_the_simd_code() {
    let expected = [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (102_400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ];
    for (length, digest) in expected {
        assert_eq!(blake3::hash(&vector_input(length)).to_hex().as_str(), digest, "{length} bytes");
    }
}

#[wasm_bindgen_test]
fn pieces_merge_to_the_digest_that_other_programs_print() {
    let piece = PIECE_BYTES as usize;
    let input = vector_input(2 * piece + piece / 2 + 1);
    let [first, second] = [0, piece].map(|start| chaining_value(&input[start..start + piece], start));
    let third = chaining_value(&input[2 * piece..], 2 * piece);
    let digest = merge_subtrees_root(&merge_subtrees_non_root(&first, &second, Mode::Hash), &third, Mode::Hash);
    assert_eq!(digest.to_hex().as_str(), "91d2175f794f733b0d03440884c1c380676bc8343d077a28dfc3697bdabdf58b");
}

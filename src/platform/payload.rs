//! File bytes as JavaScript keeps them. Only hashing brings them into wasm memory, one lane message at a time.

use std::{cell::RefCell, ops::Range};

use js_sys::Uint8Array;
use perkoon_transfer::Payload;

/// Bytes copied into wasm memory at once for hashing. A piece read from a file is longer than a lane message.
const SCRATCH_BYTES: usize = 256 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// A view of a JavaScript buffer.
#[derive(Clone)]
pub struct Buffer(pub Uint8Array);

impl Payload for Buffer {
    fn empty() -> Self {
        Self(Uint8Array::new_with_length(0))
    }

    fn len(&self) -> usize {
        self.0.byte_length() as usize
    }

    fn slice(&self, range: Range<usize>) -> Self {
        Self(self.0.subarray(range.start as u32, range.end as u32))
    }

    fn hash_into(&self, hasher: &mut blake3::Hasher) {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut start = 0;
            while start < self.len() {
                let end = self.len().min(start + SCRATCH_BYTES);
                let part = &mut scratch[..end - start];
                self.0.subarray(start as u32, end as u32).copy_to(part);
                hasher.update(part);
                start = end;
            }
        });
    }
}

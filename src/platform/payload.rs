//! File bytes as JavaScript keeps them. Only hashing brings them into wasm memory, one lane message at a time.

use std::{cell::RefCell, ops::Range, rc::Rc};

use js_sys::{ArrayBuffer, Uint8Array};
use perkoon_protocol::limits::PIECE_BYTES;
use perkoon_transfer::Payload;

/// Bytes copied into wasm memory at once for hashing. A piece read from a file is longer than a lane message.
const SCRATCH_BYTES: usize = 256 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// A view of a JavaScript buffer.
#[derive(Clone)]
pub struct Buffer {
    /// The bytes.
    pub bytes: Uint8Array,
    _lent: Option<Rc<Lent>>,
}

impl From<Uint8Array> for Buffer {
    fn from(bytes: Uint8Array) -> Self {
        Self { bytes, _lent: None }
    }
}

/// Memory for pieces, used over and over: left to the garbage collector, tens of megabytes pile up.
#[derive(Clone, Default)]
pub struct Pool(Rc<RefCell<Vec<ArrayBuffer>>>);

impl Pool {
    /// Memory for one piece.
    pub fn take(&self) -> ArrayBuffer {
        self.0.borrow_mut().pop().unwrap_or_else(|| ArrayBuffer::new(PIECE_BYTES))
    }

    /// The first `length` bytes of what was taken, which comes back when nothing uses them any more.
    pub fn lend(&self, memory: ArrayBuffer, length: u32) -> Buffer {
        let bytes = Uint8Array::new_with_byte_offset_and_length(&memory, 0, length);
        Buffer { bytes, _lent: Some(Rc::new(Lent { memory, pool: self.clone() })) }
    }
}

struct Lent {
    memory: ArrayBuffer,
    pool: Pool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.pool.0.borrow_mut().push(self.memory.clone());
    }
}

impl Payload for Buffer {
    fn empty() -> Self {
        Uint8Array::new_with_length(0).into()
    }

    fn len(&self) -> usize {
        self.bytes.byte_length() as usize
    }

    fn slice(&self, range: Range<usize>) -> Self {
        Self { bytes: self.bytes.subarray(range.start as u32, range.end as u32), _lent: self._lent.clone() }
    }

    fn hash_into(&self, hasher: &mut blake3::Hasher) {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut start = 0;
            while start < self.len() {
                let end = self.len().min(start + SCRATCH_BYTES);
                let part = &mut scratch[..end - start];
                self.bytes.subarray(start as u32, end as u32).copy_to(part);
                hasher.update(part);
                start = end;
            }
        });
    }
}

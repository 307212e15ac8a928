//! Reading the sender's files, a block at a time.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::{error_name, payload::Buffer};

/// Bytes read at once. Each read costs the page a call into the browser's process that it has to wait for: with four pieces a read,
/// reading takes half the processor time (measured in Chromium 156).
const BLOCK_BYTES: u64 = 4 << 20;

/// Reads pieces, each from the block that the browser is reading or has read last.
#[derive(Default)]
pub struct Reader {
    block: Option<Block>,
}

struct Block {
    file: u32,
    start: u64,
    end: u64,
    /// Of an `ArrayBuffer`.
    bytes: Promise,
}

impl Block {
    fn holds(&self, file: u32, start: u64, end: u64) -> bool {
        self.file == file && self.start <= start && end <= self.end
    }
}

impl Reader {
    /// Forgets what was read: the next piece comes from the file as it is then.
    pub fn forget(&mut self) {
        self.block = None;
    }

    /// Reads `length` bytes from `offset` of `content`, the file with the number `file`. The result can be awaited later.
    ///
    /// # Errors
    /// `FILE_UNREADABLE` when the file is gone, `FILE_CHANGED` when it is no longer what the person picked: browsers then refuse to
    /// read it, or give fewer bytes.
    pub fn read(
        &mut self,
        file: u32,
        content: &File,
        offset: u64,
        length: u32,
    ) -> impl Future<Output = Result<Buffer, ErrorCode>> + use<> {
        let end = offset + u64::from(length);
        let block = match &self.block {
            Some(block) if block.holds(file, offset, end) => Ok((block.bytes.clone(), offset - block.start)),
            _ => self.start(file, content, offset, end).map(|bytes| (bytes, 0)),
        };
        async move {
            let (bytes, start) = block?;
            let bytes: ArrayBuffer = JsFuture::from(bytes).await.map_err(|error| failure(&error))?.unchecked_into();
            if start + u64::from(length) > u64::from(bytes.byte_length()) {
                return Err(ErrorCode::FileChanged);
            }
            Ok(Buffer(Uint8Array::new_with_byte_offset_and_length(&bytes, start as u32, length)))
        }
    }

    fn start(&mut self, file: u32, content: &File, start: u64, end: u64) -> Result<Promise, ErrorCode> {
        let end = end.max((start + BLOCK_BYTES).min(content.size() as u64));
        let range = content.slice_with_f64_and_f64(start as f64, end as f64).map_err(|_| ErrorCode::FileUnreadable)?;
        let bytes: Promise = range.array_buffer().unchecked_into();
        self.block = Some(Block { file, start, end, bytes: bytes.clone() });
        Ok(bytes)
    }
}

/// Browsers say `NotReadableError` when the file's time or size differs from when it was picked, `NotFoundError` when it is gone.
fn failure(error: &JsValue) -> ErrorCode {
    if error_name(error) == "NotReadableError" { ErrorCode::FileChanged } else { ErrorCode::FileUnreadable }
}

//! Reading the sender's files, a piece at a time.

use std::{cell::Cell, rc::Rc};

use futures::channel::oneshot;
use js_sys::{Function, Uint8Array};
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, ReadableStreamByobReader};

use super::{
    error_name, object,
    payload::{Buffer, Pool},
    property,
};

/// A stream is opened for so many bytes. Each opening costs the page a call into the browser's process that it has to wait for; but it
/// is also when the browser looks whether the file is still the one that the person picked.
const STREAM_BYTES: u64 = 16 << 20;

/// Reads pieces, one after the other from the same stream as long as they follow each other: that takes half the processor time of
/// reading each by itself (measured in Chromium 156). A file of one piece is read by itself, at the same time as others.
#[derive(Default)]
pub struct Reader {
    /// The stream as the read before leaves it.
    stream: Option<oneshot::Receiver<Stream>>,
    /// The browser has no streams to read into one's own memory.
    no_streams: Rc<Cell<bool>>,
    memory: Pool,
}

/// A part of a file, open for reading.
struct Stream {
    file: u32,
    position: u64,
    end: u64,
    reader: ReadableStreamByobReader,
}

impl Reader {
    /// Forgets what is open: the next piece comes from the file as it is then.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Reads `length` bytes from `offset` of `content`, the file with the number `file`. The result can be awaited later; reads are
    /// done in the order they were asked for.
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
        let whole = offset == 0 && f64::from(length) == content.size();
        let (pass_on, before) = if whole || self.no_streams.get() {
            (None, None)
        } else {
            let (pass_on, next) = oneshot::channel();
            (Some(pass_on), self.stream.replace(next))
        };
        let (content, memory, no_streams) = (content.clone(), self.memory.clone(), Rc::clone(&self.no_streams));
        async move {
            let mut piece = None;
            if let Some(pass_on) = pass_on {
                let open = match before {
                    Some(before) => before.await.ok().filter(|stream| stream.continues(file, offset, length)),
                    None => None,
                };
                let mut stream = open.or_else(|| Stream::open(file, &content, offset));
                no_streams.set(stream.is_none());
                if let Some(stream) = &mut stream {
                    piece = stream.read(length, &memory).await;
                }
                let last = offset + u64::from(length) == content.size() as u64;
                if let Some(piece) = piece.take_if(|_| !last) {
                    // Nobody may be left who wants the rest.
                    let _ = stream.map(|stream| pass_on.send(stream));
                    return Ok(piece);
                }
            }
            // A stream does not say what is wrong with its file, nor whether the file has changed since it was opened.
            let found = read_at_once(&content, offset, if piece.is_some() { 1 } else { length }).await?;
            Ok(piece.unwrap_or(found))
        }
    }
}

impl Stream {
    /// `None` where the browser has no streams to read into one's own memory.
    fn open(file: u32, content: &File, start: u64) -> Option<Self> {
        let end = (start + STREAM_BYTES).min(content.size() as u64);
        let stream = range(content, start, end).ok()?.stream();
        let get_reader: Function = property(&stream, "getReader").dyn_into().ok()?;
        let reader = get_reader.call1(&stream, &object(&[("mode", "byob".into())])).ok()?.unchecked_into();
        Some(Self { file, position: start, end, reader })
    }

    fn continues(&self, file: u32, offset: u64, length: u32) -> bool {
        self.file == file && self.position == offset && offset + u64::from(length) <= self.end
    }

    /// The next `length` bytes; `None` when they cannot be read.
    async fn read(&mut self, length: u32, pool: &Pool) -> Option<Buffer> {
        let mut memory = pool.take();
        let mut filled = 0;
        while filled < length {
            let rest = Uint8Array::new_with_byte_offset_and_length(&memory, filled, length - filled);
            let read = JsFuture::from(self.reader.read_with_array_buffer_view(&rest)).await.ok()?;
            // At the end of the stream there is no view, or an empty one.
            let bytes: Uint8Array = property(&read, "value").dyn_into().ok()?;
            filled += Some(bytes.byte_length()).filter(|&length| length > 0)?;
            memory = bytes.buffer();
        }
        self.position += u64::from(length);
        Some(pool.lend(memory, length))
    }
}

fn range(content: &File, start: u64, end: u64) -> Result<Blob, ErrorCode> {
    content.slice_with_f64_and_f64(start as f64, end as f64).map_err(|_| ErrorCode::FileUnreadable)
}

async fn read_at_once(content: &File, offset: u64, length: u32) -> Result<Buffer, ErrorCode> {
    let bytes = range(content, offset, offset + u64::from(length))?.array_buffer();
    let bytes = Uint8Array::new(&JsFuture::from(bytes).await.map_err(|error| failure(&error))?);
    if bytes.byte_length() == length { Ok(bytes.into()) } else { Err(ErrorCode::FileChanged) }
}

/// Browsers say `NotReadableError` when the file's time or size differs from when it was picked, `NotFoundError` when it is gone.
fn failure(error: &JsValue) -> ErrorCode {
    if error_name(error) == "NotReadableError" { ErrorCode::FileChanged } else { ErrorCode::FileUnreadable }
}

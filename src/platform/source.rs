//! Reading the sender's files, a range at a time.

use js_sys::Uint8Array;
use perkoon_protocol::ErrorCode;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::{error_name, payload::Buffer};

/// Reads `length` bytes from `offset`.
///
/// # Errors
/// `FILE_UNREADABLE` when the file is gone, `FILE_CHANGED` when it is no longer what the person picked: browsers then refuse to
/// read it, or give fewer bytes.
pub async fn read(file: &File, offset: u64, length: u32) -> Result<Buffer, ErrorCode> {
    let end = offset + u64::from(length);
    let range = file.slice_with_f64_and_f64(offset as f64, end as f64).map_err(|_| ErrorCode::FileUnreadable)?;
    let buffer = JsFuture::from(range.array_buffer()).await.map_err(|error| failure(&error))?;
    let bytes = Uint8Array::new(&buffer);
    if bytes.byte_length() == length { Ok(Buffer(bytes)) } else { Err(ErrorCode::FileChanged) }
}

/// Browsers say `NotReadableError` when the file's time or size differs from when it was picked, `NotFoundError` when it is gone.
fn failure(error: &JsValue) -> ErrorCode {
    if error_name(error) == "NotReadableError" { ErrorCode::FileChanged } else { ErrorCode::FileUnreadable }
}

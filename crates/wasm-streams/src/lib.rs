//! Stands in for the crate of this name.
//!
//! Leptos needs it for server functions that stream, and this application has no server functions at all. The real one exports classes
//! to JavaScript, so that no linker can leave them out: kilobytes of program that nothing ever calls. This one has what leptos is
//! compiled against, and nothing behind it.

use futures::stream::Pending;
use wasm_bindgen::JsValue;

/// A stream of the browser's.
#[derive(Debug)]
pub struct ReadableStream(());

impl ReadableStream {
    /// Takes a stream of the browser's.
    ///
    /// # Panics
    /// Always: there are no server functions.
    pub fn from_raw(_raw: web_sys::ReadableStream) -> Self {
        unused()
    }

    /// Makes a stream of a Rust one.
    ///
    /// # Panics
    /// Always: there are no server functions.
    pub fn from_stream<S>(_stream: S) -> Self {
        unused()
    }

    /// The stream of the browser's.
    ///
    /// # Panics
    /// Always: there are no server functions.
    pub fn into_raw(self) -> web_sys::ReadableStream {
        unused()
    }

    /// What the stream holds, as a Rust stream.
    ///
    /// # Panics
    /// Always: there are no server functions.
    pub fn into_stream(self) -> Pending<Result<JsValue, JsValue>> {
        unused()
    }
}

fn unused() -> ! {
    unreachable!("this application has no server functions")
}

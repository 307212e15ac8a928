//! How the page calls the tools: [`reserve`] room for the request and write it there, call a tool, and read its answer [`at`] the
//! address that says. To reserve nothing wipes the answer.
// Exporting a function under its own name is unsafe as far as the compiler is concerned, for names could clash; the module has no others.
#![allow(unsafe_code)]

use std::cell::RefCell;

use zeroize::Zeroizing;

/// What a tool says that has no answer.
const NONE: i32 = -1;

thread_local! {
    /// The request, then the answer.
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a request of so many bytes, wiping whatever was there. Its address.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    exchange(vec![0; length]);
    at()
}

/// The address of the request or answer.
#[unsafe(no_mangle)]
pub extern "C" fn at() -> *mut u8 {
    BYTES.with_borrow_mut(Vec::as_mut_ptr)
}

/// See [`crate::qr`]. The answer's length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn qr() -> i32 {
    answer(crate::qr)
}

/// See [`crate::words`]. The answer's length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn words() -> i32 {
    answer(crate::words)
}

/// See [`crate::start`]. The answer's length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> i32 {
    answer(crate::start)
}

/// See [`crate::finish`]. The answer's length, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn finish() -> i32 {
    answer(crate::finish)
}

fn answer(tool: fn(&[u8]) -> Option<Vec<u8>>) -> i32 {
    let answer = tool(&exchange(Vec::new()));
    let length = answer.as_ref().map_or(NONE, |answer| i32::try_from(answer.len()).unwrap_or(NONE));
    exchange(answer.unwrap_or_default());
    length
}

/// Takes what was there, to be wiped when it is dropped.
fn exchange(bytes: Vec<u8>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(BYTES.replace(bytes))
}

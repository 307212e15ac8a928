//! What only sessions need of the page's program, as a module of its own that the page loads when it first wants it: QR codes, the words
//! that people compare, and the exchange that proves a password.
//!
//! Every tool takes a request in bytes and answers in bytes. None keeps anything between two calls, so there is nothing to give back, and
//! a module that could not be loaded is simply tried again. `exports.rs` says how bytes get in and out of WebAssembly.

mod exchange;
#[cfg(target_arch = "wasm32")]
pub mod exports;
mod qr;

pub use exchange::{finish, start};
pub use qr::qr;

/// The words for four bytes, with spaces between them. `None` for anything but four bytes.
pub fn words(request: &[u8]) -> Option<Vec<u8>> {
    Some(perkoon_trust::words(request.try_into().ok()?).join(" ").into_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn four_bytes_have_words() {
        assert_eq!(super::words(&[0, 1, 0xfe, 0xff]).as_deref(), Some(&b"aardvark absurd woodlark zulu"[..]));
        assert_eq!(super::words(&[0; 3]), None);
    }
}

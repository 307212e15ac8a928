//! Received files that scripts may still read, by their number in the offer.

use std::{cell::RefCell, collections::HashMap};

use js_sys::Array;
use web_sys::{Blob, File};

use super::run::ReceivedFile;

thread_local! {
    static KEPT: RefCell<HashMap<u32, File>> = RefCell::default();
}

/// The file, if its way of being kept can give it back and nobody has released it.
pub fn file(id: u32) -> Option<File> {
    KEPT.with_borrow(|kept| kept.get(&id).cloned())
}

/// Lets go of a file: memory goes back to the browser.
pub fn release(id: u32) {
    KEPT.with_borrow_mut(|kept| kept.remove(&id));
}

/// Lets go of everything, for the next transfer.
pub fn release_all() {
    KEPT.with_borrow_mut(HashMap::clear);
}

/// Keeps the whole content of file number `index`.
pub(super) fn keep(index: usize, received: &ReceivedFile, content: &Blob) {
    if let Ok(file) = File::new_with_blob_sequence(&Array::of1(content), &received.saved_as) {
        KEPT.with_borrow_mut(|kept| kept.insert(index as u32, file));
    }
}

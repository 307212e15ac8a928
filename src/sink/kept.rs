//! Received files that scripts may still read, by their number in the offer: those of the last transfer, for an hour.

use std::cell::RefCell;

use gloo::timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{Blob, File};

use super::{folders, run::ReceivedFile};

/// What nobody releases is let go of after this long.
const KEPT_MS: u32 = 60 * 60 * 1000;

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

#[derive(Default)]
struct Kept {
    files: Vec<(u32, File)>,
    /// The private folder that holds their bytes and needs them no longer for anything else.
    folder: Option<String>,
    _end: Option<Timeout>,
}

/// The file, if its way of being kept can give it back and nobody has released it.
pub fn file(id: u32) -> Option<File> {
    KEPT.with_borrow(|kept| kept.files.iter().find(|(of, _)| *of == id).map(|(_, file)| file.clone()))
}

/// Lets go of a file: its memory, or its place on the disk, goes back to the browser.
pub fn release(id: u32) {
    let released = KEPT.with_borrow_mut(|kept| {
        let index = kept.files.iter().position(|(of, _)| *of == id)?;
        kept.files.swap_remove(index);
        if kept.files.is_empty() { Some((kept.folder.take()?, None)) } else { Some((kept.folder.clone()?, Some(id.to_string()))) }
    });
    if let Some((folder, file)) = released {
        drop(folders::remove(&folder, file.as_deref()));
    }
}

/// Lets go of everything, for the next transfer.
pub fn release_all() {
    if let Some(folder) = KEPT.take().folder {
        drop(folders::remove(&folder, None));
    }
}

/// Keeps the whole content of file number `index`.
pub(super) fn keep(index: u32, received: &ReceivedFile, content: &Blob) {
    if let Some(file) = named(received, content) {
        KEPT.with_borrow_mut(|kept| kept.files.push((index, file)));
    }
}

/// The contents of all files have moved: what nobody has released is read from there.
pub(super) fn moved(received: &[ReceivedFile], contents: &Array) {
    KEPT.with_borrow_mut(|kept| {
        for (index, file) in &mut kept.files {
            if let Some(moved) = named(&received[*index as usize], contents.get(*index).unchecked_ref()) {
                *file = moved;
            }
        }
    });
}

fn named(received: &ReceivedFile, content: &Blob) -> Option<File> {
    File::new_with_blob_sequence(&Array::of1(content), &received.saved_as).ok()
}

/// Every file is where it belongs: from now on what is kept is kept for scripts alone, for an hour. `folder` is the private folder
/// that holds the bytes, where there is one.
pub(super) fn saved(folder: Option<&str>) {
    let unwanted = KEPT.with_borrow_mut(|kept| {
        kept.folder = folder.map(str::to_owned);
        kept._end = Some(Timeout::new(KEPT_MS, release_all));
        kept.files.is_empty()
    });
    if unwanted {
        release_all();
    }
}

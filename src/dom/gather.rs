//! Files out of an input, a drop or a paste, folders included.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry, FileSystemFileEntry,
    HtmlInputElement,
};

use crate::session::PickedFile;

/// The files of an input, which is then emptied: the same file can be picked again.
pub fn from_input(input: &HtmlInputElement) -> Vec<PickedFile> {
    let files = input.files().map(|list| from_list(&list)).unwrap_or_default();
    input.set_value("");
    files
}

/// The files of a drop or a paste. What the event holds is read before this returns, as it is gone afterwards; the folders in it are
/// walked by the future.
pub fn from_transfer(transfer: &DataTransfer) -> impl Future<Output = Vec<PickedFile>> + use<> {
    let entries = entries(transfer);
    let loose = if entries.is_empty() { transfer.files().map(|list| from_list(&list)).unwrap_or_default() } else { Vec::new() };
    async move {
        let mut files = loose;
        walk(entries, &mut files).await;
        files
    }
}

fn from_list(list: &FileList) -> Vec<PickedFile> {
    (0..list.length()).filter_map(|index| list.get(index)).map(picked).collect()
}

fn picked(file: File) -> PickedFile {
    let relative = Reflect::get(&file, &JsValue::from_str("webkitRelativePath")).ok().and_then(|path| path.as_string());
    let path = match relative {
        Some(relative) if !relative.is_empty() => relative.split('/').map(str::to_owned).collect(),
        _ => vec![file.name()],
    };
    PickedFile { file, path }
}

fn entries(transfer: &DataTransfer) -> Vec<FileSystemEntry> {
    let items = transfer.items();
    (0..items.length())
        .filter_map(|index| items.get(index))
        .filter(|item| item.kind() == "file")
        .filter_map(|item| item.webkit_get_as_entry().ok().flatten())
        .collect()
}

/// Walks the trees in the order a person sees them. What cannot be read is left out; the list shows what was added.
async fn walk(roots: Vec<FileSystemEntry>, files: &mut Vec<PickedFile>) {
    let mut left: Vec<FileSystemEntry> = roots.into_iter().rev().collect();
    while let Some(entry) = left.pop() {
        if entry.is_directory() {
            left.extend(children(&entry.unchecked_into::<FileSystemDirectoryEntry>().create_reader()).await.into_iter().rev());
        } else if let Some(file) = open(entry).await {
            files.push(file);
        }
    }
}

async fn children(reader: &FileSystemDirectoryReader) -> Vec<FileSystemEntry> {
    let mut found = Vec::new();
    loop {
        let batch = Promise::new(&mut |resolve, reject| {
            if let Err(error) = reader.read_entries_with_callback_and_callback(&resolve, &reject) {
                // Calling a promise's own reject cannot throw.
                let _ = reject.call1(&JsValue::UNDEFINED, &error);
            }
        });
        // Browsers hand out a hundred at a time; an empty batch is the end.
        match JsFuture::from(batch).await.map(JsCast::unchecked_into::<Array>) {
            Ok(batch) if batch.length() > 0 => found.extend(batch.iter().map(JsCast::unchecked_into::<FileSystemEntry>)),
            _ => return found,
        }
    }
}

async fn open(entry: FileSystemEntry) -> Option<PickedFile> {
    let path = entry.full_path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let entry: FileSystemFileEntry = entry.unchecked_into();
    let file = Promise::new(&mut |resolve, reject| entry.file_with_callback_and_callback(&resolve, &reject));
    Some(PickedFile { file: JsFuture::from(file).await.ok()?.unchecked_into(), path })
}

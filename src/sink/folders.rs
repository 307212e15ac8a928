//! Folders of received files in the origin private file system: made, found again after a reload or a crash, listed, removed.
//!
//! A folder's files are named by number, in the order of the offer. While a receive is not finished, its record stands beside them.

use std::{cell::RefCell, collections::VecDeque};

use perkoon_protocol::control::{Hash, TransferId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemRemoveOptions};

use super::{
    record::{Record, folder_name, is_ours, is_stale, kept_bytes},
    run::ReceivedFile,
};
use crate::platform::{lock::PageLock, property, window};

/// The record's name; files have numbers for names.
pub(super) const RECORD: &str = "record.json";

/// Files whose sizes are added up to tell a person. More take too long.
const LOOKED_AT: u32 = 1000;

thread_local! {
    /// What is being removed, and what waits for it: a folder, or one of its files.
    static REMOVALS: RefCell<VecDeque<(String, Option<String>)>> = const { RefCell::new(VecDeque::new()) };
}

/// A folder that this page alone uses, for one receive.
pub struct ReceiveFolder {
    /// Its name.
    pub(super) name: String,
    /// What to write down about the receive.
    pub(super) record: Record,
    /// How many bytes of each file are there from an earlier attempt, from its beginning; files left out have none.
    pub kept: Vec<u64>,
    _lock: PageLock,
}

impl ReceiveFolder {
    /// The folder of an earlier attempt at the same files, or else the name of one that is made when the first byte is written.
    pub async fn of(transfer: TransferId, offer: Hash, files: &[ReceivedFile]) -> Self {
        let now = js_sys::Date::now() as u64;
        let record = Record {
            transfer,
            offer,
            first: files.first().map(|file| file.saved_as.clone()).unwrap_or_default(),
            files: files.len() as u32,
            bytes: files.iter().map(|file| file.size).sum(),
            begun: now,
        };
        if let Some(Earlier { folder: name, .. }) = earlier(offer).await
            && let Some(lock) = PageLock::of_folder(&name, true).await
        {
            let kept = kept(&name, files).await.unwrap_or_default();
            return Self { name, record, kept, _lock: lock };
        }
        loop {
            let name = folder_name(js_sys::Date::now() as u64, transfer);
            // A duplicate of this tab may be about to receive the very same.
            if let Some(lock) = PageLock::of_folder(&name, false).await {
                return Self { name, record, kept: Vec::new(), _lock: lock };
            }
        }
    }
}

/// A receive that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The folder's name.
    pub folder: String,
    /// What is known about it.
    pub record: Record,
    /// Bytes that are there, as far as was looked.
    pub bytes: u64,
}

/// An unfinished receive of files that are offered again.
#[derive(Debug)]
pub struct Earlier {
    folder: String,
    /// The transfer that was accepted then.
    pub transfer: TransferId,
    /// Bytes that are there, as far as was looked.
    pub bytes: u64,
}

/// The last unfinished receive of the offer with this digest, if there is one.
pub async fn earlier(offer: Hash) -> Option<Earlier> {
    let of_offer = |(folder, record): (String, Option<Record>)| Some((folder, record.filter(|record| record.offer == offer)?));
    let found = all().await.into_iter().filter_map(of_offer).max_by_key(|(_, record)| record.begun);
    let (folder, record) = found?;
    let bytes = bytes(&folder, record.files).await;
    Some(Earlier { folder, transfer: record.transfer, bytes })
}

/// Every unfinished receive that no tab is working on.
pub async fn unfinished() -> Vec<Unfinished> {
    let mut list = Vec::new();
    for (folder, record) in all().await {
        let Some(record) = record else { continue };
        if PageLock::of_folder(&folder, false).await.is_some() {
            let bytes = bytes(&folder, record.files).await;
            list.push(Unfinished { folder, record, bytes });
        }
    }
    list
}

/// Removes what nobody is going to come back for.
pub async fn remove_stale() {
    for (name, record) in all().await {
        if is_stale(&name, record.as_ref(), js_sys::Date::now() as u64) && PageLock::of_folder(&name, false).await.is_some() {
            remove(name, None);
        }
    }
}

/// What is in the folder is whole and saved: it is not listed as unfinished any more.
pub(super) async fn settle(name: &str) {
    // One that stays only lists a whole file as unfinished.
    let _ = remove_entry(folder(name).await, RECORD).await;
}

/// Removes a file of a folder, or the whole folder, once what was to be removed before is gone: a folder is refused while one of its
/// files is being removed.
pub fn remove(name: String, file: Option<String>) {
    let idle = REMOVALS.with_borrow_mut(|removals| {
        removals.push_back((name, file));
        removals.len() == 1
    });
    if idle {
        spawn_local(async {
            while let Some((name, file)) = REMOVALS.with_borrow(|removals| removals.front().cloned()) {
                // Removed already, or still open in another tab: nothing is lost either way.
                let _ = match file {
                    Some(file) => remove_entry(folder(&name).await, &file).await,
                    None => remove_entry(root().await, &name).await,
                };
                REMOVALS.with_borrow_mut(VecDeque::pop_front);
            }
        });
    }
}

/// The content of a file that is whole.
pub(super) async fn content(folder_name: &str, file: u32) -> Result<Blob, JsValue> {
    entry(&folder(folder_name).await?, &file.to_string()).await
}

/// All folders of received files, with the record of those that have one.
async fn all() -> Vec<(String, Option<Record>)> {
    let storage = property(&window().navigator(), "storage");
    if !property(&storage, "getDirectory").is_function() {
        return Vec::new();
    }
    let Ok(root) = root().await else { return Vec::new() };
    let (names, mut found) = (root.keys(), Vec::new());
    while let Ok(promise) = names.next()
        && let Ok(next) = JsFuture::from(promise).await
        && let Some(name) = property(&next, "value").as_string()
    {
        if is_ours(&name) {
            let record = record(&name).await;
            found.push((name, record));
        }
    }
    found
}

async fn record(name: &str) -> Option<Record> {
    let text = entry(&folder(name).await.ok()?, RECORD).await.ok()?.text();
    Record::decode(&JsFuture::from(text).await.ok()?.as_string()?)
}

/// How many bytes of each file are there.
async fn kept(name: &str, files: &[ReceivedFile]) -> Result<Vec<u64>, JsValue> {
    let folder = folder(name).await?;
    // Files are begun in order: the first that is not there is found by halving.
    let (mut there, mut missing) = (0, files.len());
    let mut last = 0;
    while there < missing {
        let middle = there.midpoint(missing);
        match entry(&folder, &middle.to_string()).await {
            Ok(content) => (there, last) = (middle + 1, content.size() as u64),
            Err(_) => missing = middle,
        }
    }
    Ok(kept_bytes(files.iter().map(|file| file.size), there, last))
}

async fn bytes(name: &str, files: u32) -> u64 {
    let Ok(folder) = folder(name).await else { return 0 };
    let mut bytes = 0;
    for file in 0..files.min(LOOKED_AT) {
        match entry(&folder, &file.to_string()).await {
            Ok(content) => bytes += content.size() as u64,
            Err(_) => break,
        }
    }
    bytes
}

async fn root() -> Result<FileSystemDirectoryHandle, JsValue> {
    JsFuture::from(window().navigator().storage().get_directory()).await?.dyn_into()
}

async fn folder(name: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    JsFuture::from(root().await?.get_directory_handle(name)).await?.dyn_into()
}

async fn entry(folder: &FileSystemDirectoryHandle, name: &str) -> Result<Blob, JsValue> {
    let handle: FileSystemFileHandle = JsFuture::from(folder.get_file_handle(name)).await?.dyn_into()?;
    JsFuture::from(handle.get_file()).await?.dyn_into()
}

async fn remove_entry(parent: Result<FileSystemDirectoryHandle, JsValue>, name: &str) -> Result<JsValue, JsValue> {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    JsFuture::from(parent?.remove_entry_with_options(name, &options)).await
}

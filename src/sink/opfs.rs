//! Pieces into the origin private file system through a worker, then saved: people's ordinary receives.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use futures::{StreamExt, channel::mpsc};
use gloo::events::EventListener;
use js_sys::Array;
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemRemoveOptions, MessageEvent, Worker};

use super::{
    choose::Delivery,
    kept,
    publish::publish,
    run::{Outlet, ReceivedFile, SinkError, SinkEvent, Store},
};
use crate::platform::{object, payload::Buffer, property, text_property, window};

const SCRIPT: &str = "/opfs-writer.js";
const FOLDER_PREFIX: &str = "perkoon-";

/// A folder of a page that is gone may be removed once no transfer can still be writing to it.
const STALE_MS: u64 = 24 * 60 * 60 * 1000;

thread_local! {
    /// What is being removed, and what waits for it: a folder, or one of its files.
    static REMOVALS: RefCell<VecDeque<(String, Option<u32>)>> = const { RefCell::new(VecDeque::new()) };
}

/// A folder of the transfer's own, one entry a file, named by number: a peer's names never touch the disk here.
pub(super) struct PrivateStore {
    id: String,
    folder: String,
    files: Rc<[ReceivedFile]>,
    delivery: Delivery,
    outlet: Outlet,
    writer: Option<Writer>,
    /// The finished files' contents.
    blobs: Vec<Option<Blob>>,
}

struct Writer {
    worker: Worker,
    told: mpsc::UnboundedReceiver<Result<String, SinkError>>,
    _listener: EventListener,
}

impl PrivateStore {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, delivery: Delivery, outlet: Outlet) -> Self {
        let folder = format!("{FOLDER_PREFIX}{}-{id}", js_sys::Date::now() as u64);
        let blobs = vec![None; files.len()];
        Self { id: id.to_owned(), folder, files, delivery, outlet, writer: None, blobs }
    }

    fn order(&mut self, kind: &str, file: u32, more: &[(&str, JsValue)], transfer: &Array) -> Result<(), SinkError> {
        let order = object(&[("kind", kind.into()), ("folder", self.folder.as_str().into()), ("file", file.into())]);
        for (key, value) in more {
            crate::platform::set_property(&order, key, value);
        }
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::start(&self.outlet)?,
        };
        self.writer.insert(writer).worker.post_message_with_transfer(&order, transfer)?;
        Ok(())
    }

    async fn answer(&mut self, kind: &str) -> Result<(), SinkError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        while let Some(told) = writer.told.next().await {
            if told? == kind {
                return Ok(());
            }
        }
        Err(ErrorCode::Internal.into())
    }

    async fn content(&self, file: u32) -> Result<Blob, SinkError> {
        let folder = folder(&self.folder).await?;
        let handle: FileSystemFileHandle = JsFuture::from(folder.get_file_handle(&file.to_string())).await?.dyn_into()?;
        Ok(JsFuture::from(handle.get_file()).await?.dyn_into()?)
    }
}

impl Writer {
    fn start(outlet: &Outlet) -> Result<Self, SinkError> {
        let worker = Worker::new(SCRIPT)?;
        let (tell, told) = mpsc::unbounded();
        let outlet = Rc::clone(outlet);
        let listener = EventListener::new(&worker, "message", move |event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>() {
                hear(&event.data(), &outlet, &tell);
            }
        });
        Ok(Self { worker, told, _listener: listener })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn hear(data: &JsValue, outlet: &Outlet, tell: &mpsc::UnboundedSender<Result<String, SinkError>>) {
    let number = |key| property(data, key).as_f64().unwrap_or_default();
    match text_property(data, "kind").as_str() {
        "write" => outlet(SinkEvent::Written { file: number("file") as u32, offset: number("offset") as u64 }),
        "failed" => {
            let error = || SinkError::named(&text_property(data, "name"), &text_property(data, "message"));
            outlet(SinkEvent::Failed(error()));
            let _ = tell.unbounded_send(Err(error()));
        }
        kind => drop(tell.unbounded_send(Ok(kind.to_owned()))),
    }
}

impl Store for PrivateStore {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        let buffers: Array = payload.iter().map(|part| part.bytes.clone()).collect();
        let transfer: Array = payload.iter().map(|part| part.bytes.buffer()).collect();
        self.order("write", file, &[("offset", (offset as f64).into()), ("buffers", buffers.into())], &transfer)
    }

    async fn finish(&mut self, file: u32) -> Result<(), SinkError> {
        self.order("finish", file, &[], &Array::new())?;
        self.answer("finish").await?;
        let content = self.content(file).await?;
        kept::keep(file, &self.files[file as usize], &content);
        self.blobs[file as usize] = Some(content);
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        self.writer = None;
        let blobs = std::mem::take(&mut self.blobs).into_iter().flatten().collect();
        publish(&self.id, &self.files, blobs, self.delivery, &self.outlet).await?;
        kept::saved(Some(&self.folder));
        Ok(())
    }

    async fn discard(&mut self) {
        if self.order("discard", 0, &[], &Array::new()).is_ok() {
            let _ = self.answer("discard").await;
        }
        self.writer = None;
    }
}

async fn root() -> Result<FileSystemDirectoryHandle, JsValue> {
    JsFuture::from(window().navigator().storage().get_directory()).await?.dyn_into()
}

async fn folder(name: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    JsFuture::from(root().await?.get_directory_handle(name)).await?.dyn_into()
}

/// Removes a file of a folder, or the whole folder, once what was to be removed before is gone: a folder is refused while one of its
/// files is being removed.
pub(super) fn remove(name: String, file: Option<u32>) {
    let idle = REMOVALS.with_borrow_mut(|removals| {
        removals.push_back((name, file));
        removals.len() == 1
    });
    if idle {
        spawn_local(async {
            while let Some((name, file)) = REMOVALS.with_borrow(|removals| removals.front().cloned()) {
                // Removed already, or still open in another tab: nothing is lost either way.
                let _ = match file {
                    Some(file) => remove_entry(folder(&name).await, &file.to_string()).await,
                    None => remove_entry(root().await, &name).await,
                };
                REMOVALS.with_borrow_mut(VecDeque::pop_front);
            }
        });
    }
}

async fn remove_entry(parent: Result<FileSystemDirectoryHandle, JsValue>, name: &str) -> Result<JsValue, JsValue> {
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    JsFuture::from(parent?.remove_entry_with_options(name, &options)).await
}

/// Removes what pages that are gone have left behind.
pub async fn remove_stale() {
    let storage = property(&window().navigator(), "storage");
    if !property(&storage, "getDirectory").is_function() {
        return;
    }
    let Ok(root) = root().await else { return };
    let names = root.keys();
    loop {
        let Ok(promise) = names.next() else { return };
        let Ok(next) = JsFuture::from(promise).await else { return };
        let Some(name) = property(&next, "value").as_string() else { return };
        if is_stale(&name, js_sys::Date::now() as u64) {
            remove(name, None);
        }
    }
}

fn is_stale(folder: &str, now: u64) -> bool {
    let made =
        folder.strip_prefix(FOLDER_PREFIX).and_then(|rest| rest.split('-').next()).and_then(|made| made.parse::<u64>().ok());
    made.is_some_and(|made| now.saturating_sub(made) > STALE_MS)
}

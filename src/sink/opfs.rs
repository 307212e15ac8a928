//! Pieces into the origin private file system through a worker, then saved: people's ordinary receives.

use std::rc::Rc;

use futures::{StreamExt, channel::mpsc};
use gloo::events::EventListener;
use js_sys::{Array, Uint8Array};
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessageEvent, Worker};

use super::{
    choose::Delivery,
    folders::{self, RECORD, ReceiveFolder},
    kept,
    publish::publish,
    run::{Outlet, ReceivedFile, SinkError, SinkEvent, Store},
};
use crate::platform::{object, payload::Buffer, property, text_property};

pub(super) const SCRIPT: &str = "/opfs-writer.js";

/// A folder of the transfer's own, one entry a file, named by number: a peer's names never touch the disk here.
pub(super) struct PrivateStore {
    id: String,
    folder: ReceiveFolder,
    files: Rc<[ReceivedFile]>,
    delivery: Delivery,
    outlet: Outlet,
    writer: Option<Writer>,
    /// The finished files' contents.
    blobs: Vec<Option<Blob>>,
}

struct Writer {
    worker: Worker,
    told: mpsc::UnboundedReceiver<Result<JsValue, SinkError>>,
    _listener: EventListener,
}

impl PrivateStore {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, delivery: Delivery, folder: ReceiveFolder, outlet: Outlet) -> Self {
        let blobs = vec![None; files.len()];
        Self { id: id.to_owned(), folder, files, delivery, outlet, writer: None, blobs }
    }

    fn order(&mut self, kind: &str, file: u32, more: &[(&str, JsValue)], transfer: &Array) -> Result<(), SinkError> {
        let worker = match &self.writer {
            Some(writer) => &writer.worker,
            None => {
                let worker = &self.writer.insert(Writer::start(&self.outlet)?).worker;
                // Before any byte, so that what is there after a crash is known for what it is.
                let text = ("text", self.folder.record.encode().into());
                worker.post_message(&order(&self.folder.name, "note", &RECORD.into(), &[text]))?;
                worker
            }
        };
        worker.post_message_with_transfer(&order(&self.folder.name, kind, &file.into(), more), transfer)?;
        Ok(())
    }

    async fn end(&mut self, kind: &str) {
        // Nothing was written, or nothing is there to be removed.
        if self.writer.is_none() && (kind == "shelve" || self.folder.kept.is_empty()) {
            return;
        }
        // A worker that has failed before still closes what it has open.
        if self.order(kind, 0, &[], &Array::new()).is_ok() {
            while let Some(writer) = &mut self.writer
                && let Some(told) = writer.told.next().await
            {
                if told.is_ok_and(|told| text_property(&told, "kind") == kind) {
                    break;
                }
            }
        }
        self.writer = None;
    }

    async fn answer(&mut self, kind: &str) -> Result<JsValue, SinkError> {
        while let Some(writer) = &mut self.writer
            && let Some(told) = writer.told.next().await
        {
            let told = told?;
            if text_property(&told, "kind") == kind {
                return Ok(told);
            }
        }
        Err(ErrorCode::Internal.into())
    }
}

fn order(folder: &str, kind: &str, file: &JsValue, more: &[(&str, JsValue)]) -> js_sys::Object {
    let order = object(&[("kind", kind.into()), ("folder", folder.into()), ("file", file.clone())]);
    for (key, value) in more {
        crate::platform::set_property(&order, key, value);
    }
    order
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

fn hear(data: &JsValue, outlet: &Outlet, tell: &mpsc::UnboundedSender<Result<JsValue, SinkError>>) {
    let number = |key| property(data, key).as_f64().unwrap_or_default();
    match text_property(data, "kind").as_str() {
        "note" => {}
        "recall" => {
            let payload = property(data, "bytes").dyn_into::<Uint8Array>().ok().map(Buffer::from);
            outlet(SinkEvent::Recalled { file: number("file") as u32, offset: number("offset") as u64, payload });
        }
        "write" => outlet(SinkEvent::Written { file: number("file") as u32, offset: number("offset") as u64 }),
        "failed" => {
            let error = || SinkError::named(&text_property(data, "name"), &text_property(data, "message"));
            outlet(SinkEvent::Failed(error()));
            let _ = tell.unbounded_send(Err(error()));
        }
        _ => drop(tell.unbounded_send(Ok(data.clone()))),
    }
}

impl Store for PrivateStore {
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        let buffers: Array = payload.iter().map(|part| part.bytes.clone()).collect();
        let transfer: Array = payload.iter().map(|part| part.bytes.buffer()).collect();
        self.order("write", file, &[("offset", (offset as f64).into()), ("buffers", buffers.into())], &transfer)
    }

    async fn recall(&mut self, file: u32, offset: u64, length: u32) -> Result<(), SinkError> {
        self.order("recall", file, &[("offset", (offset as f64).into()), ("length", length.into())], &Array::new())
    }

    async fn finish(&mut self, file: u32) -> Result<(), SinkError> {
        let size = self.files[file as usize].size as f64;
        self.order("finish", file, &[("size", size.into())], &Array::new())?;
        let content: Blob = property(&self.answer("finish").await?, "content").dyn_into()?;
        kept::keep(file, &self.files[file as usize], &content);
        self.blobs[file as usize] = Some(content);
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), SinkError> {
        self.writer = None;
        let blobs = std::mem::take(&mut self.blobs).into_iter().flatten().collect();
        publish(&self.id, &self.files, blobs, self.delivery, &self.outlet).await?;
        // One that stays only lists a whole file as unfinished.
        let _ = folders::remove(&self.folder.name, Some(RECORD)).await;
        kept::saved(Some(&self.folder.name));
        Ok(())
    }

    async fn discard(&mut self) {
        self.end("discard").await;
    }

    async fn shelve(&mut self) {
        self.end("shelve").await;
    }
}

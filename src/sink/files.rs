//! Pieces into files through a worker: into the origin private file system, and from there to where they belong, or straight into a
//! place that a person picked.

use std::rc::Rc;

use futures::{StreamExt, channel::mpsc};
use gloo::events::EventListener;
use js_sys::{Array, Uint8Array};
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, Worker};

use super::{
    choose::Delivery,
    folders::{self, RECORD, ReceiveFolder},
    kept,
    publish::publish,
    run::{Outlet, ReceivedFile, SinkError, SinkEvent, Store},
};
use crate::platform::{hear_worker, object, payload::Buffer, property, text_property};

/// Writes to private files.
pub(super) const SCRIPT: &str = "opfs-writer.js";

/// Writes to a place that a person picked, and understands the same.
const PLACE_SCRIPT: &str = "place-writer.js";

/// What becomes of files. A place is the handle that a picker gave, of a file or a folder.
pub enum Handover {
    /// Private files become the browser's downloads.
    Downloads(Delivery, ReceiveFolder),
    /// Private files are copied to the place.
    Copies(JsValue, ReceiveFolder),
    /// They are written to the place at once.
    InPlace(JsValue),
}

impl Handover {
    fn folder(&self) -> Option<&ReceiveFolder> {
        match self {
            Self::Downloads(_, folder) | Self::Copies(_, folder) => Some(folder),
            Self::InPlace(_) => None,
        }
    }

    /// How many bytes of each file are there from an earlier attempt; files left out have none.
    pub fn kept(&self) -> Vec<u64> {
        self.folder().map(|folder| folder.kept.clone()).unwrap_or_default()
    }
}

/// Private files lie in a folder of the transfer's own, one entry a file, named by number: a peer's names never touch the disk there.
pub(super) struct FileStore {
    id: String,
    handover: Handover,
    files: Rc<[ReceivedFile]>,
    outlet: Outlet,
    writer: Option<Writer>,
    /// The worker that is going to copy. It is loaded from the start: the server may be gone once everything is here.
    copier: Option<Writer>,
    /// It has been told to copy.
    copying: bool,
    /// The finished files' contents.
    blobs: Vec<Option<Blob>>,
}

struct Writer {
    worker: Worker,
    told: mpsc::UnboundedReceiver<Result<JsValue, SinkError>>,
    _listeners: [EventListener; 2],
}

impl FileStore {
    pub(super) fn new(id: &str, files: Rc<[ReceivedFile]>, handover: Handover, outlet: Outlet) -> Self {
        let blobs = vec![None; files.len()];
        Self { id: id.to_owned(), handover, files, outlet, writer: None, copier: None, copying: false, blobs }
    }

    fn order(&mut self, kind: &str, file: u32, more: &[(&str, JsValue)], transfer: &Array) -> Result<(), SinkError> {
        let name = self.handover.folder().map(|folder| folder.name.as_str()).unwrap_or_default();
        let worker = match &self.writer {
            Some(writer) => &writer.worker,
            None => {
                // First, so that it is there when anything is written.
                if let Handover::Copies(place, _) = &self.handover {
                    self.copier = Some(self.place_writer(place)?);
                }
                let writer = self.first_writer(name)?;
                &self.writer.insert(writer).worker
            }
        };
        worker.post_message_with_transfer(&order(name, kind, &file.into(), more), transfer)?;
        Ok(())
    }

    fn first_writer(&self, name: &str) -> Result<Writer, SinkError> {
        match &self.handover {
            Handover::Downloads(_, folder) | Handover::Copies(_, folder) => {
                // Before any byte, so that what is there after a crash is known for what it is.
                let note = order(name, "note", &RECORD.into(), &[("text", folder.record.encode().into())]);
                Writer::start(SCRIPT, &note, &self.outlet)
            }
            Handover::InPlace(place) => self.place_writer(place),
        }
    }

    fn place_writer(&self, place: &JsValue) -> Result<Writer, SinkError> {
        let paths: Array = self.files.iter().map(|file| JsValue::from(file.path.as_str())).collect();
        let open = order("", "open", &JsValue::UNDEFINED, &[("place", place.clone()), ("paths", paths.into())]);
        Writer::start(PLACE_SCRIPT, &open, &self.outlet)
    }

    async fn end(&mut self, kind: &str) {
        self.take_back().await;
        // Unless nothing was written, or nothing is there to be removed. A worker that has failed before still closes what it has open; of
        // what is handed to the browser all is there, and no worker.
        let there = self.blobs.is_empty() || !self.handover.kept().is_empty();
        let needed = self.writer.is_some() || (kind == "discard" && there);
        if needed && self.order(kind, 0, &[], &Array::new()).is_ok() {
            self.writer.as_mut().expect("an order has started it").ended(kind).await;
        }
        self.writer = None;
    }

    /// Takes back what was copied. A copy that is being made needs the private file until it is stopped.
    async fn take_back(&mut self) {
        if let Some(mut copier) = self.copier.take().filter(|_| self.copying)
            && copier.worker.post_message(&order("", "discard", &JsValue::UNDEFINED, &[])).is_ok()
        {
            copier.ended("discard").await;
        }
    }

    async fn answer(&mut self, kind: &str) -> Result<JsValue, SinkError> {
        match &mut self.writer {
            Some(writer) => writer.answer(kind).await,
            None => Err(ErrorCode::Internal.into()),
        }
    }

    /// Copies private files to the place; they are removed once the last copy is flushed.
    async fn copy(&mut self) -> Result<(), SinkError> {
        let (Some(copier), Some(folder)) = (&mut self.copier, self.handover.folder()) else {
            return Err(ErrorCode::Internal.into());
        };
        self.copying = true;
        copier.worker.post_message(&order(&folder.name, "copy", &JsValue::UNDEFINED, &[]))?;
        let contents: Array = property(&copier.answer("copy").await?, "contents").dyn_into()?;
        self.copier = None;
        kept::moved(&self.files, &contents);
        kept::saved(None);
        // Files that stay are only listed as unfinished.
        self.end("discard").await;
        Ok(())
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
    /// Starts the worker with this script, and gives it its first order.
    fn start(script: &str, first: &JsValue, outlet: &Outlet) -> Result<Self, SinkError> {
        let worker = Worker::new(script)?;
        let (tell, told) = mpsc::unbounded();
        let outlet = Rc::clone(outlet);
        let listeners = hear_worker(
            &worker,
            Rc::new(move |data| match data {
                Some(data) => hear(&data, &outlet, &tell),
                None => {
                    // Nobody waits for an answer any more.
                    tell.close_channel();
                    outlet(SinkEvent::Failed(ErrorCode::Internal.into()));
                }
            }),
        );
        worker.post_message(first)?;
        Ok(Self { worker, told, _listeners: listeners })
    }
}

impl Writer {
    async fn answer(&mut self, kind: &str) -> Result<JsValue, SinkError> {
        while let Some(told) = self.told.next().await {
            let told = told?;
            if text_property(&told, "kind") == kind {
                return Ok(told);
            }
        }
        Err(ErrorCode::Internal.into())
    }

    /// Waits for the last answer, whatever fails before.
    async fn ended(&mut self, kind: &str) {
        while let Some(told) = self.told.next().await {
            if told.is_ok_and(|told| text_property(&told, "kind") == kind) {
                return;
            }
        }
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
        "copied" => outlet(SinkEvent::Copied { bytes: number("bytes") as u64 }),
        "write" => outlet(SinkEvent::Written { file: number("file") as u32, offset: number("offset") as u64 }),
        "failed" => {
            let error = || SinkError::named(&text_property(data, "name"), &text_property(data, "message"));
            outlet(SinkEvent::Failed(error()));
            let _ = tell.unbounded_send(Err(error()));
        }
        _ => drop(tell.unbounded_send(Ok(data.clone()))),
    }
}

impl Store for FileStore {
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
        let blobs = std::mem::take(&mut self.blobs).into_iter().flatten().collect();
        match &self.handover {
            Handover::Downloads(delivery, folder) => {
                self.writer = None;
                publish(&self.id, &self.files, blobs, *delivery, &self.outlet).await?;
                // One that stays only lists a whole file as unfinished.
                let _ = folders::remove(&folder.name, Some(RECORD)).await;
                kept::saved(Some(&folder.name));
            }
            Handover::Copies(..) => self.copy().await?,
            Handover::InPlace(_) => kept::saved(None),
        }
        Ok(())
    }

    async fn discard(&mut self) {
        self.end("discard").await;
    }

    async fn shelve(&mut self) {
        self.end("shelve").await;
    }
}

//! One download through the service worker.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use futures::{StreamExt, channel::mpsc};
use gloo::{
    events::{EventListener, EventListenerOptions},
    timers::callback::Interval,
};
use js_sys::Array;
use perkoon_protocol::ErrorCode;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlIFrameElement, MessageChannel, MessagePort, ServiceWorker};

use super::{
    run::{Outlet, ReceivedFile, SinkError, SinkEvent},
    worker::active_worker,
};
use crate::platform::{object, payload::Buffer, property, text_property, when_page_ends, window};

/// How long a closing tab may go on running.
const CLOSING_MS: u32 = 500;

/// Frames of drained downloads that are kept at most, before the browser is waited for.
const FRAMES: usize = 16;

thread_local! {
    /// A frame that is taken away before the browser has turned its answer into a download takes the download with it.
    static DRAINED: RefCell<Vec<HtmlIFrameElement>> = const { RefCell::new(Vec::new()) };
}

/// Well under the 30 s after which Firefox ends a worker that had no event.
const PING_MS: u32 = 10_000;

/// What is to be saved.
pub(super) enum Contents<'a> {
    /// One file, its pieces sent with [`Download::send`].
    LiveFile(&'a ReceivedFile),
    /// One whole file.
    File(&'a ReceivedFile, Blob),
    /// An archive, its files' pieces sent in order with [`Download::send`].
    LiveArchive(&'a [ReceivedFile]),
    /// An archive of whole files.
    Archive(&'a [ReceivedFile], Vec<Blob>),
}

/// A download the browser is doing. Dropped before the end, it fails in the browser and leaves no finished-looking file.
pub(super) struct Download {
    port: MessagePort,
    frame: HtmlIFrameElement,
    told: mpsc::UnboundedReceiver<String>,
    unwritten: Rc<RefCell<VecDeque<(u32, u64)>>>,
    drained: bool,
    _ping: Interval,
    _listeners: [EventListener; 2],
}

impl Download {
    /// Starts a download and waits until the browser has asked for its bytes, so that the next one cannot overtake it.
    pub(super) async fn start(id: &str, contents: Contents<'_>, outlet: &Outlet) -> Result<Self, SinkError> {
        let unavailable = || SinkError {
            code: ErrorCode::Internal,
            message: "The browser's download helper is gone. Reload the page and start again.".to_owned(),
        };
        let worker = active_worker().await.ok_or_else(unavailable)?;
        let channel = MessageChannel::new()?;
        let port = channel.port1();
        let unwritten = Rc::new(RefCell::new(VecDeque::new()));
        let (mut told, listener) = listen(&port, Rc::clone(&unwritten), Rc::clone(outlet));
        port.start();
        worker.post_message_with_transferable(&opening(id, &contents), &Array::of1(&channel.port2()))?;
        let ping = keep_alive(worker);
        wait_for(&mut told, "ready").await?;
        let frame = hidden_frame(&format!("sw-download/{id}"))?;
        let ending = port.clone();
        // The worker would notice by itself that the page is gone, but not in time when the browser quits.
        let listeners = [listener, when_page_ends(Box::new(move || abort(&ending)))];
        let mut download = Self { port, frame, told, unwritten, drained: false, _ping: ping, _listeners: listeners };
        wait_for(&mut download.told, "started").await?;
        Ok(download)
    }

    /// Sends a piece of a live download. `Written` is told once the browser has taken it.
    pub(super) fn send(&self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError> {
        let (buffers, transfer) = (Array::new(), Array::new());
        for Buffer { bytes, .. } in &payload {
            buffers.push(bytes);
            transfer.push(&bytes.buffer());
        }
        self.unwritten.borrow_mut().push_back((file, offset));
        self.port.post_message_with_transferable(&object(&[("kind", "bytes".into()), ("buffers", buffers.into())]), &transfer)?;
        Ok(())
    }

    /// Waits until the browser has taken the last byte.
    pub(super) async fn drained(mut self) -> Result<(), SinkError> {
        wait_for(&mut self.told, "drained").await?;
        self.drained = true;
        let waiting = DRAINED.with_borrow_mut(|frames| {
            frames.push(self.frame.clone());
            frames.len()
        });
        if waiting < FRAMES { Ok(()) } else { settle().await }
    }
}

async fn wait_for(told: &mut mpsc::UnboundedReceiver<String>, kind: &str) -> Result<(), SinkError> {
    loop {
        match told.next().await.as_deref() {
            Some(heard) if heard == kind => return Ok(()),
            Some("stopped") | None => return Err(stopped().await),
            Some(_) => {}
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if !self.drained {
            abort(&self.port);
            self.frame.remove();
        }
        // What has been posted still arrives; an open port would keep the worker's end of it.
        self.port.close();
    }
}

fn abort(port: &MessagePort) {
    let _ = port.post_message(&object(&[("kind", "abort".into())]));
}

/// The browser gave a download up. It does so a moment before it closes a tab, too: that is for the peer to notice as a peer that
/// left, not for this page to report as someone's wish.
async fn stopped() -> SinkError {
    gloo::timers::future::TimeoutFuture::new(CLOSING_MS).await;
    SinkError {
        code: ErrorCode::Cancelled,
        message: "The browser stopped saving the file: the download was cancelled or the disk is full. Start the transfer again."
            .to_owned(),
    }
}

/// `taken` goes straight to the driver; the rest is for whoever waits.
fn listen(
    port: &MessagePort,
    unwritten: Rc<RefCell<VecDeque<(u32, u64)>>>,
    outlet: Outlet,
) -> (mpsc::UnboundedReceiver<String>, EventListener) {
    let (tell, told) = mpsc::unbounded();
    let listener = EventListener::new_with_options(port, "message", EventListenerOptions::default(), move |event| {
        match text_property(&property(event, "data"), "kind").as_str() {
            "taken" => {
                if let Some((file, offset)) = unwritten.borrow_mut().pop_front() {
                    outlet(SinkEvent::Written { file, offset });
                }
            }
            kind => {
                if kind == "stopped" {
                    let outlet = Rc::clone(&outlet);
                    spawn_local(async move { outlet(SinkEvent::Failed(stopped().await)) });
                }
                let _ = tell.unbounded_send(kind.to_owned());
            }
        }
    });
    (told, listener)
}

fn keep_alive(worker: ServiceWorker) -> Interval {
    Interval::new(PING_MS, move || {
        let _ = worker.post_message(&object(&[("kind", "ping".into())]));
    })
}

fn hidden_frame(address: &str) -> Result<HtmlIFrameElement, SinkError> {
    let document = window().document().expect("a page has a document");
    let frame: HtmlIFrameElement = document.create_element("iframe")?.unchecked_into();
    frame.set_hidden(true);
    frame.set_src(address);
    frame.set_title("Download");
    frame.set_attribute("aria-hidden", "true")?;
    document.body().expect("a mounted page has a body").append_child(&frame)?;
    Ok(frame)
}

fn opening(id: &str, contents: &Contents<'_>) -> js_sys::Object {
    let (name, size, entries, blobs) = match contents {
        Contents::LiveFile(file) => (file.saved_as.clone(), file.size, None, None),
        Contents::File(file, blob) => (file.saved_as.clone(), file.size, None, Some(vec![blob.clone()])),
        Contents::LiveArchive(files) => (archive_name(files), 0, Some(*files), None),
        Contents::Archive(files, blobs) => (archive_name(files), 0, Some(*files), Some(blobs.clone())),
    };
    let entries: JsValue = entries.map_or(JsValue::NULL, |files| files.iter().map(entry).collect::<Array>().into());
    let blobs: JsValue = blobs.map_or(JsValue::NULL, |blobs| blobs.iter().collect::<Array>().into());
    object(&[
        ("kind", "open".into()),
        ("id", id.into()),
        ("name", name.into()),
        ("size", (size as f64).into()),
        ("entries", entries),
        ("blobs", blobs),
    ])
}

fn entry(file: &ReceivedFile) -> js_sys::Object {
    object(&[
        ("name", file.path.as_str().into()),
        ("size", (file.size as f64).into()),
        ("lastModified", zip_time(file.modified).into()),
    ])
}

/// A ZIP archive holds local times from 1980 to 2107 (PKWARE APPNOTE 4.4.6).
fn zip_time(modified: Option<i64>) -> js_sys::Date {
    let date = modified.map_or_else(js_sys::Date::new_0, |time| js_sys::Date::new(&(time as f64).into()));
    if (1980..=2107).contains(&date.get_full_year()) { date } else { js_sys::Date::new_with_year_month_day(1980, 0, 1) }
}

/// The one folder everything is in, or a plain name.
fn archive_name(files: &[ReceivedFile]) -> String {
    let folder = |file: &ReceivedFile| file.path.split_once('/').map(|(folder, _)| folder.to_owned());
    let first = files.first().and_then(folder);
    match first {
        Some(name) if files.iter().all(|file| folder(file).as_ref() == Some(&name)) => format!("{name}.zip"),
        _ => "perkoon-files.zip".to_owned(),
    }
}

/// Waits until the browser has started every download asked for so far.
///
/// A small body is drained into the browser's buffers before the browser has turned the answer into a download, and only then does a
/// script driving it hear of that download. A page loaded in a frame afterwards passes through the same machinery behind it.
pub(super) async fn settle() -> Result<(), SinkError> {
    let frame = hidden_frame("sw-download/barrier")?;
    let (loaded, done) = futures::channel::oneshot::channel();
    let _listener = EventListener::once(&frame, "load", move |_| {
        let _ = loaded.send(());
    });
    let _ = done.await;
    frame.remove();
    for frame in DRAINED.take() {
        frame.remove();
    }
    Ok(())
}

/// Saves a whole file without a service worker: the last resort, because the page cannot see whether the browser took it.
pub(super) fn save_by_link(blob: &Blob, name: &str) -> Result<(), SinkError> {
    let document = window().document().expect("a page has a document");
    let address = web_sys::Url::create_object_url_with_blob(blob)?;
    let link: web_sys::HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser needs the address until it has opened the blob; a minute is what download managers of the field allow.
    spawn_local(async move {
        gloo::timers::future::TimeoutFuture::new(60_000).await;
        let _ = web_sys::Url::revoke_object_url(&address);
    });
    Ok(())
}

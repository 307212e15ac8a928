//! A sink's background task: orders in, events out, one store underneath.

use std::{pin::pin, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    future::LocalBoxFuture,
    select_biased,
};
use perkoon_protocol::ErrorCode;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{
    choose::Delivery,
    files::{FileStore, Handover},
    memory::MemoryStore,
    stream::{ArchiveStream, FileStream},
};
use crate::{
    platform::{error_name, error_text, payload::Buffer},
    state::SaveMethod,
};

/// A file on its way in, with names that are safe on this side.
#[derive(Clone, Debug)]
pub struct ReceivedFile {
    /// Relative path, parts joined by `/`.
    pub path: String,
    /// The name suggested to the browser.
    pub saved_as: String,
    /// Bytes.
    pub size: u64,
    /// Milliseconds since 1970, when the sender knows.
    pub modified: Option<i64>,
}

/// Where the files of one transfer go.
pub enum Target {
    /// Straight into the browser's downloads.
    Stream(Delivery),
    /// Into files.
    Files(Handover),
    /// Into memory, then to the browser's downloads.
    Memory(Delivery),
}

impl Target {
    /// How many bytes of each file are there from an earlier attempt; files left out have none.
    pub fn kept(&self) -> Vec<u64> {
        match self {
            Self::Files(handover) => handover.kept(),
            _ => Vec::new(),
        }
    }
}

/// What the sink tells the driver.
pub enum SinkEvent {
    /// A piece of an earlier attempt was read back, or could not be.
    Recalled {
        /// Index in the offer.
        file: u32,
        /// The piece's first byte.
        offset: u64,
        /// The piece; `None` when it is not there.
        payload: Option<Buffer>,
    },
    /// A piece is on disk, or taken by the browser.
    Written {
        /// Index in the offer.
        file: u32,
        /// The piece's first byte.
        offset: u64,
    },
    /// A file is flushed.
    Finished {
        /// Index in the offer.
        file: u32,
    },
    /// Files that are whole are being copied to where they belong.
    Copied {
        /// Bytes of all files that are there.
        bytes: u64,
    },
    /// The browser has taken every download, or every file is in its place.
    Published,
    /// It went wrong; the sink is over.
    Failed(SinkError),
}

/// Why a sink failed.
#[derive(Debug)]
pub struct SinkError {
    /// For scripts.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl From<ErrorCode> for SinkError {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: code.sentence().to_owned() }
    }
}

impl From<JsValue> for SinkError {
    fn from(error: JsValue) -> Self {
        Self::named(&error_name(&error), &error_text(&error))
    }
}

impl SinkError {
    /// From the name and message of a `DOMException`.
    pub fn named(name: &str, message: &str) -> Self {
        match name {
            "QuotaExceededError" => ErrorCode::InsufficientStorage.into(),
            _ => Self {
                code: ErrorCode::Internal,
                message: format!("The browser could not save the file ({message}). Start the transfer again."),
            },
        }
    }
}

/// Where a sink's events go.
pub type Outlet = Rc<dyn Fn(SinkEvent)>;

/// A way of keeping received bytes. Calls come one after the other; a write may be reported as written later.
pub(super) trait Store {
    /// Takes a verified piece; pieces come in order. Tells `Written` by itself.
    async fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> Result<(), SinkError>;
    /// Flushes a file, all of whose pieces are written.
    async fn finish(&mut self, file: u32) -> Result<(), SinkError>;
    /// Hands the finished files over, until the browser has taken all of them.
    async fn publish(&mut self) -> Result<(), SinkError>;
    /// Throws away what is unfinished.
    async fn discard(&mut self);
    /// Reads back a piece of an earlier attempt, of which there is none in most ways of keeping bytes. Tells `Recalled` by itself.
    async fn recall(&mut self, _file: u32, _offset: u64, _length: u32) -> Result<(), SinkError> {
        Err(ErrorCode::Internal.into())
    }
    /// Leaves what is unfinished for another attempt. Most ways of keeping bytes cannot.
    async fn shelve(&mut self) {
        self.discard().await;
    }
}

/// A store behind a pointer: the task that feeds it is compiled once, not once for each way of keeping bytes.
trait DynStore {
    fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> LocalBoxFuture<'_, Result<(), SinkError>>;
    fn finish(&mut self, file: u32) -> LocalBoxFuture<'_, Result<(), SinkError>>;
    fn publish(&mut self) -> LocalBoxFuture<'_, Result<(), SinkError>>;
    fn recall(&mut self, file: u32, offset: u64, length: u32) -> LocalBoxFuture<'_, Result<(), SinkError>>;
    fn discard(&mut self) -> LocalBoxFuture<'_, ()>;
    fn shelve(&mut self) -> LocalBoxFuture<'_, ()>;
}

impl<S: Store> DynStore for S {
    fn write(&mut self, file: u32, offset: u64, payload: Vec<Buffer>) -> LocalBoxFuture<'_, Result<(), SinkError>> {
        Box::pin(Store::write(self, file, offset, payload))
    }

    fn finish(&mut self, file: u32) -> LocalBoxFuture<'_, Result<(), SinkError>> {
        Box::pin(Store::finish(self, file))
    }

    fn publish(&mut self) -> LocalBoxFuture<'_, Result<(), SinkError>> {
        Box::pin(Store::publish(self))
    }

    fn recall(&mut self, file: u32, offset: u64, length: u32) -> LocalBoxFuture<'_, Result<(), SinkError>> {
        Box::pin(Store::recall(self, file, offset, length))
    }

    fn discard(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(Store::discard(self))
    }

    fn shelve(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(Store::shelve(self))
    }
}

enum Order {
    Recall { file: u32, offset: u64, length: u32 },
    Write { file: u32, offset: u64, payload: Vec<Buffer> },
    Finish { file: u32 },
    Publish,
}

/// A running sink. Dropping it before `Published` discards what it has.
pub struct Sink {
    orders: mpsc::UnboundedSender<Order>,
    /// Told to leave what it has, or dropped.
    shelve: oneshot::Sender<()>,
    method: SaveMethod,
}

impl Sink {
    /// Starts a sink for `files` under the unique name `id`.
    pub fn start(target: Target, id: &str, files: Rc<[ReceivedFile]>, outlet: Outlet) -> Self {
        let told = Rc::clone(&outlet);
        match target {
            Target::Stream(Delivery::EachFile) => Self::run(FileStream::new(id, files, told), SaveMethod::SwDownload, outlet),
            Target::Stream(Delivery::Archive) => Self::run(ArchiveStream::new(id, files, told), SaveMethod::SwDownload, outlet),
            Target::Files(handover) => {
                let method = match handover {
                    Handover::Downloads(..) => SaveMethod::Opfs,
                    Handover::Copies(..) => SaveMethod::CopiedToPlace,
                    Handover::InPlace(..) => SaveMethod::FileSystemAccess,
                };
                Self::run(FileStore::new(id, files, handover, told), method, outlet)
            }
            Target::Memory(delivery) => Self::run(MemoryStore::new(id, files, delivery, told), SaveMethod::MemoryBuffer, outlet),
        }
    }

    fn run(store: impl Store + 'static, method: SaveMethod, outlet: Outlet) -> Self {
        let (orders, incoming) = mpsc::unbounded();
        let (shelve, ending) = oneshot::channel();
        spawn_local(run(Box::new(store), incoming, ending, outlet));
        Self { orders, shelve, method }
    }

    /// How the files are kept.
    pub fn method(&self) -> SaveMethod {
        self.method
    }

    /// Leaves what it has for another attempt, if it can.
    pub fn shelve(self) {
        // One that has failed has done so already.
        let _ = self.shelve.send(());
    }

    /// Asks for a piece of an earlier attempt.
    pub fn recall(&self, file: u32, offset: u64, length: u32) {
        self.order(Order::Recall { file, offset, length });
    }

    /// Hands a verified piece over. The core's window bounds how many are waiting here.
    pub fn write(&self, file: u32, offset: u64, payload: Vec<Buffer>) {
        self.order(Order::Write { file, offset, payload });
    }

    /// Asks for a file to be flushed.
    pub fn finish(&self, file: u32) {
        self.order(Order::Finish { file });
    }

    /// Asks for the files to be handed over.
    pub fn publish(&self) {
        self.order(Order::Publish);
    }

    /// A sink that has failed takes no more orders; its `Failed` event has told the driver.
    fn order(&self, order: Order) {
        let _ = self.orders.unbounded_send(order);
    }
}

async fn run(
    mut store: Box<dyn DynStore>,
    mut orders: mpsc::UnboundedReceiver<Order>,
    ending: oneshot::Receiver<()>,
    outlet: Outlet,
) {
    enum Ended {
        ByItself(Result<(), SinkError>),
        Shelved,
        Dropped,
    }
    let ended = {
        let mut work = pin!(work(store.as_mut(), &mut orders, &outlet).fuse());
        let mut ending = ending.fuse();
        select_biased! {
            ended = work => Ended::ByItself(ended),
            ending = ending => if ending.is_ok() { Ended::Shelved } else { Ended::Dropped },
        }
    };
    match ended {
        Ended::ByItself(Ok(())) => outlet(SinkEvent::Published),
        Ended::ByItself(Err(error)) => {
            // Room can be made, and a download started anew.
            store.shelve().await;
            outlet(SinkEvent::Failed(error));
        }
        Ended::Shelved => store.shelve().await,
        Ended::Dropped => store.discard().await,
    }
}

async fn work(store: &mut dyn DynStore, orders: &mut mpsc::UnboundedReceiver<Order>, outlet: &Outlet) -> Result<(), SinkError> {
    while let Some(order) = orders.next().await {
        match order {
            Order::Recall { file, offset, length } => store.recall(file, offset, length).await?,
            Order::Write { file, offset, payload } => store.write(file, offset, payload).await?,
            Order::Finish { file } => {
                store.finish(file).await?;
                outlet(SinkEvent::Finished { file });
            }
            Order::Publish => return store.publish().await,
        }
    }
    // Whoever gave the orders has gone, and how the sink ends is told in another way.
    std::future::pending().await
}

//! Where received bytes go: a folder, or a stream. A sink works on a thread of its own, one order after the other.

mod folder;
mod lock;
mod part;
mod place;
mod publication;
mod stream;
mod words;

use std::{
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle},
};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, control::Entry};
use perkoon_rtc::Chunk;

use self::{
    folder::FolderStore,
    stream::{StreamStore, Used},
};

/// Where received files go.
pub enum Destination {
    /// Into a folder, which is made when it is missing.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Whether files that are there already are replaced.
        overwrite: bool,
    },
    /// One file's bytes, in their order.
    Stream(Box<dyn Write + Send>),
}

/// A file on its way in, under names that are safe here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedFile {
    /// Relative path, parts joined by `/`.
    pub(crate) path: String,
    /// Where it is going to be; none in a stream.
    pub(crate) saved_to: Option<PathBuf>,
}

/// What a sink tells the driver.
#[derive(Debug)]
pub(crate) enum SinkEvent {
    /// A piece of an earlier attempt was read back, or could not be.
    Recalled { file: u32, offset: u64, payload: Option<Chunk> },
    /// A piece is written.
    Written { file: u32, offset: u64 },
    /// A file is whole.
    Finished { file: u32 },
    /// Every file is on the disk and in its place.
    Published,
    /// It went wrong; the sink is over.
    Failed(Failure),
}

/// A way of keeping bytes.
trait Store: Send {
    /// Takes a verified piece.
    fn write(&mut self, file: u32, offset: u64, payload: &[Chunk]) -> Result<(), Failure>;
    /// All pieces of a file are written.
    fn finish(&mut self, file: u32) -> Result<(), Failure>;
    /// Puts the finished files where they belong: all of them, or none when it is given up meanwhile. Whether it has.
    fn publish(&mut self, given_up: &AtomicBool) -> Result<bool, Failure>;
    /// Reads back a piece of an earlier attempt; none when it is not there.
    fn recall(&mut self, file: u32, offset: u64, length: u32) -> Option<Chunk>;
    /// Leaves what is unfinished for another attempt, if that is possible.
    fn shelve(&mut self);
    /// Throws away what is unfinished.
    fn discard(&mut self);
}

enum Order {
    Recall { file: u32, offset: u64, length: u32 },
    Write { file: u32, offset: u64, payload: Vec<Chunk> },
    Finish { file: u32 },
    Publish,
}

/// What the thread looks at before it is done.
#[derive(Default)]
struct Wishes {
    /// Whether nothing is to be published any more, even if that was ordered.
    given_up: AtomicBool,
    /// Whether what is unfinished in the end is kept.
    keeps: AtomicBool,
}

/// A running sink. Dropping it before it has published discards what it has.
pub(crate) struct Sink {
    orders: Option<Sender<Order>>,
    /// None when nothing is left to put away in the end: then it is not waited for, as whoever reads a stream may take no more of it.
    thread: Option<JoinHandle<()>>,
    wishes: Arc<Wishes>,
    kept: Vec<u64>,
    files: Vec<SavedFile>,
}

impl Sink {
    /// Starts a sink for what is offered, if there is a place for it.
    pub(crate) fn start(
        destination: &mut Destination,
        offer: &[Entry],
        tell: impl Fn(SinkEvent) + Send + 'static,
    ) -> Result<Self, Failure> {
        match destination {
            Destination::Folder { path, overwrite } => {
                let store = FolderStore::open(path, *overwrite, offer)?;
                let (kept, files) = (store.kept(), store.saved());
                Self::run(store, kept, files, tell)
            }
            Destination::Stream(writer) => {
                let path = stream::only_file(offer)?;
                let writer = std::mem::replace(writer, Box::new(Used));
                let files = vec![SavedFile { path, saved_to: None }];
                let mut sink = Self::run(StreamStore::new(writer), Vec::new(), files, tell)?;
                sink.thread = None;
                Ok(sink)
            }
        }
    }

    fn run(
        store: impl Store + 'static,
        kept: Vec<u64>,
        files: Vec<SavedFile>,
        tell: impl Fn(SinkEvent) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (orders, incoming) = channel();
        let wishes = Arc::new(Wishes::default());
        let heeded = Arc::clone(&wishes);
        let thread = Builder::new().name("sink".to_owned());
        let thread = thread.spawn(move || work(store, &incoming, &heeded, &tell));
        let thread = thread
            .map_err(|error| Failure::new(ErrorCode::Internal, format!("No thread can be started ({error}). Try again.")))?;
        Ok(Self { orders: Some(orders), thread: Some(thread), wishes, kept, files })
    }

    /// Bytes of each file that are here from an earlier attempt; files left out have none.
    pub(crate) fn kept(&self) -> Vec<u64> {
        self.kept.clone()
    }

    /// The files, in the order of the offer.
    pub(crate) fn files(&self) -> &[SavedFile] {
        &self.files
    }

    /// Asks for a piece of an earlier attempt.
    pub(crate) fn recall(&self, file: u32, offset: u64, length: u32) {
        self.order(Order::Recall { file, offset, length });
    }

    /// Hands a verified piece over. The core's window bounds how many are waiting here.
    pub(crate) fn write(&self, file: u32, offset: u64, payload: Vec<Chunk>) {
        self.order(Order::Write { file, offset, payload });
    }

    /// All pieces of a file were handed over.
    pub(crate) fn finish(&self, file: u32) {
        self.order(Order::Finish { file });
    }

    /// Asks for the files to be put where they belong.
    pub(crate) fn publish(&self) {
        self.order(Order::Publish);
    }

    /// Leaves what it has for another attempt, if it can, and waits until that is done.
    pub(crate) fn shelve(self) {
        self.wishes.keeps.store(true, Ordering::Release);
    }

    /// Throws away what it has, and waits until that is done.
    pub(crate) fn discard(self) {
        drop(self);
    }

    /// A sink that has failed takes no more orders; its `Failed` event has told the driver.
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.wishes.given_up.store(true, Ordering::Release);
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut store: impl Store, orders: &Receiver<Order>, wishes: &Wishes, tell: &impl Fn(SinkEvent)) {
    match carry_out(&mut store, orders, &wishes.given_up, tell) {
        Ok(true) => tell(SinkEvent::Published),
        Ok(false) if wishes.keeps.load(Ordering::Acquire) => store.shelve(),
        Ok(false) => store.discard(),
        Err(failure) => {
            // Room can be made, and the transfer started anew.
            store.shelve();
            tell(SinkEvent::Failed(failure));
        }
    }
}

/// Carries out orders until the files are published, or nobody gives any more.
fn carry_out(
    store: &mut impl Store,
    orders: &Receiver<Order>,
    given_up: &AtomicBool,
    tell: &impl Fn(SinkEvent),
) -> Result<bool, Failure> {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Recall { file, offset, length } => {
                tell(SinkEvent::Recalled { file, offset, payload: store.recall(file, offset, length) });
            }
            Order::Write { file, offset, payload } => {
                store.write(file, offset, &payload)?;
                drop(payload);
                tell(SinkEvent::Written { file, offset });
            }
            Order::Finish { file } => {
                store.finish(file)?;
                tell(SinkEvent::Finished { file });
            }
            Order::Publish => return store.publish(given_up),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;

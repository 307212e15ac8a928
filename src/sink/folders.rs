//! Folders of received files in the origin private file system: found again after a reload or a crash, listed, removed.
//!
//! A folder's files are named by number, in the order of the offer. While a receive is not finished, its record stands beside them.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use futures::channel::oneshot;
use gloo::events::EventListener;
use js_sys::Array;
use perkoon_protocol::control::{Hash, TransferId};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Worker;

use super::{
    files::SCRIPT,
    record::{Record, folder_name, is_stale, kept_bytes},
    run::ReceivedFile,
};
use crate::platform::{hear_worker, lock::PageLock, object, property, text_property};

/// The record's name; files have numbers for names.
pub(super) const RECORD: &str = "record.json";

thread_local! {
    static KEEPER: RefCell<Option<Keeper>> = const { RefCell::new(None) };
}

/// The worker that looks and removes; there while it is asked.
struct Keeper {
    worker: Worker,
    /// Who waits for an answer. Answers come in the order of the questions.
    waiting: VecDeque<oneshot::Sender<JsValue>>,
    _listeners: [EventListener; 2],
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
    /// `picked`: the files go to a place that a person picked.
    pub async fn of(transfer: TransferId, offer: Hash, files: &[ReceivedFile], picked: bool) -> Self {
        let record = Record {
            transfer,
            offer,
            first: files.first().map(|file| file.saved_as.clone()).unwrap_or_default(),
            files: files.len() as u32,
            bytes: files.iter().map(|file| file.size).sum(),
            begun: js_sys::Date::now() as u64,
            picked,
        };
        if let Some(Unfinished { folder: name, begun, last, .. }) = earlier(offer).await
            && let Some(lock) = PageLock::of_folder(&name, true).await
        {
            let kept = kept_bytes(files.iter().map(|file| file.size), begun, last);
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
    /// Files that are there, the last of them perhaps not all.
    begun: usize,
    /// Bytes of the last of those.
    last: u64,
}

/// The last unfinished receive of the offer with this digest, if there is one.
pub async fn earlier(offer: Hash) -> Option<Unfinished> {
    let of_offer = all().await.into_iter().filter_map(|(_, unfinished)| unfinished).filter(|found| found.record.offer == offer);
    of_offer.max_by_key(|found| found.record.begun)
}

/// Every unfinished receive that no tab is working on.
pub async fn unfinished() -> Vec<Unfinished> {
    let mut list = Vec::new();
    for (folder, unfinished) in all().await {
        if let Some(unfinished) = unfinished
            && PageLock::of_folder(&folder, false).await.is_some()
        {
            list.push(unfinished);
        }
    }
    list
}

/// Removes what nobody is going to come back for.
pub async fn remove_stale() {
    for (name, unfinished) in all().await {
        let record = unfinished.as_ref().map(|unfinished| &unfinished.record);
        if is_stale(&name, record, js_sys::Date::now() as u64) && PageLock::of_folder(&name, false).await.is_some() {
            drop(remove(&name, None));
        }
    }
}

/// Removes a file of a folder, or the whole folder. The answer need not be waited for. What is removed already, or still open in
/// another tab, stays as it is: nothing is lost either way.
pub fn remove(folder: &str, file: Option<&str>) -> oneshot::Receiver<JsValue> {
    let file = file.map_or(JsValue::UNDEFINED, Into::into);
    ask(&object(&[("kind", "remove".into()), ("folder", folder.into()), ("file", file)]))
}

/// All folders of received files, and what is known of those that are not finished.
async fn all() -> Vec<(String, Option<Unfinished>)> {
    // No answer, or another one, where there are no private files.
    let answer = ask(&object(&[("kind", "list".into())])).await.unwrap_or_default();
    let folders: Array = property(&answer, "folders").dyn_into().unwrap_or_default();
    let number = |folder: &JsValue, key| property(folder, key).as_f64().unwrap_or_default();
    let one = |folder: JsValue| {
        let name = text_property(&folder, "name");
        let unfinished = Record::decode(&text_property(&folder, "note")).map(|record| Unfinished {
            folder: name.clone(),
            record,
            bytes: number(&folder, "bytes") as u64,
            begun: number(&folder, "begun") as usize,
            last: number(&folder, "last") as u64,
        });
        (name, unfinished)
    };
    folders.iter().map(one).collect()
}

fn ask(question: &JsValue) -> oneshot::Receiver<JsValue> {
    let (tell, answer) = oneshot::channel();
    KEEPER.with_borrow_mut(|keeper| {
        if keeper.is_none() {
            *keeper = Keeper::start();
        }
        // Without workers nothing is found, and nothing is there to be removed.
        if let Some(keeper) = keeper
            && keeper.worker.post_message(question).is_ok()
        {
            keeper.waiting.push_back(tell);
        }
    });
    answer
}

impl Keeper {
    fn start() -> Option<Self> {
        let worker = Worker::new(SCRIPT).ok()?;
        let listeners = hear_worker(
            &worker,
            Rc::new(|answer| {
                let idle = KEEPER.with_borrow_mut(|keeper| {
                    keeper.take_if(|keeper| {
                        // Who asked one that is broken finds nothing, as without workers.
                        let Some(answer) = answer else { return true };
                        // Nobody may wait any more.
                        let _ = keeper.waiting.pop_front().map(|tell| tell.send(answer));
                        keeper.waiting.is_empty()
                    })
                });
                // Not within its own listener.
                wasm_bindgen_futures::spawn_local(async move { drop(idle) });
            }),
        );
        Some(Self { worker, waiting: VecDeque::new(), _listeners: listeners })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

//! A screen that stays on. Where the browser has no such lock, or refuses one (it does to hidden pages and on an empty battery),
//! nothing else changes.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use gloo::events::EventListener;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{call_async, property, window};

/// Keeps the screen on until dropped.
pub struct WakeLock {
    _held: Rc<Held>,
    _listener: EventListener,
}

/// The lock as the browser last gave it.
type Held = RefCell<Option<Sentinel>>;

struct Sentinel(JsValue);

impl WakeLock {
    /// Asks for the lock now, and again whenever the page comes back into view: a page that is hidden loses it.
    pub fn hold() -> Self {
        let held = Rc::default();
        request(Rc::downgrade(&held));
        let again = Rc::downgrade(&held);
        let document = window().document().expect("a page has a document");
        let listener = EventListener::new(&document, "visibilitychange", move |_| request(again.clone()));
        Self { _held: held, _listener: listener }
    }
}

fn request(held: Weak<Held>) {
    spawn_local(async move {
        let locks = property(&window().navigator(), "wakeLock");
        if let Ok(sentinel) = call_async(&locks, "request", &["screen".into()]).await {
            let sentinel = Sentinel(sentinel);
            // One that comes too late is released at once.
            if let Some(held) = held.upgrade() {
                held.replace(Some(sentinel));
            }
        }
    });
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let sentinel = self.0.clone();
        spawn_local(async move { drop(call_async(&sentinel, "release", &[]).await) });
    }
}

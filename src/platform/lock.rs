//! Locks among the tabs of this browser (Web Locks): what one tab uses, no other one does.

use futures::StreamExt;
use js_sys::{Function, Promise};
use perkoon_protocol::SessionCode;
use wasm_bindgen::{JsValue, closure::Closure};

use super::{call_async, object, property, window};

/// A page that is being reloaded gives its locks up a moment after its successor asks for them.
const WAIT_MS: u32 = 2_000;

/// A lock that this tab holds until this is dropped, or the page is gone.
pub struct PageLock {
    /// Resolves the promise that the browser holds the lock for; `None` in a browser without locks.
    release: Option<Function>,
}

impl PageLock {
    /// The right to send in session `code`: a duplicated tab, whose `sessionStorage` is a copy, has to leave it alone. `None` when
    /// another tab has it.
    pub async fn of_sender(code: SessionCode) -> Option<Self> {
        Self::claim(&format!("perkoon-sender-{code}"), true).await
    }

    /// The right to use the private folder of this name. `None` when another tab has it and, if `patient`, does not give it up soon.
    pub async fn of_folder(name: &str, patient: bool) -> Option<Self> {
        Self::claim(&format!("perkoon-folder-{name}"), patient).await
    }

    async fn claim(name: &str, patient: bool) -> Option<Self> {
        let locks = property(&window().navigator(), "locks");
        if locks.is_undefined() {
            return Some(Self { release: None });
        }
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let (tell, mut answers) = futures::channel::mpsc::unbounded();
        let refused = tell.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| {
            let _ = tell.unbounded_send(lock.is_truthy());
            held
        });
        let options = if patient {
            object(&[("signal", web_sys::AbortSignal::timeout_with_u32(WAIT_MS).into())])
        } else {
            object(&[("ifAvailable", true.into())])
        };
        let name = JsValue::from(name);
        wasm_bindgen_futures::spawn_local(async move {
            let _ = call_async(&locks, "request", &[name, options.into(), callback]).await;
            let _ = refused.unbounded_send(false);
        });
        let lock = Self { release };
        // One that is not to be had is let go of at once.
        answers.next().await.unwrap_or(false).then_some(lock)
    }
}

impl Drop for PageLock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Resolving a promise does not throw.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

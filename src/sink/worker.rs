//! The service worker that saves files, and what else the browser offers for keeping them.

use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState, StorageEstimate};

use super::choose::Capabilities;
use crate::platform::{folder, property, text_property, window};

const SCRIPT: &str = "sw.js";

/// Registers the service worker ahead of time, so that accepting starts bytes at once.
pub async fn prepare() {
    // A browser that refuses (private windows of Firefox do) saves another way.
    let _ = active_worker().await;
}

/// What this browser can do right now.
pub async fn capabilities() -> Capabilities {
    Capabilities {
        service_worker: active_worker().await.is_some(),
        private_files: has_private_files().await,
        free_bytes: free_bytes().await,
    }
}

/// The service worker, once it is active; `None` where there is none to be had.
pub(super) async fn active_worker() -> Option<ServiceWorker> {
    let container = property(&window().navigator(), "serviceWorker").dyn_into::<ServiceWorkerContainer>().ok()?;
    // Registering again would wait, for a second and more, while the browser looks for a newer script.
    if let Ok(known) = JsFuture::from(container.get_registration()).await
        && let Some(worker) = known.dyn_ref().and_then(ServiceWorkerRegistration::active)
        // Another site may have one for the whole host.
        && text_property(&worker, "scriptURL") == folder() + SCRIPT
    {
        return Some(worker);
    }
    let registration: ServiceWorkerRegistration = JsFuture::from(container.register(SCRIPT)).await.ok()?.dyn_into().ok()?;
    let worker = registration.active().or_else(|| registration.installing()).or_else(|| registration.waiting())?;
    activated(&worker).await.then_some(worker)
}

async fn activated(worker: &ServiceWorker) -> bool {
    let (told, mut states) = futures::channel::mpsc::unbounded();
    let _listener = EventListener::new(worker, "statechange", {
        let worker = worker.clone();
        move |_| drop(told.unbounded_send(worker.state()))
    });
    let mut state = worker.state();
    while !matches!(state, ServiceWorkerState::Activated | ServiceWorkerState::Redundant) {
        match futures::StreamExt::next(&mut states).await {
            Some(next) => state = next,
            None => return false,
        }
    }
    state == ServiceWorkerState::Activated
}

/// Safari before 26 has the directory but no writable handles outside workers; the writer is a worker, so the directory is enough.
async fn has_private_files() -> bool {
    let storage = property(&window().navigator(), "storage");
    if !property(&storage, "getDirectory").is_function() || !property(&window(), "FileSystemFileHandle").is_function() {
        return false;
    }
    JsFuture::from(window().navigator().storage().get_directory()).await.is_ok()
}

async fn free_bytes() -> Option<u64> {
    let storage = property(&window().navigator(), "storage");
    if !property(&storage, "estimate").is_function() {
        return None;
    }
    let promise = window().navigator().storage().estimate().ok()?;
    let estimate: StorageEstimate = JsFuture::from(promise).await.ok().map(JsValue::unchecked_into)?;
    let free = estimate.get_quota()? - estimate.get_usage()?;
    Some(free.max(0.0) as u64)
}

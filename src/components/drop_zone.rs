//! Files dropped or pasted anywhere on the page.

use leptos::{ev, prelude::*, task::spawn_local};
use web_sys::{DataTransfer, DragEvent};

use super::memo;
use crate::{dom, session::PickedFile};

/// While this is on the page, the whole page takes drops and pastes; it shows itself while something is held over the page.
#[component]
pub fn DropTarget(
    /// What becomes of the files.
    on_files: Callback<Vec<PickedFile>>,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let take = move |transfer: Option<DataTransfer>| {
        let Some(transfer) = transfer else { return };
        let gathering = dom::from_transfer(&transfer);
        spawn_local(async move {
            let files = gathering.await;
            if !files.is_empty() {
                on_files.try_run(files);
            }
        });
    };
    let listeners = [
        window_event_listener(ev::dragover, move |event| over.set(holds_files(&event))),
        window_event_listener(ev::dragleave, move |event| {
            // Leaving one element for another is not leaving the page.
            if event.related_target().is_none() {
                over.set(false);
            }
        }),
        window_event_listener(ev::drop, move |event| {
            over.set(false);
            take(event.data_transfer());
        }),
        window_event_listener(ev::paste, move |event| take(event.clipboard_data())),
    ];
    on_cleanup(move || listeners.into_iter().for_each(|listener| listener.remove()));
    view! {
        <div class="drop-overlay" class:over=memo(move || over.get()) aria-hidden="true">
            <p class="title">"Drop to add"</p>
        </div>
    }
}

/// A file dropped where it is not expected must not replace the page.
pub fn swallow_stray_drops() {
    let keep = |event: DragEvent| {
        if holds_files(&event) {
            event.prevent_default();
        }
    };
    // Never removed: they live as long as the page.
    window_event_listener(ev::dragover, keep);
    window_event_listener(ev::drop, keep);
}

fn holds_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
}

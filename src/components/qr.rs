//! The link as a QR code, always dark on light with its quiet zone: cameras do not read the reverse reliably.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::dynamic;
use crate::{automation::hooks, platform::tools::Tools};

/// The QR code of a link. What draws it is loaded now; without it the link and the code are still there to be shared.
#[component]
pub fn QrCode(
    /// The link.
    text: Memo<String>,
) -> impl IntoView {
    let loaded = RwSignal::new(false);
    spawn_local(async move {
        // The panel may be gone by then.
        loaded.try_set(Tools::load().await.is_ok());
    });
    let drawn = move || {
        let tools = loaded.get().then(Tools::loaded)??;
        text.with(|text| tools.qr(text))
    };
    dynamic(move || match drawn() {
        None => ().into_any(),
        Some((side, path)) => view! {
            <svg
                class="qr"
                data-testid=hooks::SHARE_QR
                viewBox=format!("0 0 {side} {side}")
                role="img"
                aria-label="QR code of the link"
                shape-rendering="crispEdges"
            >
                <path class="qr-modules" d=path />
            </svg>
        }
        .into_any(),
    })
}

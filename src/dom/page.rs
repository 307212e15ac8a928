//! Title, favicon, address, clipboard: the page as the browser shows it.

use leptos::{leptos_dom::helpers::WindowListenerHandle, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::ShareData;

/// Tells the loader that the app is on the page, and takes the static shell away.
pub fn mark_ready() {
    let document = document();
    if let Some(shell) = document.get_element_by_id("shell") {
        shell.remove();
    }
    if let Some(root) = document.document_element() {
        // Setting an attribute by a valid name cannot fail.
        let _ = root.set_attribute("data-ready", "");
    }
}

/// Switches every animation off, for pages driven by a program.
pub fn keep_agent_still() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("agent");
    }
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Sets the page's title.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Sets the page's icon.
pub fn set_favicon(href: &str) {
    if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
        let _ = link.set_attribute("href", href);
    }
}

/// The address's fragment, with its `#`; empty when there is none.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Replaces the address without loading or routing anything.
pub fn replace_address(address: &str) {
    if let Ok(history) = window().history() {
        // Same-origin addresses are always allowed.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// Loads the page again.
pub fn reload() {
    let _ = window().location().reload();
}

/// Whether nothing in particular has the keyboard focus, as after the focused element was removed.
pub fn focus_is_lost() -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY")
}

/// Gives the keyboard to the page's heading, which has to have a `tabindex`.
pub fn focus_heading() {
    if let Ok(Some(heading)) = document().query_selector("h1") {
        // What is on the page and has a tabindex takes the focus.
        let _ = heading.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

/// Whether the main pointer is a finger, as on a phone.
pub fn coarse_pointer() -> bool {
    window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
}

/// Copies text; false when the browser refused.
pub async fn copy_text(text: String) -> bool {
    let navigator = window().navigator();
    // There is no clipboard object on an insecure origin.
    if !has(&navigator, "clipboard") {
        return false;
    }
    JsFuture::from(navigator.clipboard().write_text(&text)).await.is_ok()
}

/// Whether the system has a share sheet.
pub fn can_share() -> bool {
    has(&window().navigator(), "share")
}

/// Opens the system's share sheet with a link.
pub fn share_link(url: &str) {
    let data = ShareData::new();
    data.set_title("Perkoon");
    data.set_text("Open this to receive my files");
    data.set_url(url);
    let sharing = window().navigator().share_with_data(&data);
    // Rejected when the person closes the sheet: nothing to do.
    leptos::task::spawn_local(async move { drop(JsFuture::from(sharing).await) });
}

/// Has the browser ask before the page is left, while the handle lives.
pub fn warn_before_leaving() -> WindowListenerHandle {
    window_event_listener(leptos::ev::beforeunload, |event| {
        event.prevent_default();
        event.set_return_value("1");
    })
}

fn has(object: &JsValue, name: &str) -> bool {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).is_ok_and(|value| !value.is_undefined() && !value.is_null())
}

/// A property that is a function, if it is one.
pub(super) fn function(object: &JsValue, name: &str) -> Option<js_sys::Function> {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).ok()?.dyn_into().ok()
}

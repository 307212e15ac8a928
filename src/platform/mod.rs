//! The browser, behind small typed pieces: with `sink`, the only users of `web_sys` outside the components.

pub mod api;
pub mod clock;
pub mod handles;
pub mod lock;
pub mod payload;
pub mod rtc;
pub mod signal;
pub mod source;
pub mod storage;
pub mod tools;
pub mod wake_lock;

use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Worker;

/// The `name` of a `DOMException` or `Error`, such as `QuotaExceededError`; empty for anything else.
pub fn error_name(error: &JsValue) -> String {
    text_property(error, "name")
}

/// An error in words for a log or a peer, never empty.
pub fn error_text(error: &JsValue) -> String {
    let (name, message) = (error_name(error), text_property(error, "message"));
    match (name.is_empty(), message.is_empty()) {
        (true, true) => error.as_string().unwrap_or_else(|| "unknown error".to_owned()),
        (false, true) => name,
        (_, false) => format!("{name}: {message}"),
    }
}

/// Hears what a worker says. `None`: it cannot be loaded, or has broken, and says nothing more.
pub fn hear_worker(worker: &Worker, told: Rc<dyn Fn(Option<JsValue>)>) -> [EventListener; 2] {
    let broken = Rc::clone(&told);
    [
        EventListener::new(worker, "message", move |event| told(Some(property(event, "data")))),
        EventListener::new(worker, "error", move |_| broken(None)),
    ]
}

/// A property that ought to be text; empty when it is not.
pub fn text_property(object: &JsValue, key: &str) -> String {
    property(object, key).as_string().unwrap_or_default()
}

/// A property; undefined when the object has none or is no object.
pub fn property(object: &JsValue, key: &str) -> JsValue {
    js_sys::Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of a plain object made here.
pub fn set_property(object: &JsValue, key: &str, value: &JsValue) {
    js_sys::Reflect::set(object, &key.into(), value).expect("a plain object takes properties");
}

/// A plain object from pairs.
pub fn object(pairs: &[(&str, JsValue)]) -> js_sys::Object {
    let object = js_sys::Object::new();
    for (key, value) in pairs {
        set_property(&object, key, value);
    }
    object
}

/// The one form of a name that is written in any case. The browser's own tables spare the page a set of them.
pub fn fold_case(name: &str) -> String {
    js_sys::JsString::from(name).to_upper_case().to_lower_case().into()
}

/// A text in the one form that everybody writes it in (NFC), however it was typed.
pub fn normalized(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFC").into()
}

/// What the loader (`public/boot.js`) has been told, or has found out, under the name of one of its attributes.
pub fn told(name: &str) -> Option<String> {
    window().document()?.query_selector("[data-tools]").ok()??.get_attribute(name)
}

/// The origin of a server that is not where the pages are.
pub fn server_elsewhere() -> Option<String> {
    told("data-server")
}

/// The folder that all pages and files lie in, as a whole address up to its slash.
pub fn folder() -> String {
    told("data-folder").unwrap_or_default()
}

/// The server's origin.
pub fn server() -> String {
    server_elsewhere().unwrap_or_else(|| window().location().origin().unwrap_or_default())
}

/// The page's window.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("the app runs in a page")
}

/// Bytes from the browser's cryptographic source.
pub fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let crypto = window().crypto().expect("every browser with WebRTC has a random source");
    crypto.get_random_values_with_u8_array(&mut bytes).expect("far fewer than the limit of 65,536");
    bytes
}

/// Calls `act` when the page ends. One that the browser keeps, to come back to, has not ended.
pub fn when_page_ends(act: Box<dyn Fn()>) -> EventListener {
    EventListener::new(&window(), "pagehide", move |event| {
        if property(event, "persisted").is_falsy() {
            act();
        }
    })
}

/// Calls a method that `web_sys` does not know, and awaits its promise.
///
/// # Errors
/// What the method threw or rejected with, or a type error when there is no such method.
pub async fn call_async(object: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: js_sys::Function = property(object, method).dyn_into()?;
    let arguments: js_sys::Array = arguments.iter().collect();
    let answer = js_sys::Reflect::apply(&function, object, &arguments)?;
    wasm_bindgen_futures::JsFuture::from(js_sys::Promise::resolve(&answer)).await
}

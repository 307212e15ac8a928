//! The File System Access pickers, where there are any.

use js_sys::{Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::page::function;
use crate::session::Destination;

/// Whether a person can choose where a receive of `files` files goes.
pub fn can_pick(files: usize) -> bool {
    let name = if files == 1 { "showSaveFilePicker" } else { "showDirectoryPicker" };
    function(&window(), name).is_some()
}

/// Asks for one file's place. Must be called inside a click's own handler.
pub fn pick_file(suggested_name: &str) -> Destination {
    open("showSaveFilePicker", &[("suggestedName", suggested_name)])
}

/// Asks for a folder. Must be called inside a click's own handler.
pub fn pick_folder() -> Destination {
    open("showDirectoryPicker", &[("mode", "readwrite"), ("id", "perkoon")])
}

fn open(name: &str, options: &[(&str, &str)]) -> Destination {
    let picking = picking(name, options);
    Destination::Picked(Box::pin(async move { JsFuture::from(picking?).await }))
}

fn picking(name: &str, options: &[(&str, &str)]) -> Result<Promise, JsValue> {
    let bag = Object::new();
    for (key, value) in options {
        Reflect::set(&bag, &JsValue::from_str(key), &JsValue::from_str(value))?;
    }
    let picker = function(&window(), name).ok_or(JsValue::UNDEFINED)?;
    Ok(picker.call1(&window(), &bag)?.unchecked_into())
}

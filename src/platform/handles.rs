//! Files that were dropped before this page was loaded again, by the handles that `public/handles.js` has kept of them. The script
//! loads when it is called.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::{call_async, window};
use crate::session::PickedFile;

/// Whether there are handles of what was being sent.
pub async fn find() -> bool {
    call("find").await.is_truthy()
}

/// Of the files that were being sent those that are found again. The person may be asked, so a click has to come before.
pub async fn open() -> Vec<PickedFile> {
    let files: Array = call("open").await.dyn_into().unwrap_or_default();
    files.iter().filter_map(|file| picked(&file.unchecked_into())).collect()
}

/// From a path and a file.
fn picked(found: &Array) -> Option<PickedFile> {
    let path = found.get(0).as_string()?.split('/').map(str::to_owned).collect();
    Some(PickedFile { file: found.get(1).unchecked_into(), path })
}

/// A browser that has no handles answers in one way or another that there are none.
async fn call(action: &str) -> JsValue {
    call_async(&window(), "__perkoonHandles", &[action.into()]).await.unwrap_or_default()
}

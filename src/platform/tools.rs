//! The module with what only sessions need (`crates/page-tools`), loaded when it is first wanted.

use std::cell::RefCell;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{call_async, object, property, random, told, window};
use crate::exchange::{Exchange, Surroundings};

/// What the module exports, once it is there.
#[derive(Clone)]
pub struct Tools(JsValue);

/// An exchange that the module runs.
pub type PasswordExchange = Exchange<Tools>;

thread_local! {
    static LOADED: RefCell<Option<Tools>> = const { RefCell::new(None) };
}

impl Tools {
    /// Loads the module, once for the page's life. After a failure the next call tries again. Two that come at once both load it, which
    /// does no harm: nothing is kept in it.
    ///
    /// # Errors
    /// What the browser says when it cannot be fetched or compiled.
    pub async fn load() -> Result<Self, JsValue> {
        if let Some(tools) = Self::loaded() {
            return Ok(tools);
        }
        let tools = Self(instantiate().await?);
        LOADED.set(Some(tools.clone()));
        Ok(tools)
    }

    /// The module if it is there already.
    pub fn loaded() -> Option<Self> {
        LOADED.with_borrow(Clone::clone)
    }

    /// The QR code of a text: its side in modules, and an SVG path of the dark ones. `None` for a text no code can hold.
    pub fn qr(&self, text: &str) -> Option<(u8, String)> {
        let mut answer = self.ask("qr", text.as_bytes())?;
        let side = *answer.first()?;
        answer.remove(0);
        Some((side, String::from_utf8(answer).ok()?))
    }

    /// The words that people compare.
    pub fn words(&self, bytes: [u8; 4]) -> Option<Vec<String>> {
        let words = String::from_utf8(self.ask("words", &bytes)?).ok()?;
        Some(words.split(' ').map(str::to_owned).collect())
    }

    /// An export's answer; `None` when the module fails, which it does not by itself.
    fn call(&self, name: &str, argument: u32) -> Option<u32> {
        let export: Function = property(&self.0, name).dyn_into().ok()?;
        let answer = export.call1(&JsValue::UNDEFINED, &argument.into()).ok()?.as_f64()?;
        (answer >= 0.0).then_some(answer as u32)
    }

    /// The module's memory moves when it grows, so that a view serves once.
    fn memory(&self, at: u32, length: u32) -> Uint8Array {
        Uint8Array::new_with_byte_offset_and_length(&property(&property(&self.0, "memory"), "buffer"), at, length)
    }
}

impl Surroundings for Tools {
    fn ask(&self, tool: &str, request: &[u8]) -> Option<Vec<u8>> {
        let length = request.len() as u32;
        let at = self.call("reserve", length)?;
        self.memory(at, length).copy_from(request);
        let answer = self.call(tool, 0).and_then(|length| Some(self.memory(self.call("at", 0)?, length).to_vec()));
        // Wipes what was there.
        self.call("reserve", 0);
        answer
    }

    fn randomness(&self) -> [u8; 64] {
        random()
    }
}

/// From bytes rather than from the response: it is small, and a host that does not know its type serves it all the same.
async fn instantiate() -> Result<JsValue, JsValue> {
    // A build that nobody has shrunk has no digests.
    let options = object(&[("integrity", told("data-tools-integrity").unwrap_or_default().into())]);
    let response = call_async(&window(), "fetch", &[told("data-tools").into(), options.into()]).await?;
    let bytes = call_async(&response, "arrayBuffer", &[]).await?;
    let module = call_async(&property(&window(), "WebAssembly"), "instantiate", &[bytes]).await?;
    Ok(property(&property(&module, "instance"), "exports"))
}

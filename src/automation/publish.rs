//! `window.__perkoon` and the DOM events.

use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CustomEvent, CustomEventInit};

use super::{FileSnapshot, Happening, Snapshot, happenings, snapshot::ParticipantSnapshot};
use crate::{
    platform::{property, set_property, window},
    sink::kept,
    state::{FileView, View},
};

/// Replaces `window.__perkoon` whenever the View changes, and tells what happened.
pub struct Publisher {
    last: View,
    /// The published objects, by position, each with the entry it was made from.
    files: Vec<(Rc<FileView>, Object)>,
    /// The array in use; made anew only when a file changes.
    array: Array,
    methods: Methods,
}

/// The methods of `files[i]`, bound to the file's number. One closure each, however many files.
struct Methods {
    get_file: Closure<dyn Fn(u32) -> Promise>,
    stream: Closure<dyn Fn(u32) -> Promise>,
    release: Closure<dyn Fn(u32)>,
}

impl Default for Publisher {
    fn default() -> Self {
        let methods = Methods {
            get_file: Closure::new(|id| Promise::resolve(&kept::file(id).map_or(JsValue::NULL, Into::into))),
            stream: Closure::new(|id| Promise::resolve(&kept::file(id).map_or(JsValue::NULL, |file| file.stream().into()))),
            release: Closure::new(kept::release),
        };
        let publisher = Self { last: View::default(), files: Vec::new(), array: Array::new(), methods };
        publisher.install(&View::default());
        publisher
    }
}

impl Publisher {
    /// Publishes `view` if it differs from what was published last; says whether it did.
    pub fn publish(&mut self, view: &View) -> bool {
        if *view == self.last {
            return false;
        }
        self.rebuild_files(view);
        let object = self.install(view);
        let told = happenings(&self.last, view);
        self.last = view.clone();
        for happening in told {
            self.tell(&happening, &object);
        }
        true
    }

    fn install(&self, view: &View) -> Object {
        let object: Object = plain(&Snapshot::from(view)).unchecked_into();
        set_property(&object, "files", &self.array);
        set_property(&window(), "__perkoon", &object);
        object
    }

    fn rebuild_files(&mut self, view: &View) {
        let same = view.files.len() == self.files.len()
            && view.files.iter().zip(&self.files).all(|(new, (old, _))| Rc::ptr_eq(new, old));
        if same {
            return;
        }
        let mut earlier = std::mem::take(&mut self.files).into_iter();
        for file in &view.files {
            let unchanged = earlier.next().filter(|(old, _)| Rc::ptr_eq(old, file));
            let object = unchanged.map_or_else(|| self.file_object(file), |(_, object)| object);
            self.files.push((Rc::clone(file), object));
        }
        self.array = self.files.iter().map(|(_, object)| object).collect();
    }

    fn file_object(&self, file: &FileView) -> Object {
        let object: Object = plain(&FileSnapshot::from(file)).unchecked_into();
        let bind = |method: &JsValue| method.unchecked_ref::<Function>().bind1(&JsValue::NULL, &file.id.0.into());
        set_property(&object, "getFile", &bind(self.methods.get_file.as_ref()));
        set_property(&object, "stream", &bind(self.methods.stream.as_ref()));
        set_property(&object, "release", &bind(self.methods.release.as_ref()));
        object
    }

    fn tell(&self, happening: &Happening, object: &Object) {
        match happening {
            Happening::Session(name) => dispatch(name, &property(object, "session")),
            Happening::Participant(name, participant) => dispatch(name, &plain(&ParticipantSnapshot::from(participant))),
            Happening::Transfer(name) => dispatch(name, &property(object, "transfer")),
            Happening::File(name, index) => dispatch(name, &self.array.get(*index as u32)),
        }
    }
}

/// Plain data as a plain object: absent is `null`, sizes are numbers.
fn plain(data: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let Ok(value) = data.serialize(&serializer) else { unreachable!("plain data has string keys") };
    value
}

fn dispatch(name: &str, detail: &JsValue) {
    let options = CustomEventInit::new();
    options.set_detail(detail);
    let document = window().document().expect("a page has a document");
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &options) {
        // A listener that throws reports its own error; the page goes on.
        let _ = document.dispatch_event(&event);
    }
}

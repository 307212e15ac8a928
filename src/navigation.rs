//! The address bar and the page it stands for: everything that pages which lie in one folder need of a router.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use crate::components::from_root;

/// Where the page is. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub struct Address {
    /// The page's decoded name in the folder that all lie in; set anew with every change, of a fragment too.
    name: RwSignal<String>,
}

impl Address {
    /// Reads the address bar, and follows it and the links on the page from now on.
    pub fn follow() -> Self {
        let address = Self { name: RwSignal::new(current_name()) };
        // Neither is ever removed: they live as long as the page.
        window_event_listener(ev::popstate, move |_| address.read());
        window_event_listener(ev::click, move |event| {
            if let Some(href) = followed_link(&event) {
                event.prevent_default();
                address.go(&href);
            }
        });
        address
    }

    /// The path's last segment; empty for the first page.
    pub fn segment(self) -> String {
        self.name.get()
    }

    /// Subscribes to every change, of a fragment too.
    pub fn track_changes(self) {
        self.name.track();
    }

    /// Goes to another page.
    pub fn go(self, address: &str) {
        if let Ok(history) = window().history() {
            // Same-origin addresses are always allowed.
            let _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(address));
        }
        self.read();
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Corrects the address of the page that is shown.
    pub fn replace(self, address: &str) {
        crate::dom::replace_address(address);
        self.read();
    }

    fn read(self) {
        self.name.set(current_name());
    }
}

/// The address in scope.
///
/// # Panics
/// Outside the application's component tree, which provides it at its root.
pub fn use_address() -> Address {
    from_root()
}

fn current_name() -> String {
    let path = window().location().pathname().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let decoded = js_sys::decode_uri_component(name).ok().and_then(|name| name.as_string());
    decoded.unwrap_or_else(|| name.to_owned())
}

/// The address of a link that this click follows within the app; nothing for new tabs, downloads, other sites and fragments.
fn followed_link(event: &MouseEvent) -> Option<String> {
    let modified = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return None;
    }
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let link = target.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let here = window().location();
    let inside = link.target().is_empty() && !link.has_attribute("download") && here.origin().ok()? == link.origin();
    let fragment_only = !link.hash().is_empty() && here.pathname().ok()? == link.pathname();
    (inside && !fragment_only).then(|| link.href())
}

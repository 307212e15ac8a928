//! Title, favicon and leave warning: what the tab says while something else is in front.

use leptos::{leptos_dom::helpers::WindowListenerHandle, prelude::*};

use super::{effect, from_root, memo, watch};
use crate::{
    dom,
    present::{self, Stage},
    session::Session,
    state::{TransferStatus, View},
};

/// Between two numbers in the title: the browser draws its own window anew for each.
const TITLE_MS: f64 = 1000.0;

/// What the current page is called when no transfer has more to say.
#[derive(Clone, Copy)]
pub struct PageTitle(RwSignal<String>);

impl PageTitle {
    /// No page yet.
    pub fn new() -> Self {
        Self(RwSignal::new(String::new()))
    }

    /// Called by each page.
    pub fn set(title: &'static str) {
        from_root::<Self>().0.set(title.to_owned());
    }
}

impl Default for PageTitle {
    fn default() -> Self {
        Self::new()
    }
}

/// Ties the tab to the session.
pub fn install_page_state(session: Session, page: PageTitle) {
    let view = session.view();
    let title = memo(move || view.with(|view| present::title(view, &page.0.get())));
    let counting = watch(|view| view.transfer.status == TransferStatus::Transferring);
    let mut counted = None;
    effect(move || {
        let (title, counting, now) = (title.get(), counting.get_untracked(), dom::now());
        // A running number may wait for the next one, which the last does not have. Whatever else the title says, it says at once.
        let soon = counted.is_some_and(|counted| now - counted < TITLE_MS) && !title.starts_with("100");
        if !(counting && soon) {
            dom::set_title(&title);
            counted = counting.then_some(now);
        }
    });

    let favicon = memo(move || favicon_href(view.with(favicon_progress)));
    effect(move || favicon.with(|href| dom::set_favicon(href)));

    if !session.is_agent() {
        let running = watch(|view| present::stage(view) == Stage::Running);
        let mut listener: Option<WindowListenerHandle> = None;
        effect(move || {
            if let Some(listener) = listener.take() {
                listener.remove();
            }
            listener = running.get().then(dom::warn_before_leaving);
        });
    }
}

/// Percent to draw while running and at the end, in steps of five: the icon is 16 pixels wide.
fn favicon_progress(view: &View) -> Option<u32> {
    match present::stage(view) {
        Stage::Running | Stage::Complete => Some(view.transfer.percent() as u32 / 5 * 5),
        _ => None,
    }
}

fn favicon_href(percent: Option<u32>) -> String {
    let Some(percent) = percent else { return "favicon.svg".to_owned() };
    let colour = if percent == 100 { "%2318794e" } else { "%232f45d8" };
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke-width='7'%3E\
         %3Ccircle cx='16' cy='16' r='12' stroke='%239995' /%3E\
         %3Ccircle cx='16' cy='16' r='12' stroke='{colour}' pathLength='100' stroke-dasharray='{percent} 100' transform='rotate(-90 16 16)'/%3E%3C/svg%3E"
    )
}

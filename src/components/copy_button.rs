//! Copying, with an answer.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::{Button, Icon, dynamic, memo};
use crate::dom;

const COPIED: &str = "Copied";

/// What to copy and how it went, for any button.
#[derive(Clone, Copy)]
pub struct CopyText {
    /// In words, for two seconds; then empty again.
    outcome: RwSignal<String>,
}

impl CopyText {
    /// Nothing copied yet.
    pub fn new() -> Self {
        Self { outcome: RwSignal::new(String::new()) }
    }

    /// Copies.
    pub fn copy(self, text: String) {
        spawn_local(async move {
            let copied = dom::copy_text(text).await;
            self.outcome.try_set(if copied { COPIED } else { "Copy it by hand" }.to_owned());
            let forget = move || {
                // The button may be gone by then.
                self.outcome.try_set(String::new());
            };
            set_timeout(forget, Duration::from_secs(2));
        });
    }

    /// The button's words: what it does, or for two seconds how it went.
    pub fn label(self, idle: &'static str) -> Memo<String> {
        memo(move || match self.outcome.get() {
            outcome if outcome.is_empty() => idle.to_owned(),
            outcome => outcome,
        })
    }

    /// Whether the last copy went well, for two seconds.
    pub fn copied(self) -> bool {
        self.outcome.get() == COPIED
    }
}

impl Default for CopyText {
    fn default() -> Self {
        Self::new()
    }
}

/// A button that copies.
#[component]
pub fn CopyButton(
    /// What to copy.
    text: Memo<String>,
    /// What the button says.
    label: &'static str,
    /// The hook for scripts.
    #[prop(optional)]
    testid: Option<&'static str>,
) -> impl IntoView {
    let copy = CopyText::new();
    let icon = dynamic(move || if copy.copied() { Icon::Check } else { Icon::Copy }.view());
    let button = Button::changing(copy.label(label)).icon(icon);
    let button = if let Some(testid) = testid { button.testid(testid) } else { button };
    button.on_press(move || copy.copy(text.get_untracked()))
}

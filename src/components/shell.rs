//! What is around every page.

use leptos::prelude::*;
use web_sys::window;

use super::{Button, Icon, dynamic, memo};
use crate::dom::preferences;

/// The name, and the theme switch.
#[component]
pub fn Header() -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">"Skip to the content"</a>
        <header class="site-header">
            <a class="brand" href="./">
                <svg class="brand-mark" viewBox="0 0 34 16" aria-hidden="true">
                    <circle class="brand-near" cx="7" cy="8" r="5.5" />
                    <path d="M13 8h8" />
                    <circle class="brand-far" cx="27" cy="8" r="4.5" />
                </svg>
                "Perkoon"
            </a>
            <ThemeSwitch />
        </header>
    }
}

/// What people may want to read.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="site-footer small">
            // Pages of their own: a session goes on in this one.
            <a href="automate" target="_blank" rel="noopener">"Automate"</a>
            <a href="terms" target="_blank" rel="noopener">"Terms"</a>
            <a href="privacy" target="_blank" rel="noopener">"Privacy"</a>
        </footer>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let dark = RwSignal::new(is_dark());
    let switch = move || {
        let theme = if dark.get_untracked() { "light" } else { "dark" };
        if let Some(root) = document().document_element() {
            // Setting an attribute by a valid name cannot fail.
            let _ = root.set_attribute("data-theme", theme);
        }
        preferences::choose_theme(theme);
        dark.set(theme == "dark");
    };
    let label = memo(move || if dark.get() { "Use the light theme" } else { "Use the dark theme" }.to_owned());
    let icon = dynamic(move || if dark.get() { Icon::Sun } else { Icon::Moon }.view());
    Button::around_changing(icon, label).class("icon-button").on_press(switch)
}

fn is_dark() -> bool {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    match chosen {
        Some(theme) => theme == "dark",
        None => {
            let query = window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok().flatten());
            query.is_some_and(|query| query.matches())
        }
    }
}

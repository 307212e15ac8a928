//! The terms checkbox: native, visible, never checked for anyone.

use leptos::prelude::*;

use super::check_box;

/// The box and its words.
#[component]
pub fn TermsBox(
    /// The hook for scripts.
    testid: &'static str,
    /// Whether it is checked.
    checked: RwSignal<bool>,
) -> impl IntoView {
    let words = view! {
        "I accept the " <a href="terms" target="_blank" rel="noopener">"terms"</a>
        " and only share what I may share."
    };
    check_box(testid, checked, words.into_any())
}

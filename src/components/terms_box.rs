//! The terms checkbox: native, visible, never checked for anyone.

use leptos::prelude::*;

/// The box and its words.
#[component]
pub fn TermsBox(
    /// The hook for scripts.
    testid: &'static str,
    /// Whether it is checked.
    checked: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <div class="check">
            <input
                type="checkbox"
                id=testid
                data-testid=testid
                prop:checked=move || checked.get()
                on:change=move |event| checked.set(event_target_checked(&event))
            />
            <label for=testid>
                "I accept the " <a href="/terms" target="_blank" rel="noopener">"terms"</a>
                " and only share what I may share."
            </label>
        </div>
    }
}

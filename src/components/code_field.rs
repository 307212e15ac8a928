//! Where a receiver types a code.

use leptos::{ev::SubmitEvent, html, prelude::*};
use perkoon_protocol::{ErrorCode, SessionCode};

use super::memo;
use crate::{
    dom,
    navigation::{Address, use_address},
    routes::{code_from_input, session_path},
};

/// A field for a code or a link, and the button that opens it.
#[component]
pub fn CodeField(
    /// The field's label.
    #[prop(default = "Have a code")]
    label: &'static str,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let wrong = RwSignal::new(false);
    let address = use_address();
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        match code_from_input(&field.value()) {
            Some(code) => open_session(address, code),
            None => {
                wrong.set(true);
                // A field on the page can always take the focus.
                let _ = field.focus();
            }
        }
    };
    let invalid = memo(move || wrong.get().then(|| "true".to_owned()));
    let described = memo(move || wrong.get().then(|| "code-problem".to_owned()));
    let problem = memo(move || if wrong.get() { ErrorCode::InvalidCode.sentence() } else { "" }.to_owned());
    view! {
        <form class="code-field" on:submit=open novalidate>
            <label class="label" for="code">{label}</label>
            <div class="code-field-row">
                <input
                    id="code"
                    class="input code-input"
                    node_ref=field
                    name="code"
                    type="text"
                    placeholder="K7MX 4QPR 9W2N"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    enterkeyhint="go"
                    aria-invalid=invalid
                    aria-describedby=described
                    on:input=move |_| wrong.set(false)
                />
                <button type="submit" class="button">
                    "Receive"
                </button>
            </div>
            <p id="code-problem" class="field-problem small" role="alert">
                {problem}
            </p>
        </form>
    }
}

/// The same code again is a new attempt, which only a fresh page makes.
fn open_session(address: Address, code: SessionCode) {
    let path = session_path(code);
    if window().location().pathname().is_ok_and(|here| here == path) {
        dom::reload();
    } else {
        address.go(&path);
    }
}

//! Where a receiver types a code.

use leptos::prelude::*;
use perkoon_protocol::ErrorCode;

use super::{Button, Field, effect, form, memo};
use crate::{
    dom,
    navigation::{Address, use_address},
    routes::path_from_input,
};

const ATTRIBUTES: &[(&str, &str)] = &[
    ("class", "input code-input"),
    ("name", "code"),
    ("placeholder", "K7MX 4QPR 9W2N"),
    ("autocomplete", "off"),
    ("autocapitalize", "characters"),
    ("spellcheck", "false"),
    ("enterkeyhint", "go"),
];

/// A field for a code or a link, and the button that opens it.
#[component]
pub fn CodeField(
    /// The field's label.
    #[prop(default = "Have a code")]
    label: &'static str,
) -> impl IntoView {
    let field = Field::new();
    let wrong = RwSignal::new(false);
    let address = use_address();
    let open = move || match path_from_input(&field.text()) {
        Some(path) => open_session(address, &path),
        None => {
            wrong.set(true);
            field.focus();
        }
    };
    effect(move || {
        let wrong = wrong.get();
        field.set("aria-invalid", wrong.then_some("true"));
        field.set("aria-describedby", wrong.then_some("code-problem"));
    });
    let problem = memo(move || if wrong.get() { ErrorCode::InvalidCode.sentence() } else { "" }.to_owned());
    let content = view! {
        <label class="label" for="code">{label}</label>
        <div class="code-field-row">
            {field.view("code", ATTRIBUTES)}
            {Button::new("Receive").submits()}
        </div>
        <p id="code-problem" class="field-problem small" role="alert">{problem}</p>
    };
    form("code-field", move || wrong.set(false), open, content.into_any())
}

/// The same code again is a new attempt, which only a fresh page makes.
fn open_session(address: Address, path: &str) {
    if address.segment() == path {
        dom::reload();
    } else {
        address.go(path);
    }
}

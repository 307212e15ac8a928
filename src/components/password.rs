//! Passwords: the field, the receiver's question for one, and what the sender is told of wrong ones.

use leptos::prelude::*;

use super::{Button, Field, dynamic, effect, error_notice, form, memo, shown, watch};
use crate::{
    automation::hooks,
    present,
    session::{Command, use_session},
    state::PasswordStage,
};
use perkoon_peer::protection;

/// A field for a password with its label, the button that shows what is typed, and a hint. Its hook is also its id.
pub fn password_field(field: Field, id: &'static str, [label, hint]: [&'static str; 2], disabled: Memo<bool>) -> AnyView {
    let visible = RwSignal::new(false);
    effect(move || {
        field.set("type", Some(if visible.get() { "text" } else { "password" }));
        field.set("data-testid", Some(id));
        field.set("aria-describedby", Some(HINT));
        field.set("disabled", disabled.get().then_some(""));
    });
    let shows = memo(move || if visible.get() { "Hide" } else { "Show" }.to_owned());
    let show = Button::changing(shows).disabled(disabled).on_press(move || visible.update(|visible| *visible = !*visible));
    view! {
        <label class="label" for=id>{label}</label>
        <div class="code-field-row">{field.view(id, ATTRIBUTES)} {show}</div>
        <p id=HINT class="quiet small">{hint}</p>
    }
    .into_any()
}

/// The id of the hint; one field for a password is on a page.
const HINT: &str = "password-hint";

const ATTRIBUTES: &[(&str, &str)] = &[
    ("class", "input password"),
    ("autocomplete", "off"),
    ("autocapitalize", "none"),
    ("spellcheck", "false"),
    ("enterkeyhint", "go"),
];

/// Receiver: asks for the password.
#[component]
pub fn PasswordPrompt() -> impl IntoView {
    let by_hand = watch(|view| !present::has_secret_link(view));
    let code = watch(|view| present::password_failure(view).map(|failure| failure.code.as_str().to_owned()));
    let message = watch(|view| present::password_failure(view).map(|failure| failure.message.clone()));
    let notice = move || match (code.get(), message.get()) {
        (Some(code), Some(message)) => error_notice(code, message),
        _ => ().into_any(),
    };
    view! { {dynamic(notice)} {shown(by_hand, question)} }
}

/// The label and the hint.
const WORDS: [&str; 2] = ["Password", "Nothing is offered before both devices know that it is right."];

fn question() -> AnyView {
    let session = use_session();
    let field = Field::new();
    let trying = watch(|view| view.password == PasswordStage::Tried);
    let locked = watch(present::is_locked);
    let wrong = watch(|view| matches!(view.password, PasswordStage::Wrong { .. }));
    effect(move || {
        if wrong.get() {
            field.fill("");
        }
        let closed = trying.get() || locked.get();
        field.set("readonly", closed.then_some(""));
        field.set("aria-invalid", wrong.get().then_some("true"));
        if !closed {
            // By the next frame the field can take the focus.
            request_animation_frame(move || field.focus());
        }
    });
    let check = move || match field.text() {
        typed if typed.is_empty() => field.focus(),
        typed => session.send(Command::TryPassword(typed)),
    };
    let submit = Button::new("Check the password").class("button large").testid(hooks::PASSWORD_SUBMIT).primary();
    let submit = submit.disabled(memo(move || trying.get() || locked.get())).submits();
    let content = view! {
        {password_field(field, hooks::PASSWORD_INPUT, WORDS, locked)}
        <div class="action-bar">{submit}</div>
    };
    form("card password-form", || {}, check, content.into_any())
}

/// Sender: someone tried wrong passwords.
#[component]
pub fn PasswordNotice() -> impl IntoView {
    let told = watch(|view| match view.password {
        PasswordStage::Wrong { left: 0 } => protection::locked().message,
        PasswordStage::Wrong { left } => protection::wrong_at_receiver(left),
        _ => String::new(),
    });
    let locked = watch(present::is_locked);
    // Beside a failure of the transfer it is no second one.
    let failed = watch(|view| present::password_failure(view).is_some());
    let notice = move || match (told.get(), locked.get()) {
        (told, _) if told.is_empty() => ().into_any(),
        (told, false) => view! { <p class="notice calm">{told}</p> }.into_any(),
        (told, true) => locked_notice(told, failed.get()),
    };
    view! { <div class="notices" role="status">{dynamic(notice)}</div> }
}

fn locked_notice(told: String, failed: bool) -> AnyView {
    let session = use_session();
    let notice = match failed {
        true => error_notice(protection::locked().code.as_str().to_owned(), told),
        false => view! { <p class="notice">{told}</p> }.into_any(),
    };
    let unlock = Button::new("Unlock").testid(hooks::PASSWORD_UNLOCK).on_press(move || session.send(Command::Unlock));
    view! { <div class="unlock">{notice} {unlock}</div> }.into_any()
}

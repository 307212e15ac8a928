//! The confirmation dialog.

use leptos::{html, prelude::*};

use super::{Button, check_box, effect, from_root, memo, shown};
use crate::{automation::hooks, dom::preferences};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name under which "don't ask again" is remembered.
    pub name: &'static str,
    /// What is about to happen.
    pub title: String,
    /// What it means.
    pub text: String,
    /// What the button does.
    pub ok: &'static str,
}

type Action = Box<dyn FnOnce()>;

/// Asks before something is done.
#[derive(Clone, Copy)]
pub struct Confirm {
    question: RwSignal<Option<Question>>,
    /// Everything asked about while the dialog is open, done together.
    actions: StoredValue<Vec<Action>, LocalStorage>,
    agent: bool,
}

impl Confirm {
    /// Nothing asked. A program is never asked.
    pub fn new(agent: bool) -> Self {
        Self { question: RwSignal::new(None), actions: StoredValue::new_local(Vec::new()), agent }
    }

    /// The one of this page.
    pub fn here() -> Self {
        from_root()
    }

    /// Does `action` once the person agrees; at once when they asked not to be asked.
    pub fn ask(self, question: Question, action: impl FnOnce() + 'static) {
        if self.agent || preferences::skips_confirmation(question.name) {
            action();
            return;
        }
        self.actions.update_value(|actions| actions.push(Box::new(action)));
        self.question.set(Some(question));
    }

    fn answer(self, agreed: bool) {
        let mut actions = Vec::new();
        self.actions.update_value(|waiting| std::mem::swap(waiting, &mut actions));
        self.question.set(None);
        if agreed {
            actions.into_iter().for_each(|action| action());
        }
    }
}

/// Where the dialog appears.
#[component]
pub fn ConfirmDialog() -> impl IntoView {
    let confirm = Confirm::here();
    shown(memo(move || confirm.question.with(Option::is_some)), move || dialog(confirm))
}

fn dialog(confirm: Confirm) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    let skip = RwSignal::new(false);
    effect(move || {
        if let Some(dialog) = dialog.get() {
            // It is on the page and closed: nothing to fail.
            let _ = dialog.show_modal();
        }
    });
    let answer = move |agreed: bool| {
        if agreed
            && skip.get_untracked()
            && let Some(question) = confirm.question.get_untracked()
        {
            preferences::skip_confirmation(question.name);
        }
        // Closing gives the focus back to where it was, which removing the element would not.
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        confirm.answer(agreed);
    };
    let cancel = move |event: web_sys::Event| {
        event.prevent_default();
        answer(false);
    };
    let part = move |read: fn(&Question) -> String| {
        memo(move || confirm.question.with(|question| question.as_ref().map(read).unwrap_or_default()))
    };
    let ok = Button::changing(part(|question| question.ok.to_owned()));
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="confirm-title" aria-describedby="confirm-text" on:cancel=cancel>
            <h2 id="confirm-title" class="title">{part(|question| question.title.clone())}</h2>
            <p id="confirm-text" class="quiet">{part(|question| question.text.clone())}</p>
            {check_box(hooks::CONFIRM_SKIP, skip, "Do not ask again".into_any())}
            <div class="dialog-buttons">
                {Button::new("Cancel").testid(hooks::CONFIRM_CANCEL).on_press(move || answer(false))}
                {ok.testid(hooks::CONFIRM_OK).primary().on_press(move || answer(true))}
            </div>
        </dialog>
    }
    .into_any()
}

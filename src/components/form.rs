//! Forms and fields, built in one place for the whole page: what is of one type is compiled once.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::effect;

/// A form: what happens when something in it changes, and when it is sent.
pub fn form(class: &'static str, changed: impl Fn() + 'static, sent: impl Fn() + 'static, content: AnyView) -> AnyView {
    boxed_form(class, Box::new(changed), Box::new(sent), content)
}

fn boxed_form(class: &'static str, changed: Box<dyn Fn()>, sent: Box<dyn Fn()>, content: AnyView) -> AnyView {
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        sent();
    };
    view! {
        <form class=class on:submit=send on:input=move |_| changed() novalidate>
            {content}
        </form>
    }
    .into_any()
}

/// A field for a line of text. The page reads it when it is sent.
#[derive(Clone, Copy)]
pub struct Field(NodeRef<html::Input>);

impl Field {
    /// A field that is about to be shown.
    pub fn new() -> Self {
        Self(NodeRef::new())
    }

    /// The field, with an id and further attributes.
    pub fn view(self, id: &'static str, attributes: &'static [(&'static str, &'static str)]) -> AnyView {
        effect(move || {
            for (name, value) in attributes {
                self.set(name, Some(value));
            }
        });
        view! { <input class="input" id=id node_ref=self.0 /> }.into_any()
    }

    /// Sets an attribute, or takes it away.
    pub fn set(self, name: &str, value: Option<&str>) {
        let Some(input) = self.0.get() else { return };
        // Attributes by valid names can be set.
        let _ = match value {
            Some(value) => input.set_attribute(name, value),
            None => input.remove_attribute(name),
        };
    }

    /// What is in it.
    pub fn text(self) -> String {
        self.0.get_untracked().map(|input| input.value()).unwrap_or_default()
    }

    /// Puts something in.
    pub fn fill(self, text: &str) {
        if let Some(input) = self.0.get() {
            input.set_value(text);
        }
    }

    /// Gives it the keyboard.
    pub fn focus(self) {
        if let Some(input) = self.0.try_get_untracked().flatten() {
            // A field on the page can always take the focus.
            let _ = input.focus();
        }
    }
}

impl Default for Field {
    fn default() -> Self {
        Self::new()
    }
}

/// A checkbox and its words. Its hook is also its id.
pub fn check_box(testid: &'static str, checked: RwSignal<bool>, words: AnyView) -> AnyView {
    view! {
        <div class="check">
            <input
                type="checkbox"
                id=testid
                data-testid=testid
                prop:checked=move || checked.get()
                on:change=move |event| checked.set(event_target_checked(&event))
            />
            <label for=testid>{words}</label>
        </div>
    }
    .into_any()
}

//! The button, built in one place for the whole page.

use leptos::prelude::*;

use super::{Icon, memo};

/// A button that is about to be made.
pub struct Button {
    kind: &'static str,
    class: &'static str,
    label: AnyView,
    icon: Option<AnyView>,
    testid: Option<&'static str>,
    spoken: Option<Memo<String>>,
    disabled: Option<Memo<bool>>,
    primary: Option<Memo<bool>>,
}

impl Button {
    /// A button that says what it does.
    pub fn new(label: &'static str) -> Self {
        Self::with_label(label.into_any())
    }

    /// A button whose words change.
    pub fn changing(label: Memo<String>) -> Self {
        Self::with_label(label.into_any())
    }

    /// A button that shows only an icon, and says what it does to those who do not see it.
    pub fn with_icon_only(icon: Icon, spoken: String) -> Self {
        Self::around(icon.view(), spoken).class("icon-button")
    }

    /// A button around something to see, and what it does said to those who do not see it.
    pub fn around(content: AnyView, spoken: String) -> Self {
        Self::around_changing(content, memo(move || spoken.clone()))
    }

    /// The same, where what it does changes.
    pub fn around_changing(content: AnyView, spoken: Memo<String>) -> Self {
        Self { spoken: Some(spoken), ..Self::with_label(content) }
    }

    fn with_label(label: AnyView) -> Self {
        Self { kind: "button", class: "button", label, icon: None, testid: None, spoken: None, disabled: None, primary: None }
    }

    /// How it looks, as classes.
    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// An icon before the words.
    pub fn icon(self, icon: AnyView) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// The hook for scripts.
    pub fn testid(self, testid: &'static str) -> Self {
        Self { testid: Some(testid), ..self }
    }

    /// Cannot be pressed while this holds.
    pub fn disabled(self, disabled: Memo<bool>) -> Self {
        Self { disabled: Some(disabled), ..self }
    }

    /// Is the next thing to do while this holds.
    pub fn primary_when(self, primary: Memo<bool>) -> Self {
        Self { primary: Some(primary), ..self }
    }

    /// Is the next thing to do.
    pub fn primary(self) -> Self {
        self.primary_when(memo(|| true))
    }

    /// Finishes it: it sends the form that it is in.
    pub fn submits(self) -> AnyView {
        Self { kind: "submit", ..self }.on_press(|| {})
    }

    /// Finishes it: what pressing it does.
    pub fn on_press(self, press: impl FnMut() + 'static) -> AnyView {
        self.finish(Box::new(press))
    }

    fn finish(self, mut press: Box<dyn FnMut()>) -> AnyView {
        let primary = self.primary.unwrap_or_else(|| memo(|| false));
        view! {
            <button
                type=self.kind
                class=self.class
                class:primary=primary
                data-testid=self.testid
                aria-label=self.spoken
                disabled=self.disabled
                on:click=move |_| press()
            >
                {self.icon}
                {self.label}
            </button>
        }
        .into_any()
    }
}

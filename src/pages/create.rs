//! The sender's gate: accept the terms, protect the session or not, press Start.

use leptos::prelude::*;
use perkoon_peer::{protection, secret::Secret};
use perkoon_protocol::Role;

use crate::{
    automation::hooks,
    components::{
        Button, DropTarget, FailureNotice, Field, FileList, PageTitle, StillPath, TermsBox, check_box, dynamic, effect,
        error_notice, memo, password_field,
    },
    dom::preferences,
    present::Line,
    session::{Command, PickedFile, Protection, use_session},
};

/// What a person wants the session to be protected by. It outlives the gate, which is there again when Start did not work.
#[derive(Clone, Copy)]
pub struct ProtectionWish {
    password: RwSignal<String>,
    link: RwSignal<bool>,
}

impl ProtectionWish {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { password: RwSignal::new(String::new()), link: RwSignal::new(false) }
    }

    /// The wish as it was when Start was pressed. A link's secret makes a password superfluous.
    pub fn protection(self) -> Protection {
        match self.password.get_untracked() {
            _ if self.link.get_untracked() => Protection::Link,
            password if password.is_empty() => Protection::None,
            password => Protection::Password(password),
        }
    }

    /// Forgets it: it was for one session.
    pub fn forget(self) {
        self.password.set(String::new());
        self.link.set(false);
    }
}

/// The terms box, the protection and **Start**, for a new session or one made elsewhere.
#[component]
pub fn Gate(
    /// What the page says at the top.
    title: &'static str,
    /// What the session is to be protected by.
    wish: ProtectionWish,
    /// Called on **Start**.
    on_start: Callback<()>,
) -> impl IntoView {
    PageTitle::set("Send files");
    let session = use_session();
    let accepted = RwSignal::new(false);
    let too_long = RwSignal::new(false);
    let password = Field::new();
    effect(move || password.fill(&wish.password.get_untracked()));
    let start = move || {
        wish.password.set(password.text());
        too_long.set(!wish.link.get_untracked() && Secret::typed(password.text()).is_err());
        if !too_long.get_untracked() {
            preferences::accept_terms();
            on_start.run(());
        }
    };
    let problem = move || match too_long.get() {
        true => error_notice(protection::too_long().code.as_str().to_owned(), protection::too_long().message),
        false => ().into_any(),
    };
    let on_files = Callback::new(move |files: Vec<PickedFile>| session.send(Command::AddFiles(files)));
    let button = Button::new("Start").class("button large").testid(hooks::CREATE_START).primary();
    let button = button.disabled(memo(move || !accepted.get()));
    view! {
        <section class="gate">
            <StillPath line=Line::Waiting role=Role::Sender far="Nobody yet" />
            <div class="heading">
                <h1 class="title">{title}</h1>
                <p class="detail quiet">"Start gives you a code. Whoever opens it is offered your files and can accept them."</p>
            </div>
            <FailureNotice />
            <FileList removable=true />
            <div class="card gate-card">
                <TermsBox testid=hooks::TERMS_ACCEPT checked=accepted />
                {protection_fields(wish, password)}
                {dynamic(problem)}
                <div class="action-bar">
                    {button.on_press(start)}
                </div>
            </div>
            <DropTarget on_files />
        </section>
    }
}

/// The label and the hint.
const PASSWORD_WORDS: [&str; 2] = [
    "Password (optional)",
    "The other person types it before anything is offered. It stays on the two devices; the server never sees it.",
];

fn protection_fields(wish: ProtectionWish, password: Field) -> AnyView {
    let by_link = memo(move || wish.link.get());
    let words = view! {
        "Put a secret in the link "
        <span class="quiet small">"Nothing to type: whoever has the whole link is let in, and nobody else."</span>
    };
    view! {
        <div class="protection" role="group" aria-label="Protection">
            {password_field(password, hooks::CREATE_PASSWORD, PASSWORD_WORDS, by_link)}
            {check_box(hooks::CREATE_SECURE_LINK, wish.link, words.into_any())}
        </div>
    }
    .into_any()
}

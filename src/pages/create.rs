//! The sender's gate: accept the terms, press Start.

use leptos::prelude::*;
use perkoon_protocol::Role;

use crate::{
    automation::hooks,
    components::{Button, DropTarget, FailureNotice, FileList, PageTitle, StillPath, TermsBox, memo},
    dom::preferences,
    present::Line,
    session::{Command, PickedFile, use_session},
};

/// The terms box and **Start**, for a new session or one made elsewhere.
#[component]
pub fn Gate(
    /// What the page says at the top.
    title: &'static str,
    /// Called on **Start**.
    on_start: Callback<()>,
) -> impl IntoView {
    PageTitle::set("Send files");
    let session = use_session();
    let accepted = RwSignal::new(false);
    let start = move || {
        preferences::accept_terms();
        on_start.run(());
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
                <div class="action-bar">
                    {button.on_press(start)}
                </div>
            </div>
            <DropTarget on_files />
        </section>
    }
}

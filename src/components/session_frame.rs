//! The frame around a live session: its hooks, the path, what is happening.

use leptos::{html, prelude::*};
use perkoon_protocol::Role;

use super::{Path, watch};
use crate::{
    dom, present,
    state::{SessionStatus, TransferStatus},
};

/// The frame, with the page's parts inside.
#[component]
pub fn SessionFrame(
    /// This page's end.
    role: Role,
    /// The parts.
    children: Children,
) -> impl IntoView {
    let live = watch(|view| view.session.is_some());
    let code = watch(|view| view.session.as_ref().and_then(|session| session.code));
    let status = watch(|view| {
        view.session.as_ref().map(|session| match session.status {
            SessionStatus::Creating => "creating",
            SessionStatus::Waiting => "waiting",
            SessionStatus::Connected => "connected",
            SessionStatus::Closed => "closed",
        })
    });
    let transfer = watch(|view| view.transfer.status);
    view! {
        <section
            class="session"
            data-testid=move || live.get().then_some("p2p-session")
            data-session-code=move || code.get().map(|code| code.as_str().to_owned())
            data-role=role.as_str()
            data-status=move || status.get()
            data-transfer=move || transfer.get().as_str()
        >
            <Path role />
            <Heading role />
            {children()}
        </section>
    }
}

/// The state in words. It takes the focus when the button that had it is gone, so that a keyboard goes on from here.
#[component]
fn Heading(role: Role) -> impl IntoView {
    let words = watch(move |view| {
        let words = present::words(view, role);
        (words.title, words.detail)
    });
    let stage = watch(present::stage);
    let status = watch(|view| view.transfer.status);
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |before: Option<()>| {
        stage.track();
        if before.is_some() && dom::focus_is_lost() {
            if let Some(heading) = heading.get_untracked() {
                // A heading on the page with a tabindex always takes the focus.
                let _ = heading.focus();
            }
        }
    });
    view! {
        <div class="heading">
            <h1 class="title" tabindex="-1" node_ref=heading>{move || words.with(|(title, _)| title.clone())}</h1>
            <StatusPill status />
            <p class="detail quiet">{move || words.with(|(_, detail)| detail.clone())}</p>
        </div>
    }
}

#[component]
fn StatusPill(status: Memo<TransferStatus>) -> impl IntoView {
    view! {
        <span class="status small" data-testid="transfer-status" role="status" aria-live="polite" data-status=move || status.get().as_str()>
            {move || status.get().as_str()}
        </span>
    }
}

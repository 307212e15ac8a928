//! The frame around a live session: its hooks, the path, what is happening.

use leptos::prelude::*;
use perkoon_protocol::Role;

use super::{PasswordNotice, Path, Verification, effect, watch, watch_kind};
use crate::{automation::hooks, dom, present, state::SessionStatus};

/// The frame, with the page's parts inside.
#[component]
pub fn SessionFrame(
    /// This page's end.
    role: Role,
    /// The parts.
    children: Children,
) -> impl IntoView {
    let hook = watch(|view| view.session.as_ref().map(|_| hooks::SESSION.to_owned()));
    let code = watch(|view| view.session.as_ref().and_then(|session| session.code).map(|code| code.as_str().to_owned()));
    let status = watch(|view| view.session.as_ref().map(|session| word(session.status).to_owned()));
    view! {
        <section
            class="session"
            data-testid=hook
            data-session-code=code
            data-role=role.as_str()
            data-status=status
        >
            <div class="session-path">
                <Path role />
            </div>
            <Heading role />
            {(role == Role::Sender).then(|| view! { <PasswordNotice /> })}
            {children()}
            // What comes when it comes must not move the buttons under somebody's finger, nor under a script's.
            <Verification />
        </section>
    }
}

/// The state in words. It takes the focus when the button that had it is gone, so that a keyboard goes on from here.
#[component]
fn Heading(role: Role) -> impl IntoView {
    let title = watch(move |view| present::words(view, role).title);
    let detail = watch(move |view| present::words(view, role).detail);
    let status = watch(|view| view.transfer.status.as_str().to_owned());
    let stage = watch_kind(present::stage, |stage| stage as u8);
    let mut shown = None;
    effect(move || {
        if shown.replace(stage.get()).is_some() {
            // By the next frame the old stage's buttons are gone, and the focus with them.
            request_animation_frame(|| {
                if dom::focus_is_lost() {
                    dom::focus_heading();
                }
            });
        }
    });
    view! {
        <div class="heading">
            <h1 class="title" tabindex="-1">{title}</h1>
            <span class="status small" data-testid=hooks::TRANSFER_STATUS role="status" aria-live="polite" data-status=status>
                {status}
            </span>
            <p class="detail quiet">{detail}</p>
        </div>
    }
}

/// The word for scripts and style sheets.
const fn word(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Creating => "creating",
        SessionStatus::Waiting => "waiting",
        SessionStatus::Connected => "connected",
        SessionStatus::Closed => "closed",
    }
}

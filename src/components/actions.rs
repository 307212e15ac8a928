//! Buttons that several pages share.

use leptos::prelude::*;

use super::{Icon, shown, watch};
use crate::{
    navigation::use_address,
    session::{Command, use_session},
    state::TransferStatus,
};

/// Pause or resume, and cancel.
#[component]
pub fn TransferControls() -> impl IntoView {
    let session = use_session();
    let pausable = watch(|view| view.transfer.status == TransferStatus::Transferring);
    let resumable = watch(|view| view.transfer.status == TransferStatus::Paused);
    let control = move |hook: &'static str, class: &'static str, icon: Icon, label: &'static str, act: fn() -> Command| {
        view! {
            <button type="button" class=class data-testid=hook on:click=move |_| session.send(act())>
                {icon.view()}
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="controls">
            {shown(pausable, move || control("transfer-pause", "button", Icon::Pause, "Pause", || Command::Pause))}
            {shown(resumable, move || control("transfer-resume", "button primary", Icon::Play, "Resume", || Command::Resume))}
            {control("transfer-cancel", "button danger", Icon::Cross, "Cancel", || Command::Cancel)}
        </div>
    }
}

/// Leaves the session for a new one of one's own.
#[component]
pub fn NewSession(
    /// Whether it is the next thing to do.
    #[prop(default = false)]
    strong: bool,
) -> impl IntoView {
    view! { <LeaveFor path="/create" label="New session" strong /> }
}

/// Leaves the session for another code.
#[component]
pub fn OtherCode(
    /// What the button says.
    #[prop(default = "Type another code")]
    label: &'static str,
    /// Whether it is the next thing to do.
    #[prop(default = false)]
    strong: bool,
) -> impl IntoView {
    view! { <LeaveFor path="/" label strong /> }
}

#[component]
fn LeaveFor(path: &'static str, label: &'static str, strong: bool) -> impl IntoView {
    let session = use_session();
    let address = use_address();
    view! {
        <button
            type="button"
            class="button"
            class:primary=strong
            on:click=move |_| {
                session.send(Command::Leave);
                address.go(path);
            }
        >
            {label}
        </button>
    }
}

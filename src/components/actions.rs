//! Buttons that several pages share.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Icon, watch};
use crate::{
    session::{Command, use_session},
    state::TransferStatus,
};

/// Pause or resume, and cancel.
#[component]
pub fn TransferControls() -> impl IntoView {
    let session = use_session();
    let pausable = watch(|view| view.transfer.status == TransferStatus::Transferring);
    let resumable = watch(|view| view.transfer.status == TransferStatus::Paused);
    view! {
        <div class="controls">
            <Show when=move || pausable.get()>
                <button type="button" class="button" data-testid="transfer-pause" on:click=move |_| session.send(Command::Pause)>
                    {Icon::Pause.view()}
                    "Pause"
                </button>
            </Show>
            <Show when=move || resumable.get()>
                <button
                    type="button"
                    class="button primary"
                    data-testid="transfer-resume"
                    on:click=move |_| session.send(Command::Resume)
                >
                    {Icon::Play.view()}
                    "Resume"
                </button>
            </Show>
            <button
                type="button"
                class="button plain danger"
                data-testid="transfer-cancel"
                on:click=move |_| session.send(Command::Cancel)
            >
                "Cancel the transfer"
            </button>
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
    let navigate = use_navigate();
    view! {
        <button
            type="button"
            class="button"
            class:primary=strong
            on:click=move |_| {
                session.send(Command::Leave);
                navigate(path, NavigateOptions::default());
            }
        >
            {label}
        </button>
    }
}

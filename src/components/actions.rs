//! Buttons that several pages share.

use leptos::prelude::*;

use super::{Button, Icon, shown, watch};
use crate::{
    automation::hooks,
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
    let pause = move || {
        let button = Button::new("Pause").testid(hooks::TRANSFER_PAUSE).icon(Icon::Pause.view());
        button.on_press(move || session.send(Command::Pause))
    };
    let resume = move || {
        let button = Button::new("Resume").testid(hooks::TRANSFER_RESUME).icon(Icon::Play.view()).primary();
        button.on_press(move || session.send(Command::Resume))
    };
    let cancel = Button::new("Cancel").testid(hooks::TRANSFER_CANCEL).icon(Icon::Cross.view()).class("button danger");
    view! {
        <div class="controls">
            {shown(pausable, pause)} {shown(resumable, resume)} {cancel.on_press(move || session.send(Command::Cancel))}
        </div>
    }
}

/// Leaves the session for a new one of one's own.
pub fn new_session() -> AnyView {
    leave_for("create", Button::new("New session"))
}

/// Leaves the session for a new one of one's own, where nothing else helps.
pub fn new_session_first() -> AnyView {
    leave_for("create", Button::new("New session").primary())
}

/// Leaves the session for another code.
pub fn other_code(label: &'static str) -> AnyView {
    leave_for("./", Button::new(label))
}

fn leave_for(path: &'static str, button: Button) -> AnyView {
    let session = use_session();
    let address = use_address();
    button.on_press(move || {
        session.send(Command::Leave);
        address.go(path);
    })
}

//! The sender's end of a live session.

use leptos::prelude::*;
use perkoon_protocol::Role;

use crate::{
    components::{
        Confirm, FailureNotice, FileList, FilePicker, NewSession, PageTitle, Progress, Question, SessionFrame, SharePanel,
        TransferControls, dynamic, memo, shown, watch,
    },
    dom, format,
    present::{self, Remedy, Stage},
    session::{Command, PickedFile, use_session},
    state::View,
};

/// The page.
#[component]
pub fn Sender() -> impl IntoView {
    PageTitle::set("Send files");
    let stage = watch(present::stage);
    view! {
        <SessionFrame role=Role::Sender>
            {dynamic(move || match stage.get() {
                Stage::Preparing => view! { <Preparing /> }.into_any(),
                Stage::Asking => view! { <TransferControls /> <FileList /> }.into_any(),
                Stage::Running => view! { <Progress /> <TransferControls /> <FileList /> }.into_any(),
                Stage::Complete => view! { <Complete /> }.into_any(),
                Stage::Stopped => view! { <Stopped /> }.into_any(),
            })}
        </SessionFrame>
    }
}

/// Choosing files and handing the code over, in either order.
#[component]
fn Preparing() -> impl IntoView {
    let session = use_session();
    let confirm = Confirm::here();
    let has_peer = watch(present::receiver_present);
    let empty = watch(|view| view.files.is_empty());
    let strong = memo(move || empty.get() && has_peer.get());
    let add = Callback::new(move |files: Vec<PickedFile>| {
        if has_peer.get_untracked() {
            session.send(Command::AddFiles(files));
        } else {
            confirm.ask(staged_question(files.len()), move || session.send(Command::AddFiles(files)));
        }
    });
    view! {
        <div class="preparing" class:has-peer=has_peer>
            <SharePanel />
            <section class="queue" aria-label="Files to send">
                <FileList removable=true />
                <FilePicker on_files=add strong />
            </section>
            <StartTransfer />
        </div>
    }
}

/// The button that starts, with a confirmation first.
#[component]
fn StartTransfer() -> impl IntoView {
    let session = use_session();
    let confirm = Confirm::here();
    let filled = watch(|view| !view.files.is_empty());
    let ready = watch(|view| !view.files.is_empty() && present::receiver_present(view));
    let start = move |_| {
        let question = session.view().with_untracked(direct_question);
        confirm.ask(question, move || session.send(Command::StartTransfer));
    };
    let label = watch(|view| match view.files.len() {
        0 => "Send files".to_owned(),
        count => format!("Send {}", format::files(count)),
    });
    let hint = memo(move || {
        match (ready.get(), filled.get()) {
            (true, _) => "",
            (false, false) => "Add a file first.",
            (false, true) => "You can send as soon as someone opens the code.",
        }
        .to_owned()
    });
    view! {
        <div class="action-bar" class:ready=ready>
            <button
                type="button"
                class="button large"
                class:primary=filled
                data-testid="start-transfer"
                disabled=memo(move || !ready.get())
                on:click=start
            >
                {label}
            </button>
            <p class="action-hint quiet small">
                {hint}
            </p>
        </div>
    }
}

fn staged_question(count: usize) -> Question {
    Question {
        name: "staged-confirm",
        title: format!("Add {}", format::files(count)),
        text: "Nobody is here yet. The files stay on this device until someone opens the code and you press Send.".to_owned(),
        ok: "Add",
    }
}

fn direct_question(view: &View) -> Question {
    let size = view.files.iter().map(|file| file.size).fold(0, u64::saturating_add);
    Question {
        name: "direct-confirm",
        title: format!("Send {}", format::files(view.files.len())),
        text: format!("{} to the device that is here now. The person there is asked to accept.", format::bytes(size)),
        ok: "Send",
    }
}

#[component]
fn Complete() -> impl IntoView {
    let session = use_session();
    let open = watch(|view| !present::closed(view));
    let more = move || {
        view! {
            <button type="button" class="button primary" on:click=move |_| session.send(Command::SendMore)>
                "Send more"
            </button>
        }
        .into_any()
    };
    view! {
        <Progress />
        <div class="action-bar">
            {shown(open, more)}
            <NewSession />
        </div>
        <FileList />
    }
}

#[component]
fn Stopped() -> impl IntoView {
    let session = use_session();
    let remedy = watch(|view| present::remedy(view, Role::Sender));
    let button = move |label: &'static str, act: fn(crate::session::Session)| {
        view! {
            <button type="button" class="button primary" on:click=move |_| act(session)>
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <FailureNotice />
        <div class="action-bar">
            {dynamic(move || match remedy.get() {
                Remedy::Retry => view! { {button("Try again", |session| session.send(Command::Retry))} <NewSession /> }.into_any(),
                Remedy::BackToFiles => {
                    view! { {button("Back to the files", |session| session.send(Command::SendMore))} <NewSession /> }.into_any()
                }
                Remedy::Reload => view! { {button("Reload the page", |_| dom::reload())} <NewSession /> }.into_any(),
                Remedy::NewSession | Remedy::OtherCode => view! { <NewSession strong=true /> }.into_any(),
                Remedy::Nothing => ().into_any(),
            })}
        </div>
        <FileList />
    }
}

//! The sender's end of a live session.

use leptos::prelude::*;
use perkoon_protocol::Role;

use crate::{
    automation::hooks,
    components::{
        Button, Confirm, FailureNotice, FileList, FilePicker, PageTitle, Progress, Question, SessionFrame, SharePanel,
        TransferControls, dynamic, memo, new_session, new_session_first, shown, watch, watch_kind,
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
    let stage = watch_kind(present::stage, |stage| stage as u8);
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
    let awaited = watch(|view| view.awaited.as_ref().map(present::awaited).unwrap_or_default());
    let reopenable = watch(|view| view.awaited.as_ref().is_some_and(|awaited| awaited.reopenable));
    let strong = memo(move || empty.get() && has_peer.get() && !reopenable.get());
    let same = move || Button::new("Use the same files again").primary().on_press(move || session.send(Command::AddSameFiles));
    let is_awaiting = memo(move || !awaited.with(String::is_empty));
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
                {shown(is_awaiting, move || view! { <p class="notice calm">{awaited} {shown(reopenable, same)}</p> }.into_any())}
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
    let start = move || {
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
    let button = Button::changing(label).class("button large").testid(hooks::START_TRANSFER).primary_when(filled);
    let button = button.disabled(memo(move || !ready.get()));
    view! {
        <div class="action-bar" class:ready=ready>
            {button.on_press(start)}
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
    let more = move || Button::new("Send more").primary().on_press(move || session.send(Command::SendMore));
    view! {
        <Progress />
        <div class="action-bar">
            {shown(open, more)}
            {new_session()}
        </div>
        <FileList />
    }
}

#[component]
fn Stopped() -> impl IntoView {
    let session = use_session();
    let remedy = watch_kind(|view| present::remedy(view, Role::Sender), |remedy| remedy as u8);
    let again = move |label: &'static str, command: fn() -> Command| {
        let button = Button::new(label).primary().on_press(move || session.send(command()));
        vec![button, new_session()]
    };
    let steps = move || match remedy.get() {
        Remedy::Retry => again("Try again", || Command::Retry),
        Remedy::BackToFiles => again("Back to the files", || Command::Retry),
        Remedy::Reload => vec![Button::new("Reload the page").primary().on_press(dom::reload), new_session()],
        Remedy::NewSession | Remedy::OtherCode => vec![new_session_first()],
        Remedy::Nothing => Vec::new(),
    };
    view! {
        <FailureNotice />
        <div class="action-bar">{dynamic(move || steps().into_any())}</div>
        <FileList />
    }
}

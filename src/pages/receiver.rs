//! The receiver's end of a live session.

use leptos::prelude::*;
use perkoon_protocol::Role;

use crate::{
    automation::hooks,
    components::{
        Button, CodeField, FailureNotice, FileList, Icon, PageTitle, PasswordPrompt, Progress, SessionFrame, TermsBox,
        TransferControls, dynamic, memo, other_code, shown, watch, watch_kind,
    },
    dom::{self, preferences},
    format,
    present::{self, Remedy, Stage},
    session::{Command, Destination, Session, use_session},
    state::TransferStatus,
};

/// The page.
#[component]
pub fn Receiver() -> impl IntoView {
    PageTitle::set("Receive files");
    let stage = watch_kind(present::stage, |stage| stage as u8);
    let offered = watch(|view| view.transfer.status == TransferStatus::Offered);
    let asked = watch(present::asks_password);
    view! {
        <SessionFrame role=Role::Receiver>
            {shown(asked, || view! { <PasswordPrompt /> }.into_any())}
            {dynamic(move || match stage.get() {
                Stage::Asking if offered.get() => view! { <Offer /> }.into_any(),
                Stage::Preparing | Stage::Asking => ().into_any(),
                Stage::Running => view! { <Progress /> <TransferControls /> <FileList /> }.into_any(),
                Stage::Complete => view! { <Complete /> }.into_any(),
                Stage::Stopped => view! { <Stopped /> }.into_any(),
            })}
        </SessionFrame>
    }
}

/// What is offered, and the answer.
#[component]
fn Offer() -> impl IntoView {
    let session = use_session();
    let asks_terms = !preferences::terms_accepted();
    let accepted = RwSignal::new(!asks_terms);
    let answer = move |destination: Destination| {
        preferences::accept_terms();
        session.send(Command::Accept(destination));
    };
    let by_hand = !session.is_agent();
    let zipped = watch(move |view| by_hand && view.files.len() != 1);
    let pickable = watch(move |view| by_hand && dom::can_pick(view.files.len()));
    let picker_label = watch(|view| if view.files.len() == 1 { "Choose where to save…" } else { "Save as a folder…" }.to_owned());
    let earlier = watch(|view| match view.transfer.earlier_bytes {
        0 => String::new(),
        bytes => format!("{} of this is here from an earlier attempt and need not be sent again.", format::bytes(bytes)),
    });
    let unanswered = memo(move || !accepted.get());
    let by_picker = move || {
        let button = Button::changing(picker_label).class("button plain").disabled(unanswered);
        button.on_press(move || answer(pick(session)))
    };
    let accept = Button::new("Accept and save").class("button large").testid(hooks::TRANSFER_ACCEPT).icon(Icon::Down.view());
    let accept = accept.primary().disabled(unanswered).on_press(move || answer(Destination::Downloads));
    let reject = Button::new("Decline").class("button plain").testid(hooks::TRANSFER_REJECT);
    let reject = reject.on_press(move || session.send(Command::Reject));
    view! {
        <FileList />
        {shown(zipped, || view! { <p class="quiet small">"They arrive together as one ZIP file."</p> }.into_any())}
        {shown(memo(move || !earlier.with(String::is_empty)), move || view! { <p class="quiet small">{earlier}</p> }.into_any())}
        <div class="offer">
            {asks_terms.then(|| view! { <TermsBox testid=hooks::TRANSFER_TERMS checked=accepted /> })}
            <div class="action-bar">
                {accept} {reject}
                {shown(pickable, by_picker)}
            </div>
        </div>
    }
}

/// Opens the picker that fits the offer; inside the click, as browsers require.
fn pick(session: Session) -> Destination {
    session.view().with_untracked(|view| match view.files.as_slice() {
        [file] => dom::pick_file(file.saved_as.as_deref().unwrap_or(&file.name)),
        _ => dom::pick_folder(),
    })
}

#[component]
fn Complete() -> impl IntoView {
    view! {
        <Progress />
        <p class="quiet small">"More may come: keep this page open if the sender has more for you."</p>
        <FileList />
        <div class="action-bar">
            {other_code("Receive something else")}
        </div>
    }
}

#[component]
fn Stopped() -> impl IntoView {
    let session = use_session();
    let remedy = watch_kind(|view| present::remedy(view, Role::Receiver), |remedy| remedy as u8);
    let retry = move || Button::new("Try again").primary().on_press(move || session.send(Command::Retry));
    let reload = || Button::new("Reload the page").primary().on_press(dom::reload);
    let bar = |button: AnyView| view! { <div class="action-bar">{button} {other_code("Type another code")}</div> }.into_any();
    let steps = move || match remedy.get() {
        Remedy::Retry => bar(retry()),
        Remedy::Reload => bar(reload()),
        Remedy::Nothing => ().into_any(),
        _ => view! { <div class="card"><CodeField label="Another code" /></div> }.into_any(),
    };
    view! {
        <FailureNotice />
        {dynamic(steps)}
    }
}

//! The receiver's end of a live session.

use leptos::prelude::*;
use perkoon_protocol::Role;

use crate::{
    components::{
        CodeField, FailureNotice, FileList, Icon, OtherCode, PageTitle, Progress, SessionFrame, TermsBox, TransferControls,
        dynamic, memo, shown, watch,
    },
    dom::{self, preferences},
    present::{self, Remedy, Stage},
    session::{Command, Destination, Session, use_session},
    state::TransferStatus,
};

/// The page.
#[component]
pub fn Receiver() -> impl IntoView {
    PageTitle::set("Receive files");
    let stage = watch(present::stage);
    let offered = watch(|view| view.transfer.status == TransferStatus::Offered);
    view! {
        <SessionFrame role=Role::Receiver>
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
    let count = watch(|view| view.files.len());
    let asks_terms = !preferences::terms_accepted();
    let accepted = RwSignal::new(!asks_terms);
    let answer = move |destination: Destination| {
        preferences::accept_terms();
        session.send(Command::Accept(destination));
    };
    let by_hand = !session.is_agent();
    let zipped = memo(move || by_hand && count.get() != 1);
    let pickable = memo(move || by_hand && dom::can_pick(count.get()));
    let picker_label = memo(move || if count.get() == 1 { "Choose where to save…" } else { "Save as a folder…" }.to_owned());
    let unanswered = memo(move || !accepted.get());
    let by_picker = move || {
        view! {
            <button type="button" class="button plain" disabled=unanswered on:click=move |_| answer(pick(session))>
                {picker_label}
            </button>
        }
        .into_any()
    };
    view! {
        <FileList />
        {shown(zipped, || view! { <p class="quiet small">"They arrive together as one ZIP file."</p> }.into_any())}
        <div class="offer">
            {asks_terms.then(|| view! { <TermsBox testid="transfer-tos-checkbox" checked=accepted /> })}
            <div class="action-bar">
                <button
                    type="button"
                    class="button primary large"
                    data-testid="transfer-accept"
                    disabled=unanswered
                    on:click=move |_| answer(Destination::Downloads)
                >
                    {Icon::Down.view()}
                    "Accept and save"
                </button>
                <button type="button" class="button plain" data-testid="transfer-reject" on:click=move |_| session.send(Command::Reject)>
                    "Decline"
                </button>
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
            <OtherCode label="Receive something else" />
        </div>
    }
}

#[component]
fn Stopped() -> impl IntoView {
    let session = use_session();
    let remedy = watch(|view| present::remedy(view, Role::Receiver));
    let button = move |label: &'static str, act: fn(Session)| {
        view! {
            <button type="button" class="button primary" on:click=move |_| act(session)>
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <FailureNotice />
        {dynamic(move || match remedy.get() {
            Remedy::Retry => {
                view! {
                    <div class="action-bar">
                        {button("Try again", |session| session.send(Command::Retry))} <OtherCode />
                    </div>
                }
                    .into_any()
            }
            Remedy::Reload => {
                view! { <div class="action-bar">{button("Reload the page", |_| dom::reload())} <OtherCode /></div> }.into_any()
            }
            Remedy::Nothing => ().into_any(),
            _ => {
                view! {
                    <div class="card">
                        <CodeField label="Another code" />
                    </div>
                }
                    .into_any()
            }
        })}
    }
}

//! `/`: send, or type a code to receive.

use leptos::prelude::*;
use perkoon_protocol::SessionCode;

use crate::{
    components::{CodeField, DropTarget, PageTitle, StillPath, UnfinishedReceives, dynamic, watch},
    navigation::use_address,
    present::{self, Line},
    routes::session_path,
    session::{Command, PickedFile, use_session},
};

/// The landing page.
#[component]
pub fn Home() -> impl IntoView {
    PageTitle::set("");
    let session = use_session();
    let address = use_address();
    let on_files = Callback::new(move |files: Vec<PickedFile>| {
        session.send(Command::AddFiles(files));
        address.go("create");
    });
    view! {
        <section class="home">
            <StillPath line=Line::Waiting />
            <div class="hero">
                <h1 class="hero-title">"Files, straight to another device"</h1>
                <p class="quiet">
                    "From your browser to theirs, encrypted on the way. Nothing is uploaded, and there is no account and no size limit."
                </p>
            </div>
            <OpenSession />
            <div class="home-ways">
                <div class="home-send picker">
                    <a class="button primary large" href="create">
                        "Send files"
                    </a>
                    <p class="quiet small">"or drop or paste them anywhere on this page"</p>
                </div>
                <div class="home-receive card">
                    <CodeField label="Got a code? Type it to receive" />
                </div>
            </div>
            <UnfinishedReceives />
            <DropTarget on_files />
        </section>
    }
}

/// The way back to a session that is still open in this tab.
#[component]
fn OpenSession() -> impl IntoView {
    let code = watch(|view| if present::closed(view) { String::new() } else { present::code(view) });
    dynamic(move || match code.get().parse::<SessionCode>() {
        Err(_) => ().into_any(),
        Ok(code) => view! {
            <p class="notice calm">
                <span>"A session is open in this tab."</span>
                <a href=session_path(code)>"Back to "{code.grouped()}</a>
            </p>
        }
        .into_any(),
    })
}

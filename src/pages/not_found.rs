//! Addresses that lead nowhere.

use leptos::prelude::*;
use perkoon_protocol::{ErrorCode, Role};

use crate::{
    components::{CodeField, PageTitle, StillPath, error_notice},
    present::Line,
};

/// No page of ours.
#[component]
pub fn NotFound() -> impl IntoView {
    PageTitle::set("Not found");
    view! {
        <section class="gate">
            <StillPath line=Line::Broken role=Role::Sender far="No page" />
            <div class="heading">
                <h1 class="title">"There is nothing here"</h1>
                <p class="detail quiet">"This address is not a page of Perkoon. If someone sent you a link, check that it is whole."</p>
            </div>
            <div class="card">
                <CodeField label="Got a code? Type it to receive" />
            </div>
            <p>
                <a href="./">"Go to the first page"</a>
            </p>
        </section>
    }
}

/// Something that was meant to be a code.
#[component]
pub fn InvalidCode() -> impl IntoView {
    PageTitle::set("Not a code");
    let code = ErrorCode::InvalidCode;
    view! {
        <section class="gate">
            <StillPath line=Line::Broken role=Role::Receiver far="No sender" />
            <div class="heading">
                <h1 class="title">"That code does not work"</h1>
            </div>
            {error_notice(code.as_str().to_owned(), code.sentence().to_owned())}
            <div class="card">
                <CodeField label="Type the code" />
            </div>
        </section>
    }
}

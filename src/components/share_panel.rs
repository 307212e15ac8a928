//! The code, the link, the QR code: how the other device gets here.

use leptos::prelude::*;
use perkoon_protocol::SessionCode;

use super::{Button, CopyButton, CopyText, Icon, QrCode, dynamic, watch};
use crate::{automation::hooks, dom, present, session::use_session};

/// The panel: everything while nobody is there, the essentials once somebody is.
#[component]
pub fn SharePanel() -> impl IntoView {
    let code = watch(present::code);
    let url = watch(|view| view.session.as_ref().map(|session| session.share_url.clone()).unwrap_or_default());
    let compact = watch(present::receiver_present);
    let shareable = dom::can_share() && !use_session().is_agent();
    view! {
        <section class="share card" class:compact=compact aria-label="Share">
            {dynamic(move || match code.get().parse::<SessionCode>() {
                Ok(code) => view! { <Code code=code.as_str().to_owned() spoken=code.grouped() /> }.into_any(),
                Err(_) => view! { <p class="code code-pending" aria-hidden="true"></p> }.into_any(),
            })}
            <div class="share-link">
                <a class="share-url small" data-testid=hooks::SHARE_URL href=url>
                    {url}
                </a>
            </div>
            <div class="share-buttons">
                <CopyButton text=url label="Copy link" testid=hooks::COPY_LINK />
                {shareable.then(|| Button::new("Share").icon(Icon::Share.view()).on_press(move || dom::share_link(&url.get_untracked())))}
            </div>
            <div class="share-qr-frame"><QrCode text=url /></div>
        </section>
    }
}

/// The code itself: its text is the canonical code, the gaps are drawn.
#[component]
fn Code(code: String, spoken: String) -> impl IntoView {
    let copy = CopyText::new();
    let groups = spoken.split(' ').map(|group| view! { <span class="code-group">{group.to_owned()}</span> }.into_any());
    let symbols = view! { <span data-testid=hooks::SESSION_CODE>{groups.collect::<Vec<_>>()}</span> };
    let text = code;
    view! {
        <div class="code-box">
            {Button::around(symbols.into_any(), format!("Copy the code {spoken}")).class("code").on_press(move || copy.copy(text.clone()))}
            <p class="code-hint quiet small" aria-live="polite">{copy.label("Click the code to copy it")}</p>
        </div>
    }
}

//! The application: the session above the router, the routes, and what the whole page shares.

use leptos::prelude::*;

use crate::{
    components::{Confirm, ConfirmDialog, Footer, Header, PageTitle, dynamic, install_page_state, memo, swallow_stray_drops},
    dom,
    navigation::Address,
    pages::{Home, NotFound, SessionPage},
    routes::Page,
};

/// Mounts the app and takes the static shell away.
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
    dom::mark_ready();
}

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let session = crate::driver::start();
    if session.is_agent() {
        dom::keep_agent_still();
    }
    let title = PageTitle::new();
    let address = Address::follow();
    let number = memo(move || (Page::of(&address.segment()) as u8).to_string());
    let page = move || {
        number.with(|_| ());
        Page::of(&untrack(|| address.segment()))
    };
    provide_context(session);
    provide_context(title);
    provide_context(Confirm::new(session.is_agent()));
    provide_context(address);
    install_page_state(session, title);
    swallow_stray_drops();

    view! {
        <Header />
        <main id="main" class="column" tabindex="-1">
            {dynamic(move || match page() {
                Page::Home => view! { <Home /> }.into_any(),
                Page::Session => view! { <SessionPage /> }.into_any(),
                Page::Nowhere => view! { <NotFound /> }.into_any(),
            })}
        </main>
        <Footer />
        <ConfirmDialog />
    }
}

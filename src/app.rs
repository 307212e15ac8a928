//! The application: the session above the router, the routes, and what the whole page shares.

use leptos::prelude::*;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::{Confirm, ConfirmDialog, Footer, Header, PageTitle, install_page_state, swallow_stray_drops},
    dom,
    pages::{Home, NotFound, Privacy, SessionPage, Terms},
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
    provide_context(session);
    provide_context(title);
    provide_context(Confirm::new(session.is_agent()));
    install_page_state(session, title);
    swallow_stray_drops();

    view! {
        <Router>
            <Header />
            <main id="main" class="column" tabindex="-1">
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/terms") view=Terms />
                    <Route path=path!("/privacy") view=Privacy />
                    <Route path=path!("/:segment") view=SessionPage />
                </FlatRoutes>
            </main>
            <Footer />
        </Router>
        <ConfirmDialog />
    }
}

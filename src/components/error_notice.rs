//! A failure, said plainly.

use leptos::prelude::*;

use super::{Icon, dynamic, watch};
use crate::{automation::hooks, present};

/// The session's failure, while there is one.
#[component]
pub fn FailureNotice() -> impl IntoView {
    let code = watch(|view| present::failure(view).map(|failure| failure.code.as_str().to_owned()));
    let message = watch(|view| present::failure(view).map(|failure| failure.message.clone()));
    dynamic(move || match (code.get(), message.get()) {
        (Some(code), Some(message)) => error_notice(code, message),
        _ => ().into_any(),
    })
}

/// A failure: why, for scripts and for people.
pub fn error_notice(code: String, message: String) -> AnyView {
    view! {
        <div class="notice" role="alert">
            {Icon::Alert.view()}
            <p data-testid=hooks::ERROR_MESSAGE data-code=code>
                {message}
            </p>
        </div>
    }
    .into_any()
}

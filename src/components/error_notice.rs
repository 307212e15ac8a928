//! A failure, said plainly.

use leptos::prelude::*;
use perkoon_protocol::ErrorCode;

use super::{Icon, watch};

/// The session's failure, while there is one.
#[component]
pub fn FailureNotice() -> impl IntoView {
    let failure = watch(|view| view.transfer.error.clone());
    move || failure.get().map(|failure| view! { <ErrorNotice code=failure.code message=failure.message /> })
}

/// A failure's sentence.
#[component]
pub fn ErrorNotice(
    /// Why, for scripts.
    code: ErrorCode,
    /// Why, for people.
    #[prop(into)]
    message: String,
) -> impl IntoView {
    view! {
        <div class="notice" role="alert">
            {Icon::Alert.view()}
            <p data-testid="error-message" data-code=code.as_str()>
                {message}
            </p>
        </div>
    }
}

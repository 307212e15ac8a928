//! What is known of whoever is at the other end, hanging off the path to them: that both know a secret, or words to compare.

use leptos::prelude::*;

use super::{Icon, dynamic, memo, shown, watch};
use crate::present::{self, Shield};

/// The words, or what protects the session; nothing while there is neither.
#[component]
pub fn Verification() -> impl IntoView {
    let text = watch(|view| present::shield_words(present::shield(view)).to_owned());
    let proven = watch(|view| present::shield(view) == Shield::Proven);
    let words = watch(|view| match present::shield(view) {
        Shield::Words => view.words.as_deref().unwrap_or_default().join(" "),
        _ => String::new(),
    });
    let mark = move || match (words.with(String::is_empty), proven.get()) {
        (false, _) => word_list(&words.get()),
        (true, true) => Icon::Check.view(),
        (true, false) => Icon::Lock.view(),
    };
    let section = move || {
        view! {
            <section class="shield" class:proven=proven aria-label="Who is at the other end">
                {dynamic(mark)}
                <p class="small quiet">{text}</p>
            </section>
        }
        .into_any()
    };
    shown(memo(move || !text.with(String::is_empty)), section)
}

fn word_list(words: &str) -> AnyView {
    let item = |word: &str| view! { <li>{word.to_owned()}</li> }.into_any();
    view! {
        <p class="small">"Compare these words with the other side:"</p>
        <ul class="shield-words">{words.split(' ').map(item).collect::<Vec<_>>()}</ul>
    }
    .into_any()
}

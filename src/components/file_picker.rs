//! Choosing files and folders by hand.

use leptos::{html, prelude::*};

use super::{Button, DropTarget, Icon, effect};
use crate::{
    automation::hooks,
    dom,
    session::{PickedFile, use_session},
};

/// The inputs, their buttons, and the page-wide drop target.
#[component]
pub fn FilePicker(
    /// What becomes of the files.
    on_files: Callback<Vec<PickedFile>>,
    /// Whether adding is the next thing to do.
    strong: Memo<bool>,
) -> impl IntoView {
    let files = NodeRef::<html::Input>::new();
    let folder = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(folder) = folder.get() {
            // Outside the standard, so the typed elements do not have it; a valid name cannot fail.
            let _ = folder.set_attribute("webkitdirectory", "");
        }
    });
    let take = move |input: NodeRef<html::Input>| {
        let picked = input.get_untracked().map(|input| dom::from_input(&input)).unwrap_or_default();
        if !picked.is_empty() {
            on_files.run(picked);
        }
    };
    let open = |input: NodeRef<html::Input>| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let add_files = || Button::new("Add files").icon(Icon::Plus.view()).primary_when(strong).on_press(move || open(files));
    let add_folder = || Button::new("Add a folder").icon(Icon::Folder.view()).on_press(move || open(folder));
    let by_hand = !use_session().is_agent();
    view! {
        <div class="picker" data-testid=hooks::DROP_ZONE>
            <input
                class="visually-hidden"
                type="file"
                multiple
                tabindex="-1"
                aria-label="Files to send"
                data-testid=hooks::FILE_INPUT
                node_ref=files
                on:change=move |_| take(files)
            />
            <input
                class="visually-hidden"
                type="file"
                multiple
                tabindex="-1"
                aria-label="Folder to send"
                data-testid=hooks::FOLDER_INPUT
                node_ref=folder
                on:change=move |_| take(folder)
            />
            {by_hand.then(|| view! { <div class="picker-buttons">{add_files()} {add_folder()}</div> })}
            <p class="picker-hint quiet small">"or drop or paste them anywhere on this page"</p>
            <DropTarget on_files />
        </div>
    }
}

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
            {file_input(files, "Files to send", hooks::FILE_INPUT, on_files)}
            {file_input(folder, "Folder to send", hooks::FOLDER_INPUT, on_files)}
            {by_hand.then(|| view! { <div class="picker-buttons">{add_files()} {add_folder()}</div> })}
            <p class="picker-hint quiet small">"or drop or paste them anywhere on this page"</p>
            <DropTarget on_files />
        </div>
    }
}

fn file_input(
    input: NodeRef<html::Input>,
    label: &'static str,
    testid: &'static str,
    on_files: Callback<Vec<PickedFile>>,
) -> AnyView {
    let take = move |_| {
        let picked = input.get_untracked().map(|input| dom::from_input(&input)).unwrap_or_default();
        if !picked.is_empty() {
            on_files.run(picked);
        }
    };
    view! {
        <input
            class="visually-hidden"
            type="file"
            multiple
            tabindex="-1"
            aria-label=label
            data-testid=testid
            node_ref=input
            on:change=take
        />
    }
    .into_any()
}

//! What is on this device of receives that were not finished, with the way to delete it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Button, Icon, dynamic};
use crate::{
    format,
    sink::folders::{self, Unfinished},
};

/// The list; nothing where there is none.
#[component]
pub fn UnfinishedReceives() -> impl IntoView {
    let found = RwSignal::new(Vec::new());
    spawn_local(async move { found.set(folders::unfinished().await) });
    dynamic(move || match found.get() {
        list if list.is_empty() => ().into_any(),
        list => section(list, found),
    })
}

fn section(list: Vec<Unfinished>, found: RwSignal<Vec<Unfinished>>) -> AnyView {
    let rows = list.into_iter().map(|unfinished| row(unfinished, found)).collect::<Vec<_>>();
    view! {
        <section class="unfinished" aria-label="Unfinished files on this device">
            <p class="small">"Unfinished on this device"</p>
            <ul class="file-list">{rows}</ul>
            <p class="quiet small">
                "They go on where they stopped when the same files are sent to this device again. After three days they are deleted."
            </p>
        </section>
    }
    .into_any()
}

fn row(Unfinished { folder, record, bytes, .. }: Unfinished, found: RwSignal<Vec<Unfinished>>) -> AnyView {
    let name = match record.files {
        0 | 1 => record.first,
        files => format!("{} and {} more", record.first, format::grouped(files as usize - 1)),
    };
    let amount = format!("{} of {}", format::bytes(bytes), format::bytes(record.bytes));
    let delete = Button::with_icon_only(Icon::Cross, format!("Delete {name}"));
    let delete = delete.on_press(move || {
        drop(folders::remove(&folder, None));
        found.update(|list| list.retain(|other| other.folder != folder));
    });
    view! {
        <li class="file-row">
            <span class="file-icon">{Icon::File.view()}</span>
            <span class="file-name">
                <bdi>{name}</bdi>
            </span>
            <span class="file-size number small quiet">{amount}</span>
            {delete}
        </li>
    }
    .into_any()
}

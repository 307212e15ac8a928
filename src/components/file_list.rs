//! Queued or offered files. A list of a hundred thousand shows its beginning and says how many more there are.

use std::rc::Rc;

use leptos::prelude::*;

use super::{CopyButton, Icon, watch};
use crate::{
    format,
    present::{self, Stage},
    session::{Command, use_session},
    state::{FileId, FileStatus, FileView},
};

/// Rows rendered at most.
const ROWS: usize = 200;

/// The list.
#[component]
pub fn FileList(
    /// Whether files can be taken off the list.
    #[prop(default = false)]
    removable: bool,
) -> impl IntoView {
    let view = use_session().view();
    let count = watch(|view| view.files.len());
    let total = watch(|view| view.files.iter().map(|file| file.size).fold(0, u64::saturating_add));
    let stage = watch(present::stage);
    let rows = move || view.with(|view| view.files.iter().take(ROWS).map(Row::of).collect::<Vec<_>>());
    view! {
        <Show when=move || count.get() != 0>
            <section class="files" aria-label="Files">
                <p class="files-total small">
                    <span>{move || format::files(count.get())}</span>
                    <span class="number">{move || format::bytes(total.get())}</span>
                </p>
                <ul class="file-list" data-testid="file-list">
                    <For each=rows key=Row::key children=move |row| view! { <FileRow row removable stage /> } />
                </ul>
                <Show when=move || { count.get() > ROWS }>
                    <p class="files-more quiet small">{move || format!("and {} more", format::grouped(count.get() - ROWS))}</p>
                </Show>
            </section>
        </Show>
    }
}

/// What a row shows; a row is drawn anew when its key changes.
#[derive(Clone)]
struct Row {
    id: FileId,
    folder: String,
    name: String,
    size: u64,
    status: FileStatus,
    percent: u64,
    digest: Option<String>,
}

impl Row {
    fn of(file: &Rc<FileView>) -> Self {
        let folder = file.path.strip_suffix(file.name.as_str()).unwrap_or_default();
        Self {
            id: file.id,
            folder: folder.to_owned(),
            name: file.name.clone(),
            size: file.size,
            status: file.status,
            percent: if file.size == 0 { 0 } else { file.bytes.min(file.size).saturating_mul(100) / file.size },
            digest: file.blake3.clone(),
        }
    }

    fn key(&self) -> (FileId, &'static str, u64, bool) {
        (self.id, self.status.as_str(), self.percent, self.digest.is_some())
    }
}

#[component]
fn FileRow(row: Row, removable: bool, stage: Memo<Stage>) -> impl IntoView {
    let Row { id, folder, name, size, status, percent, digest } = row;
    let session = use_session();
    let remove_label = format!("Remove {name}");
    view! {
        <li class="file-row" data-testid="file-row" data-status=status.as_str()>
            <span class="file-icon">{if status == FileStatus::Complete { Icon::Check } else { Icon::File }.view()}</span>
            <span class="file-name">
                <bdi>
                    <span class="quiet">{folder}</span>
                    {name}
                </bdi>
            </span>
            <span class="file-size number small quiet">{format::bytes(size)}</span>
            {removable
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="icon-button"
                            data-testid="file-remove"
                            aria-label=remove_label
                            on:click=move |_| session.send(Command::RemoveFile(id))
                        >
                            {Icon::Cross.view()}
                        </button>
                    }
                })}
            {(status == FileStatus::Transferring && percent > 0)
                .then(|| {
                    view! { <span class="file-progress" style:transform=format!("scaleX({:.2})", percent as f64 / 100.0)></span> }
                })}
            {digest
                .map(|digest| {
                    view! {
                        <Show when=move || stage.get() == Stage::Complete>
                            <Digest digest=digest.clone() />
                        </Show>
                    }
                })}
        </li>
    }
}

#[component]
fn Digest(digest: String) -> impl IntoView {
    let text = digest.clone();
    view! {
        <details class="digest small">
            <summary>"Checksum"</summary>
            <p class="quiet">"BLAKE3, the number b3sum prints. Equal on both devices means the files are equal."</p>
            <code class="digest-text">{digest}</code>
            <CopyButton text=Signal::derive(move || text.clone()) label="Copy checksum" />
        </details>
    }
}

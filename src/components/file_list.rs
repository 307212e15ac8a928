//! Queued or offered files. A list of a hundred thousand shows its beginning and says how many more there are.

use std::rc::Rc;

use leptos::prelude::*;

use super::{Button, CopyButton, Icon, dynamic, memo, shown, watch};
use crate::{
    automation::hooks,
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
    let filled = watch(|view| !view.files.is_empty());
    shown(filled, move || list(removable))
}

fn list(removable: bool) -> AnyView {
    let count = watch(|view| format::files(view.files.len()));
    let total = watch(|view| format::bytes(view.files.iter().map(|file| file.size).fold(0, u64::saturating_add)));
    let more = watch(|view| match view.files.len().saturating_sub(ROWS) {
        0 => String::new(),
        more => format!("and {} more", format::grouped(more)),
    });
    let complete = watch(|view| present::stage(view) == Stage::Complete);
    let shown_files = watch(|view| view.files.iter().take(ROWS).map(|file| file.id).collect::<Vec<_>>());
    let known = StoredValue::new(0);
    let rows = dynamic(move || {
        let count = shown_files.with(Vec::len);
        let before = known.get_value();
        known.set_value(count);
        (0..count).map(|index| one_row(index, index >= before, removable, complete)).collect::<Vec<_>>().into_any()
    });
    view! {
        <section class="files" aria-label="Files">
            <p class="files-total small">
                <span>{count}</span>
                <span class="number">{total}</span>
            </p>
            <ul class="file-list" data-testid=hooks::FILE_LIST>
                {rows}
            </ul>
            <p class="files-more quiet small">{more}</p>
        </section>
    }
    .into_any()
}

/// The row of the file at `index`. Its content is drawn anew when that changes, the list only when files come or go: a row that
/// has just joined shows it once.
fn one_row(index: usize, joining: bool, removable: bool, complete: Memo<bool>) -> AnyView {
    let row = watch(move |view| view.files.get(index).map(Row::of));
    let status = watch(move |view| view.files.get(index).map_or("", |file| file.status.as_str()).to_owned());
    let content = dynamic(move || row.get().map_or_else(|| ().into_any(), |row| content(row, removable, complete)));
    view! {
        <li class="file-row" class:joining=joining data-testid=hooks::FILE_ROW data-status=status>
            {content}
        </li>
    }
    .into_any()
}

/// What a row shows.
#[derive(Clone, PartialEq)]
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
            percent: file.bytes.min(file.size).saturating_mul(100).checked_div(file.size).unwrap_or(0),
            digest: file.blake3.clone(),
        }
    }
}

fn content(row: Row, removable: bool, complete: Memo<bool>) -> AnyView {
    let Row { id, folder, name, size, status, percent, digest } = row;
    let session = use_session();
    let remove = removable.then(|| {
        let button = Button::with_icon_only(Icon::Cross, format!("Remove {name}")).testid(hooks::FILE_REMOVE);
        button.on_press(move || session.send(Command::RemoveFile(id)))
    });
    let bar = (status == FileStatus::Transferring && percent > 0)
        .then(|| view! { <span class="file-progress" style:transform=format::scale(percent as f64 / 100.0)></span> }.into_any());
    let digest = digest.map(|digest| shown(complete, move || digest_box(&digest)));
    view! {
        <span class="file-icon">{if status == FileStatus::Complete { Icon::Check } else { Icon::File }.view()}</span>
        <span class="file-name">
            <bdi>
                <span class="quiet">{folder}</span>
                {name}
            </bdi>
        </span>
        <span class="file-size number small quiet">{format::bytes(size)}</span>
        {remove}
        {bar}
        {digest}
    }
    .into_any()
}

fn digest_box(digest: &str) -> AnyView {
    let (shown, text) = (digest.to_owned(), digest.to_owned());
    view! {
        <details class="digest small">
            <summary>"Checksum"</summary>
            <p class="quiet">"BLAKE3, the number b3sum prints. Equal on both devices means the files are equal."</p>
            <code class="digest-text">{shown}</code>
            <CopyButton text=memo(move || text.clone()) label="Copy checksum" />
        </details>
    }
    .into_any()
}

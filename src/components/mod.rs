//! The pieces pages are made of.

mod actions;
mod code_field;
mod confirm;
mod copy_button;
mod drop_zone;
mod error_notice;
mod file_list;
mod file_picker;
mod icons;
mod path;
mod progress;
mod qr;
mod session_frame;
mod share_panel;
mod shell;
mod speed_graph;
mod terms_box;
mod title;

use leptos::prelude::*;

pub use actions::{NewSession, OtherCode, TransferControls};
pub use code_field::CodeField;
pub use confirm::{Confirm, ConfirmDialog, Question};
pub use copy_button::{CopyButton, CopyText};
pub use drop_zone::{DropTarget, swallow_stray_drops};
pub use error_notice::{ErrorNotice, FailureNotice};
pub use file_list::FileList;
pub use file_picker::FilePicker;
pub use icons::Icon;
pub use path::{Path, StillPath};
pub use progress::Progress;
pub use qr::QrCode;
pub use session_frame::SessionFrame;
pub use share_panel::SharePanel;
pub use shell::{Footer, Header};
pub use terms_box::TermsBox;
pub use title::{PageTitle, install_page_state};

use crate::{session::use_session, state::View};

/// A part of the view, recomputed at each change and passed on only when it differs.
pub fn watch<T>(read: impl Fn(&View) -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    watch_boxed(Box::new(read))
}

/// Compiled once for each type rather than once for each closure: a memo's machinery is large.
fn watch_boxed<T>(read: Box<dyn Fn(&View) -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let view = use_session().view();
    Memo::new(move |_| view.with(&read))
}

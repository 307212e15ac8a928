//! What the page shows, as plain data: one [`View`], changed only by [`reduce`], rendered by the components and published to
//! scripts by `automation`. Pure, so that it is tested on the host.

mod event;
mod reduce;
mod view;

pub use event::{Event, Progress};
pub use perkoon_peer::{Failure, connecting::Connection};
pub use reduce::reduce;
pub use view::{
    Awaited, FileId, FileStatus, FileView, ParticipantView, PasswordStage, SaveMethod, SessionStatus, SessionView,
    TransferStatus, TransferView, View,
};

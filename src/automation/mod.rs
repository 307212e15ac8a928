//! The page as scripts see it: `window.__perkoon` and the `perkoon:*` events, from the same View that people see.

pub mod event_names;
pub mod hooks;
#[cfg(target_arch = "wasm32")]
mod publish;
mod snapshot;

#[cfg(target_arch = "wasm32")]
pub use publish::Publisher;
pub use snapshot::{FileSnapshot, Happening, Snapshot, happenings};

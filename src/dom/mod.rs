//! What the components need of the browser itself.

mod gather;
mod page;
mod picker;
pub mod preferences;

pub use gather::{from_input, from_transfer};
pub use page::{
    can_share, coarse_pointer, copy_text, focus_heading, focus_is_lost, fragment, keep_agent_still, mark_ready, now, reload,
    replace_address, set_favicon, set_title, share_link, warn_before_leaving,
};
pub use picker::{can_pick, pick_file, pick_folder};

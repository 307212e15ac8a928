//! What is to be said about the static files, whoever serves them: `perkoon serve`, or a host that `cargo xtask dist` prepares them for.

mod address;
mod headers;
mod names;

pub use address::{NAMING, PLACEHOLDER, addressed};
pub use headers::{ANYTHING, EVERY_ANSWER, NO_FRAMES, lifetime, policy, with_server};
pub use names::{SERVER_PATHS, TEXT_PAGES, is_hashed};

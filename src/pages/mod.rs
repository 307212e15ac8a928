//! The pages: what is on each, and when.

mod create;
mod home;
mod not_found;
mod receiver;
mod sender;
mod session;

pub use home::Home;
pub use not_found::{InvalidCode, NotFound};
pub use session::SessionPage;

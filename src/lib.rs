//! The Perkoon single-page app.

pub mod state;

#[cfg(target_arch = "wasm32")]
pub mod session;

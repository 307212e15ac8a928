//! The Perkoon single-page app.

pub mod automation;
pub mod sink;
pub mod state;

#[cfg(target_arch = "wasm32")]
pub mod driver;
#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(target_arch = "wasm32")]
pub mod session;

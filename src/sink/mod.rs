//! Where received bytes go. [`choose`] decides; each way of keeping them is a store; a sink feeds a store in the background and
//! reports to the driver.

pub mod choose;
#[cfg(target_arch = "wasm32")]
mod download;
#[cfg(target_arch = "wasm32")]
mod files;
#[cfg(target_arch = "wasm32")]
pub mod folders;
#[cfg(target_arch = "wasm32")]
pub mod kept;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod publish;
pub mod record;
#[cfg(target_arch = "wasm32")]
mod run;
#[cfg(target_arch = "wasm32")]
mod stream;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(target_arch = "wasm32")]
pub use files::Handover;
#[cfg(target_arch = "wasm32")]
pub use run::{ReceivedFile, Sink, SinkError, SinkEvent, Target};
#[cfg(target_arch = "wasm32")]
pub use worker::{capabilities, prepare};

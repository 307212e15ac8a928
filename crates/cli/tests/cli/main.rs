//! The `perkoon` program, from outside.

mod common;
#[cfg(unix)]
mod drain;
#[cfg(unix)]
mod logs;
mod mcp;
mod serve;
mod settings;
mod snapshots;
mod transfer;

//! The `perkoon` program, from outside.

mod common;
#[cfg(unix)]
mod drain;
#[cfg(unix)]
mod logs;
mod serve;
mod settings;

//! The only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this module is for")]

use std::net::SocketAddr;

use crate::{exit::Failure, settings::Shown};

/// The line that whoever started the server waits for.
pub(crate) fn listening(scheme: &str, address: SocketAddr) {
    println!("Perkoon listens on {scheme}://{address}");
}

/// Where the metrics have an address of their own.
pub(crate) fn metrics(address: SocketAddr) {
    println!("Metrics are at http://{address}/metrics");
}

/// A setting that is in force.
pub(crate) fn setting(setting: &Shown) {
    println!("{setting}");
}

/// Nothing is wrong with the settings.
pub(crate) fn usable() {
    println!("# A server can run with these settings.");
}

/// Why the program ends.
pub(crate) fn failure(failure: &Failure) {
    eprintln!("perkoon: {:#}", failure.error);
}

/// What clap has to say: help and versions on stdout, complaints on stderr.
pub(crate) fn usage(error: &clap::Error) {
    // Nowhere is left to report that the terminal is gone.
    let _ = error.print();
}

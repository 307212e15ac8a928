//! The only place that prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this module is for")]

use std::net::SocketAddr;

use crate::exit::Failure;

/// The line that whoever started the server waits for.
pub(crate) fn listening(scheme: &str, address: SocketAddr) {
    println!("Perkoon listens on {scheme}://{address}");
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

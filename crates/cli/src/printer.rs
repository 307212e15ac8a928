//! The only place that prints.
//!
//! What is said of a transfer may hold what others chose, as names of files: nothing of it reaches a terminal that would do more there than
//! be read. Whoever reads a pipe may have gone: that ends no transfer.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this module is for")]

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use crate::{exit::Failure, settings::Shown};

/// Where something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    fn write(self, text: &str) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()),
            Self::Stderr => io::stderr().write_all(text.as_bytes()),
        }
    }
}

/// A line for people.
pub(crate) fn line(stream: Stream, text: &str) {
    let _ = stream.write(&(harmless(text) + "\n"));
}

/// A line for programs: JSON, which has no line ends inside.
pub(crate) fn event(stream: Stream, json: &str) {
    let _ = stream.write(&format!("{json}\n"));
}

/// Lines of this program's own making, colours included.
pub(crate) fn picture(stream: Stream, text: &str) {
    let _ = stream.write(text);
}

/// What was asked for itself, which is worth nothing unless it arrives.
pub(crate) fn document(text: &[u8]) -> io::Result<()> {
    io::stdout().write_all(text).and_then(|()| io::stdout().flush())
}

/// Why a transfer has failed.
pub(crate) fn transfer_failure(message: &str) {
    line(Stream::Stderr, &format!("perkoon: {message}"));
}

/// Text without what would move a cursor, ring, colour, or turn the reading direction around.
fn harmless(text: &str) -> String {
    let seen = text.chars().filter(|c| !is_invisible(*c));
    seen.map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_nothing_to_a_terminal() {
        for (name, shown) in [
            ("notes.txt", "notes.txt"),
            ("übung 日本 🚀.txt", "übung 日本 🚀.txt"),
            ("\u{1b}[2Jgone\u{7}", "\u{fffd}[2Jgone\u{fffd}"),
            ("two\r\nlines", "two\u{fffd}\u{fffd}lines"),
            ("\u{202e}gpj.exe\u{2066}", "gpj.exe"),
            ("c1 \u{9b}31m", "c1 \u{fffd}31m"),
        ] {
            assert_eq!(harmless(name), shown, "{name:?}");
        }
    }
}

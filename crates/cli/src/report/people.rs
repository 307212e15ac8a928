//! What people are told.

use perkoon_native::{Connection, Done, OfferedFile, Told};
use perkoon_peer::{Failure, format};
use perkoon_protocol::{Role, SessionCode};

use super::{bar::Bar, contents::Contents, qr};
use crate::printer::{self, Stream};

/// Files that are listed at the end, at most.
const LISTED: usize = 20;

/// Says it in words.
pub(super) struct People {
    role: Role,
    stream: Stream,
    /// Only the link, and what fails, is said.
    quiet: bool,
    bar: Bar,
}

impl People {
    pub(super) fn new(role: Role, stream: Stream, quiet: bool) -> Self {
        Self { role, stream, quiet, bar: Bar::new() }
    }

    pub(super) fn ready(&mut self, files: &[OfferedFile]) {
        self.bar.clear();
        self.say(&[format!("Ready to send {}.", in_short(&Contents::of(files)))]);
    }

    pub(super) fn spooled(&mut self, bytes: u64) {
        if !self.quiet {
            self.bar.show_endless(format!("Reading standard input: {}", format::bytes(bytes)));
        }
    }

    pub(super) fn told(&mut self, told: &Told, protected: bool) {
        match told {
            Told::Session { share_url, .. } if self.quiet => printer::line(self.stream, share_url),
            Told::Session { code, share_url, expires_at } => self.session(*code, share_url, expires_at, protected),
            Told::Progress(progress) if !self.quiet => self.bar.show(progress),
            Told::Progress(_) => {}
            told => self.say(&happened(self.role, told)),
        }
    }

    fn session(&self, code: SessionCode, link: &str, expires_at: &str, protected: bool) {
        self.say(&invitation(code, link, protected));
        if let Some(picture) = qr::for_terminal(link) {
            printer::picture(self.stream, &format!("{picture}\n"));
        }
        let until = moment(expires_at);
        self.say(&[format!("Waiting for the receiver. The link is good until {until}; Ctrl-C ends it.")]);
    }

    pub(super) fn done(&mut self, done: &Done, output: Option<&str>) {
        self.bar.clear();
        self.say(&complete(self.role, done, output));
    }

    pub(super) fn failed(&mut self, failure: &Failure) {
        self.bar.clear();
        printer::transfer_failure(&failure.message);
    }

    fn say(&self, lines: &[String]) {
        if !self.quiet {
            self.bar.suspended(|| lines.iter().for_each(|line| printer::line(self.stream, line)));
        }
    }
}

/// A time as the server writes it, `2026-11-29T08:05:01Z`, to the minute.
fn moment(time: &str) -> String {
    match (time.split_once('T'), time.strip_suffix('Z')) {
        (Some((day, hours)), Some(_)) if hours.is_ascii() && hours.len() > 5 => format!("{day} {} UTC", &hours[..5]),
        _ => time.to_owned(),
    }
}

fn in_short(Contents { files, bytes, name }: &Contents) -> String {
    match files {
        1 => format!("{name} ({})", format::bytes(*bytes)),
        count => format!("{name} ({}, {})", format::files(*count), format::bytes(*bytes)),
    }
}

/// How the receiver comes to the files.
fn invitation(code: SessionCode, link: &str, protected: bool) -> Vec<String> {
    let mut lines = vec![String::new(), format!("  Link  {link}"), format!("  Code  {}", code.grouped()), String::new()];
    lines.push(format!("On the other device open the link, or run: perkoon receive '{link}'"));
    if protected {
        lines.push("The receiver needs the password as well. Tell it over another way than the link.".to_owned());
    }
    lines.push(String::new());
    lines
}

fn happened(role: Role, told: &Told) -> Vec<String> {
    vec![match told {
        Told::Joined { .. } => "Waiting for the sender.".to_owned(),
        Told::PeerFound => format!("The {} is here.", other(role)),
        Told::Connected(Connection::Direct) => "Connected, from device to device.".to_owned(),
        Told::Connected(Connection::Relayed) => "Connected, through a relay, which cannot read anything.".to_owned(),
        Told::Words(words) => {
            format!("Compare with the other side: {}. The same words mean that nobody is in between.", words.join(" "))
        }
        Told::Proven => "The password is right at both ends.".to_owned(),
        Told::PasswordRefused { left } => perkoon_peer::protection::wrong_at_receiver(*left),
        Told::Offered { .. } if role == Role::Sender => "Waiting for the receiver to accept.".to_owned(),
        Told::Offered { files, .. } => format!("Receiving {}.", in_short(&Contents::of(files))),
        Told::Accepted if role == Role::Sender => "The receiver has accepted.".to_owned(),
        Told::Paused { by } if *by == role => "Paused.".to_owned(),
        Told::Paused { by } => format!("Paused by the {}.", by.as_str()),
        Told::Resumed => "Going on.".to_owned(),
        Told::Interrupted => "The connection is gone. Waiting for it to come back.".to_owned(),
        Told::Continued => "The connection is back.".to_owned(),
        Told::Accepted | Told::Session { .. } | Told::Progress(_) => return Vec::new(),
    }]
}

const fn other(role: Role) -> &'static str {
    role.other().as_str()
}

/// The end, with where the files are.
fn complete(role: Role, done: &Done, output: Option<&str>) -> Vec<String> {
    let what = format!("{}, {}", format::files(done.files.len()), format::bytes(done.bytes));
    let milliseconds = u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX);
    let how = format!("{} ({})", format::duration(milliseconds), format::speed(done.speed()));
    match role {
        Role::Sender => vec![format!("Sent {what} in {how}.")],
        Role::Receiver => {
            let mut lines = vec![format!("Received {what} in {how}.")];
            let places = done.files.iter().filter_map(|file| file.saved_to.as_ref());
            lines.extend(places.take(LISTED).map(|place| format!("  {}", place.display())));
            if let (Some(folder), Some(more @ 1..)) = (output, done.files.len().checked_sub(LISTED)) {
                lines.push(format!("  and {} more in {folder}", format::grouped(more)));
            }
            lines
        }
    }
}

#[cfg(test)]
mod tests;

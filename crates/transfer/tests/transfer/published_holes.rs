//! Holes that were found in other programs of this kind, by the names under which they were published: what a sender calls its files.
//! The pages' side of them is `e2e/specs/published_holes.spec.ts`.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::ControlMessage;
use perkoon_transfer::names::{SafeName, fold_case, safe_names};
use perkoon_transfer::{Entry, Event, ReceiverInput};

use crate::common::alone::{ID, LoneReceiver};

fn entry(path: &[&str]) -> Entry {
    Entry { path: path.iter().map(|part| (*part).to_owned()).collect(), size: 0, modified: None }
}

fn saved(paths: &[&[&str]]) -> Vec<SafeName> {
    let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
    safe_names(&entries, fold_case)
}

/// Below the folder it is saved in on every system, and hidden on none.
fn assert_below(path: &str) {
    let stays = |component| matches!(component, Component::Normal(_));
    assert!(Path::new(path).components().all(stays), "{path:?}");
    for part in path.split('/') {
        assert!(!part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']), "{path:?}");
    }
}

/// croc, CVE-2023-43619 (GHSA-ppjh-xp5v-46wc, schollz/croc#593): the receiver wrote where the sender's paths led, `../` included, and so
/// for instance into `.ssh/authorized_keys`. schollz/croc#726: an absolute path was restored as one.
#[test]
fn croc_cve_2023_43619_paths_lead_out_of_the_folder() {
    let paths: [&[&str]; 12] = [
        &["..", "x"],
        &["../x"],
        &["a", "..", "..", "x"],
        &["..\\..\\x"],
        &["/etc/passwd"],
        &["", "etc", "passwd"],
        &["C:\\Windows\\win.ini"],
        &["\\\\server\\share\\x"],
        &[".ssh", "authorized_keys"],
        &["../../.ssh/authorized_keys"],
        // A zero-width space, and a dot that it hides from whoever looks for one at the start.
        &["\u{200b}.ssh", "\u{200e}..", "authorized_keys"],
        &["\0", "..\0", "x"],
    ];
    for name in saved(&paths) {
        assert_below(&name.path);
        assert_below(&name.saved_as);
        assert!(!name.saved_as.contains('/'), "{name:?}");
    }
}

/// croc, CVE-2023-43620 (GHSA-364c-vvqx-446c, schollz/croc#595): escape sequences in names reached the receiver's terminal, to hide the name of
/// another file or worse. The same goes for characters that turn the direction of text: the name of a program then reads as that of a picture.
#[test]
fn croc_cve_2023_43620_names_hold_what_terminals_and_people_are_fooled_by() {
    for (hostile, safe) in [
        ("\u{1b}[1A\rharmless", "[1Aharmless"),
        ("\u{1b}]0;title\u{7}x", "]0;titlex"),
        ("\u{9b}31mred", "31mred"),
        ("a\nb\tc\u{8}", "abc"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("\u{2066}x\u{2069}\u{200f}.txt", "x.txt"),
    ] {
        assert_eq!(saved(&[&[hostile]])[0], SafeName { path: safe.to_owned(), saved_as: safe.to_owned() }, "{hostile:?}");
    }
}

/// croc, CVE-2023-43616 (GHSA-8c8w-f7wp-2jr2, schollz/croc#594): the archive the sender made held names that led elsewhere or came twice, and what was
/// there was overwritten. Here the receiver makes the archive, and these are the names in it.
#[test]
fn croc_cve_2023_43616_an_archive_overwrites_what_it_has_written() {
    let names = saved(&[
        &["a", "b.txt"],
        &["a", "b.txt"],
        &["A", "B.TXT"],
        &["a", "./b.txt"],
        &["a", "b.txt\u{200b}"],
        &["a"],
        &["a", "b.txt", "c"],
        &["a\\b.txt"],
        &["a/b.txt"],
        &["../a", "b.txt"],
    ]);
    names.iter().for_each(|name| assert_below(&name.path));
    let paths: BTreeSet<String> = names.iter().map(|name| name.path.to_lowercase()).collect();
    assert_eq!(paths.len(), names.len(), "each has a place of its own, whatever the case: {names:?}");
    let is_folder = |path: &String| paths.iter().any(|other| other.starts_with(&format!("{path}/")));
    assert!(!paths.iter().any(is_folder), "no file stands where a folder is needed: {names:?}");
}

/// The same in the sentence about a file that cannot be had.
#[test]
fn croc_cve_2023_43620_in_a_sentence() {
    let mut lone = LoneReceiver::greeted();
    lone.say(&ControlMessage::Offer { transfer: ID, files: 1, bytes: 1 });
    let entries = vec![Entry { size: 1, ..entry(&["\u{1b}[2Jno\u{202e}ise"]) }];
    lone.say(&ControlMessage::Entries { transfer: ID, first: 0, entries });
    lone.put(ReceiverInput::Accept { kept: Vec::new() });
    lone.told();
    lone.say(&ControlMessage::Unavailable { transfer: ID, request: 0, code: ErrorCode::FileUnreadable });
    let told = lone.told();
    assert!(
        matches!(&told.events[..], [Event::Failed { message, .. }] if message.starts_with("“[2Jnoise” could not be read")),
        "{told:?}"
    );
}

/// A name is data and nothing else, at whatever length: an offer that holds all of them is only offered.
#[test]
fn hostile_names_do_nothing_by_themselves() {
    let mut lone = LoneReceiver::greeted();
    let entries =
        vec![entry(&["../../.ssh", "authorized_keys"]), entry(&["\u{1b}[2J"]), entry(&["<img src=x onerror=alert(1)>"])];
    lone.say(&ControlMessage::Offer { transfer: ID, files: 3, bytes: 0 });
    lone.say(&ControlMessage::Entries { transfer: ID, first: 0, entries });
    let told = lone.told();
    assert!(matches!(told.events[..], [.., Event::Offered { .. }]), "{told:?}");
}

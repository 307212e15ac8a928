//! What people read.

use std::{path::PathBuf, time::Duration};

use perkoon_native::DoneFile;

use super::*;

fn done(files: usize, saved: bool) -> Done {
    let file = |number: usize| DoneFile {
        path: format!("{number}.txt"),
        saved_to: saved.then(|| PathBuf::from(format!("/here/{number}.txt"))),
        size: 1 << 20,
        blake3: "00".repeat(32),
    };
    Done { duration: Duration::from_secs(2), bytes: (files as u64) << 20, files: (0..files).map(file).collect() }
}

#[test]
fn a_sender_shows_the_link_the_code_and_the_command() {
    let link = "https://perkoon.example/K7MX4QPR9W2N#s=0123";
    let lines = invitation("K7MX4QPR9W2N".parse().expect("a code"), link, false);
    assert!(lines.contains(&format!("  Link  {link}")));
    assert!(lines.contains(&"  Code  K7MX 4QPR 9W2N".to_owned()));
    assert!(lines.iter().any(|line| line.ends_with(&format!("perkoon receive '{link}'"))));
    assert!(!lines.concat().contains("password"));
    let protected = invitation("K7MX4QPR9W2N".parse().expect("a code"), link, true);
    assert!(protected.concat().contains("password"));
}

#[test]
fn a_receiver_is_told_where_its_files_are() {
    assert_eq!(
        complete(Role::Receiver, &done(2, true), Some("/here")),
        ["Received 2 files, 2.00 MiB in 2 s (1.00 MiB/s).", "  /here/0.txt", "  /here/1.txt"]
    );
    let many = complete(Role::Receiver, &done(LISTED + 3, true), Some("/here"));
    assert_eq!((many.len(), many.last().map(String::as_str)), (LISTED + 2, Some("  and 3 more in /here")));
    assert_eq!(complete(Role::Receiver, &done(LISTED, true), Some("/here")).len(), LISTED + 1);
    assert_eq!(complete(Role::Receiver, &done(1, false), None), ["Received 1 file, 1.00 MiB in 2 s (512 KiB/s)."]);
}

#[test]
fn a_sender_is_told_how_fast_it_was() {
    assert_eq!(complete(Role::Sender, &done(1, false), None), ["Sent 1 file, 1.00 MiB in 2 s (512 KiB/s)."]);
}

#[test]
fn who_holds_a_transfer_is_named_unless_it_is_oneself() {
    let paused = Told::Paused { by: Role::Sender };
    assert_eq!(happened(Role::Receiver, &paused), ["Paused by the sender."]);
    assert_eq!(happened(Role::Sender, &paused), ["Paused."]);
}

#[test]
fn a_time_is_said_to_the_minute_whatever_the_server_writes() {
    assert_eq!(moment("2026-11-29T08:05:01Z"), "2026-11-29 08:05 UTC");
    for other in ["", "T", "soon", "2026-11-29T08:05:01+01:00", "TääääZ", "T08Z"] {
        assert_eq!(moment(other), other);
    }
}

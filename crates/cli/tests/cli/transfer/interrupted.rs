//! Transfers that end before their time, and go on.
#![cfg(target_os = "linux")]

use std::fs;

use super::Place;

/// A file that takes a moment.
const SIZE: usize = 60_000_000;

#[test]
fn ctrl_c_while_nobody_is_there() {
    let place = Place::new();
    place.file("file.bin", 1000);
    for signal in ["-INT", "-TERM"] {
        let mut send = place.send(&["file.bin"]);
        send.event("waiting_for_receiver");
        send.signal(signal);
        send.fails(130, "CANCELLED");
    }
}

#[test]
fn ctrl_c_while_standard_input_is_read() {
    let place = Place::new();
    let mut command = place.perkoon(&["send", "--json", "-"]);
    let send = super::Transfer::start(command.stdin(std::process::Stdio::piped()));
    until(|| is_reading(&send));
    send.signal("-INT");
    send.fails(130, "CANCELLED");
}

/// Whether the program watches for signals already: before that it would be ended without a word.
fn is_reading(transfer: &super::Transfer) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", transfer.child.id())).expect("Linux says");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask").trim();
    u64::from_str_radix(caught, 16).expect("hexadecimal") & 0b10 != 0
}

fn until(done: impl Fn() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_at_the_sender_is_heard_at_the_receiver() {
    let place = Place::new();
    place.file("file.bin", SIZE);
    let mut send = place.send(&["file.bin"]);
    let mut receive = place.receive(&[&send.link()]);
    receive.progressed(1_000_000);
    send.signal("-INT");
    receive.fails(3, "CANCELLED");
    send.fails(130, "CANCELLED");
    assert!(place.finished("received").is_empty());
}

#[test]
fn ctrl_c_at_the_receiver_is_heard_at_the_sender() {
    let place = Place::new();
    place.file("file.bin", SIZE);
    let mut send = place.send(&["file.bin"]);
    let mut receive = place.receive(&[&send.link()]);
    receive.progressed(1_000_000);
    receive.signal("-INT");
    send.fails(3, "CANCELLED");
    receive.fails(130, "CANCELLED");
    assert!(place.finished("received").is_empty());
}

#[test]
fn a_killed_receive_is_gone_on_with_where_it_ended() {
    let place = Place::new();
    let content = place.file("file.bin", SIZE);
    let mut send = place.send(&["file.bin"]);
    let link = send.link();
    let mut first = place.receive(&[&link]);
    first.progressed(SIZE as u64 / 3);
    first.kill();
    assert!(place.finished("received").is_empty());
    let written = place.receive(&[&link]).complete_having_written();
    assert!(written < SIZE as u64 * 3 / 4, "begun anew: {written}");
    send.complete();
    assert_eq!(place.finished("received"), ["file.bin"]);
    assert!(fs::read(place.path("received/file.bin")).expect("it is there") == content);
}

#[test]
fn a_receive_goes_on_in_another_session_with_the_same_file() {
    let place = Place::new();
    let content = place.file("file.bin", SIZE);
    let mut send = place.send(&["file.bin"]);
    let mut first = place.receive(&[&send.link()]);
    first.progressed(SIZE as u64 / 3);
    first.kill();
    send.kill();
    let mut send = place.send(&["file.bin"]);
    let written = place.receive(&[&send.link()]).complete_having_written();
    assert!(written < SIZE as u64 * 3 / 4, "begun anew: {written}");
    send.complete();
    assert_eq!(place.tree("received").len(), 1, "nothing is left of the parts");
    assert!(fs::read(place.path("received/file.bin")).expect("it is there") == content);
}

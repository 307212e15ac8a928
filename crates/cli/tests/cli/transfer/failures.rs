//! Transfers that cannot be, each with its exit code, and what is on the disk afterwards.

use std::fs::{self, File};

use super::{Place, text};

#[test]
fn what_is_there_is_left_as_it_is() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let precious = place.file("received/file.bin", 10);
    let before = fs::metadata(place.path("received/file.bin")).and_then(|metadata| metadata.modified()).expect("a time");
    let mut send = place.send(&["file.bin"]);
    let message = place.receive(&[&send.link()]).fails(2, "TARGET_EXISTS");
    assert!(message.contains("file.bin"), "{message}");
    assert_eq!(place.tree("received"), [("file.bin".to_owned(), precious)]);
    let after = fs::metadata(place.path("received/file.bin")).and_then(|metadata| metadata.modified()).expect("a time");
    assert_eq!(before, after);
    let message = send.fails(3, "TARGET_EXISTS");
    assert!(message.contains("The receiver"), "{message}");
}

#[test]
fn several_files_do_not_go_to_stdout() {
    let place = Place::new();
    place.file("a.bin", 1000);
    place.file("b.bin", 1000);
    let mut send = place.send(&["a.bin", "b.bin"]);
    let into = File::create(place.path("arrived")).expect("made");
    place.receive_into(into, &[&send.link()]).fails(1, "INVALID_REQUEST");
    assert_eq!(fs::metadata(place.path("arrived")).expect("it is there").len(), 0);
    send.fails(3, "INVALID_REQUEST");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_both() {
    let place = Place::new();
    place.file("file.bin", 1_000_000);
    let mut send = place.send(&["file.bin"]);
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    place.receive_into(full, &[&send.link()]).fails(3, "INSUFFICIENT_STORAGE");
    send.fails(3, "INSUFFICIENT_STORAGE");
}

#[test]
fn nobody_comes_in_time() {
    let place = Place::new();
    place.file("file.bin", 1000);
    place.send(&["file.bin", "--timeout", "1"]).fails(5, "TIMEOUT");
    let answer = place.server.ask("POST /api/v1/sessions");
    let session: serde_json::Value = serde_json::from_str(&answer[answer.find('{').expect("JSON")..]).expect("JSON");
    place.receive(&[&text(&session["session_code"]), "--timeout", "1"]).fails(5, "TIMEOUT");
    assert!(!place.path("received").exists());
}

#[test]
fn no_such_session() {
    Place::new().receive(&["K7MX4QPR9W2N"]).fails(3, "SESSION_NOT_FOUND");
}

#[test]
fn a_file_that_goes_before_it_is_asked_for_ends_both() {
    let place = Place::new();
    place.file("file.bin", 1_000_000);
    let mut send = place.send(&["file.bin"]);
    let link = send.link();
    fs::remove_file(place.path("file.bin")).expect("it is there");
    place.receive(&[&link]).fails(3, "FILE_UNREADABLE");
    let message = send.fails(2, "FILE_UNREADABLE");
    assert!(message.contains("file.bin"), "{message}");
    assert!(place.finished("received").is_empty());
}

//! What the tools do not do, and how they say so.

use std::fs;

use serde_json::{Value, json};

use super::{Host, error};
use crate::transfer::Place;

const CODE: &str = "K7MX4QPR9W2N";

fn refuses(host: &mut Host, tool: &str, arguments: Value, words: &[&str]) {
    let answer = host.call(tool, arguments.clone());
    let said = error(&answer);
    assert!(words.iter().all(|word| said.contains(word)), "{arguments}: {said}");
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let place = Place::new();
    fs::create_dir_all(place.path(".ssh")).expect("made");
    fs::create_dir_all(place.path("folder")).expect("made");
    for file in [".ssh/id", "a.txt"] {
        fs::write(place.path(file), "text").expect("written");
    }
    let mut host = Host::new(&place);
    let file = |path: &str| json!({ "file_path": path });
    let into = |folder: &str| json!({ "session_code": CODE, "output_dir": folder });
    for (tool, arguments, words) in [
        ("send_file", file("/etc/passwd"), ["never touch", "(INVALID_REQUEST)"]),
        ("send_file", file("~/.SSH/../.ssh/id"), ["never touch", "(INVALID_REQUEST)"]),
        ("send_file", file("/usr/bin/env"), ["outside of the folders", "Choose another place."]),
        ("send_file", file("folder"), ["is a folder", "archive"]),
        ("send_file", file("none.txt"), ["none.txt cannot be read", "Check the path."]),
        ("send_file", json!({ "file_path": "a.txt", "timeout": 0 }), ["timeout", "between 1 and 604800"]),
        ("send_file", json!({ "file_path": "a.txt", "password": "" }), ["password is empty", "(INVALID_REQUEST)"]),
        ("receive_file", into("/proc/self"), ["never touch", "(INVALID_REQUEST)"]),
        ("receive_file", into("~/.aws/new"), ["never touch", "(INVALID_REQUEST)"]),
        ("receive_file", into("/usr/new"), ["outside of the folders", "(INVALID_REQUEST)"]),
        ("receive_file", into("a.txt/in"), ["is a file", "output_dir"]),
        ("receive_file", json!({ "session_code": "nonsense" }), ["12 letters and digits", "(INVALID_CODE)"]),
        ("receive_file", json!({ "session_code": format!("ftp://127.0.0.1/{CODE}") }), ["12 letters", "(INVALID_CODE)"]),
        ("receive_file", json!({ "session_code": CODE }), ["Ask the sender", "(SESSION_NOT_FOUND)"]),
        ("check_session", json!({ "session_code": "nonsense" }), ["12 letters and digits", "(INVALID_CODE)"]),
        (
            "check_session",
            json!({ "session_code": format!("http://127.0.0.1:1/{CODE}") }),
            ["cannot be reached", "(SIGNALING_LOST)"],
        ),
        ("check_session", json!({ "code": CODE }), ["session_code", "code"]),
    ] {
        refuses(&mut host, tool, arguments, &words);
    }
    assert!(!place.path(".aws").exists());
}

#[cfg(unix)]
#[test]
fn links_are_followed_before_a_path_is_judged() {
    let place = Place::new();
    std::os::unix::fs::symlink("/etc", place.path("innocent")).expect("linked");
    let mut host = Host::new(&place);
    refuses(&mut host, "send_file", json!({ "file_path": "innocent/passwd" }), &["never touch"]);
    refuses(&mut host, "receive_file", json!({ "session_code": CODE, "output_dir": "innocent/in" }), &["never touch"]);
}

#[test]
fn a_session_that_is_not_there_is_no_error_to_ask_after() {
    let place = Place::new();
    let mut host = Host::new(&place);
    let told = host.calls("check_session", json!({ "session_code": "k7mx 4qpr-9w2n" }));
    assert_eq!(told, json!({ "session_code": CODE, "status": "not_found" }));
}

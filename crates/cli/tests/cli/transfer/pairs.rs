//! What is sent is what arrives.

use std::{
    fs::{self, File},
    process::Stdio,
};

use serde_json::Value;

use super::{Ended, Place, Transfer, bytes, story, text};

const SENT: [&str; 9] = [
    "file_ready",
    "session_created",
    "waiting_for_receiver",
    "receiver_connected",
    "webrtc_connected",
    "waiting_for_acceptance",
    "transfer_accepted",
    "progress",
    "transfer_complete",
];
const RECEIVED: [&str; 6] =
    ["session_joined", "sender_found", "webrtc_connected", "receiving_file", "progress", "transfer_complete"];

fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[test]
fn a_file_of_any_size_arrives_and_is_told_of_in_order() {
    let place = Place::new();
    for size in [0, 1, 5_000_000] {
        let content = place.file("file.bin", size);
        let mut send = place.send(&["file.bin"]);
        let receive = place.receive(&[&send.link(), "--output", &size.to_string()]);
        let Ended { code, events } = receive.end();
        assert_eq!((code, story(&events)), (Some(0), RECEIVED.map(str::to_owned).to_vec()), "{events:?}");
        let last = events.last().expect("the end");
        let path = place.path(&size.to_string()).join("file.bin");
        let listed = serde_json::json!([
            { "name": "file.bin", "path": path, "size": size, "blake3": digest_of(&content) }
        ]);
        assert_eq!((&last["files"], &last["bytes"]), (&listed, &size.into()));
        assert_eq!(place.tree(&size.to_string()), [("file.bin".to_owned(), content)]);
        check_sender(send.end(), size);
    }
}

fn check_sender(Ended { code, events }: Ended, size: usize) {
    assert_eq!((code, story(&events)), (Some(0), SENT.map(str::to_owned).to_vec()), "{events:?}");
    assert_eq!((&events[0]["files"], &events[0]["bytes"], &events[0]["name"]), (&1.into(), &size.into(), &"file.bin".into()));
    let progress: Vec<&Value> = events.iter().filter(|event| event["event"] == "progress").collect();
    let last = progress.last().expect("there is always one");
    assert_eq!((&last["percent"], &last["bytes"], &last["total_bytes"]), (&100.into(), &size.into(), &size.into()));
    let percents: Vec<_> = progress.iter().map(|event| event["percent"].as_f64().expect("a number")).collect();
    assert!(percents.is_sorted(), "{percents:?}");
    let complete = events.last().expect("the end");
    assert!(complete["duration_ms"].is_u64() && complete["speed"].is_u64(), "{complete}");
}

#[test]
fn progress_comes_ten_times_a_second_at_most() {
    let place = Place::new();
    place.file("file.bin", 20_000_000);
    let mut send = place.send(&["file.bin"]);
    let Ended { events, .. } = place.receive(&[&send.link()]).end();
    let steps = events.iter().filter(|event| event["event"] == "progress").count();
    let duration = events.last().expect("the end")["duration_ms"].as_u64().expect("a number");
    assert!(steps as u64 <= 2 + duration / 100, "{steps} in {duration} ms");
}

#[test]
fn a_folder_keeps_its_tree_beside_a_single_file() {
    let place = Place::new();
    for number in 0..200 {
        place.file(&format!("holiday/day {}/{number}.bin", number % 7), number * 37);
    }
    let single = place.file("single.bin", 1000);
    let mut send = place.send(&["holiday", "single.bin"]);
    let last = place.receive(&[&send.link(), "--output", "here"]).complete();
    assert_eq!(last["files"].as_array().map(Vec::len), Some(201));
    assert_eq!(place.tree("here/holiday"), place.tree("holiday"));
    assert_eq!(fs::read(place.path("here/single.bin")).expect("it is there"), single);
    send.complete();
}

#[test]
fn what_comes_in_on_stdin_goes_out_on_stdout_and_nothing_else_does() {
    let place = Place::new();
    let content = bytes(3_000_000);
    let mut send = Transfer::start(place.perkoon(&["send", "--json", "-", "--name", "a.tar"]).stdin(Stdio::piped()));
    send.type_in(&content);
    assert_eq!(send.event("file_ready")["bytes"], content.len());
    let into = File::create(place.path("arrived")).expect("made");
    let last = place.receive_into(into, &[&send.link()]).complete();
    assert_eq!(
        (&last["files"][0]["name"], &last["files"][0]["path"], &last["output"]),
        (&"a.tar".into(), &Value::Null, &Value::Null)
    );
    assert!(fs::read(place.path("arrived")).expect("it is there") == content);
    send.complete();
    assert!(!place.path("received").exists());
}

#[test]
fn a_code_in_any_spelling_finds_the_session() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin"]);
    let code = text(&send.event("session_created")["session_code"]).to_lowercase();
    place.receive(&[&code[..4], &format!("{}-{}", &code[4..8], &code[8..])]).complete();
    assert_eq!(place.tree("received"), [("file.bin".to_owned(), content)]);
    send.complete();
}

#[test]
fn a_link_brings_its_server() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin"]);
    let link = send.link();
    place.receive(&[&link, "--server", "http://127.0.0.1:1"]).complete();
    send.complete();
}

#[test]
fn a_session_made_elsewhere_is_sent_in_with_its_key() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    let answer = place.server.ask("POST /api/v1/sessions");
    let session: Value = serde_json::from_str(&answer[answer.find('{').expect("JSON")..]).expect("JSON");
    let (code, key) = (text(&session["session_code"]), text(&session["sender_key"]));
    let mut send = place.send(&["file.bin", "--session", &code, "--sender-key", &key]);
    assert_eq!(send.event("session_created")["session_code"], code);
    place.receive(&[&code]).complete();
    send.complete();
    assert_eq!(place.tree("received"), [("file.bin".to_owned(), content)]);
}

#[test]
fn what_is_there_is_replaced_where_that_is_allowed() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    place.file("received/file.bin", 10);
    let mut send = place.send(&["file.bin"]);
    place.receive(&[&send.link(), "--overwrite"]).complete();
    send.complete();
    assert_eq!(place.tree("received"), [("file.bin".to_owned(), content)]);
}

//! Files from tools to commands and back.

use std::fs;

use serde_json::{Value, json};

use super::{Host, error};
use crate::transfer::Place;

fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[test]
fn a_file_is_sent_and_the_link_is_told_before_the_end() {
    let place = Place::new();
    let content = place.file("report.bin", 3_000_000);
    let mut host = Host::new(&place);
    let call = host.begin_call("send_file", json!({ "file_path": "report.bin" }));
    let link = host.link(call);
    place.receive(&[&link, "--output", "in"]).complete();
    let sent = host.result(call);
    assert_eq!(place.tree("in"), [("report.bin".to_owned(), content.clone())]);
    assert_eq!((&sent["status"], &sent["share_url"], &sent["bytes"]), (&json!("complete"), &json!(link), &json!(3_000_000)));
    assert!(link.ends_with(sent["session_code"].as_str().expect("a code")), "{sent}");
    assert!(sent["duration_ms"].is_u64() && sent["speed"].is_u64(), "{sent}");
    let listed = json!([{ "path": "report.bin", "size": 3_000_000, "blake3": digest_of(&content) }]);
    assert_eq!((&sent["files"], &sent["file_count"]), (&listed, &json!(1)));
    let last = host.progress(call, |message| message.starts_with("Everything"));
    assert_eq!((&last["params"]["progress"], &last["params"]["total"]), (&json!(100.0), &json!(100.0)));
}

#[test]
fn a_file_is_sent_in_the_background_and_looked_after() {
    let place = Place::new();
    let content = place.file("report.bin", 100_000);
    let mut host = Host::new(&place);
    let begun = host.calls("send_file", json!({ "file_path": "report.bin", "wait": false }));
    assert_eq!((&begun["status"], begun.get("files")), (&json!("waiting"), None));
    let which = json!({ "session_code": begun["session_code"] });
    let checked = host.calls("check_session", which.clone());
    assert_eq!((&checked["status"], &checked["participants"]), (&json!("waiting"), &json!(1)), "{checked}");
    let own = json!({ "direction": "send", "status": "waiting", "percent": 0.0, "share_url": begun["share_url"] });
    assert_eq!(checked["transfer"], own);

    place.receive(&[begun["share_url"].as_str().expect("a link"), "--output", "in"]).complete();
    let over = until(&mut host, &which, "complete");
    assert_eq!((&over["percent"], &over["result"]["files"][0]["blake3"]), (&json!(100.0), &json!(digest_of(&content))));
    assert_eq!(over["connection"], "direct");
}

/// Checks a session until this program's own transfer in it is over, which it should be in this way.
fn until(host: &mut Host, which: &Value, status: &str) -> Value {
    loop {
        let own = host.calls("check_session", which.clone())["transfer"].clone();
        if own["status"] == status {
            return own;
        }
        assert!(own.get("error").is_none(), "{own}");
    }
}

#[test]
fn files_are_received_where_the_tool_is_told_to_put_them() {
    let place = Place::new();
    let (one, two) = (place.file("out/one.bin", 1_000_000), place.file("out/deep/two.bin", 0));
    let mut host = Host::new(&place);
    let mut send = place.send(&["out"]);
    let received = host.calls("receive_file", json!({ "session_code": send.link(), "output_dir": "~/in" }));
    send.complete();
    let at = |name: &str| place.folder.path().canonicalize().expect("there").join("in/out").join(name);
    let listed = json!([
        { "path": "out/deep/two.bin", "size": 0, "blake3": digest_of(&two), "saved_to": at("deep/two.bin") },
        { "path": "out/one.bin", "size": 1_000_000, "blake3": digest_of(&one), "saved_to": at("one.bin") },
    ]);
    assert_eq!((&received["files"], &received["file_count"], &received["status"]), (&listed, &json!(2), &json!("complete")));
    assert_eq!(fs::read(at("one.bin")).expect("saved"), one);
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let place = Place::new();
    place.file("report.bin", 1000);
    let kept = place.file("received/report.bin", 10);
    let mut host = Host::new(&place);
    let mut send = place.send(&["report.bin"]);
    let answer = host.call("receive_file", json!({ "session_code": send.link() }));
    let said = error(&answer);
    assert!(said.contains("already there") && said.contains("output_dir") && said.ends_with("(TARGET_EXISTS)"), "{said}");
    assert_eq!(place.tree("received"), [("report.bin".to_owned(), kept)]);
    send.end();
}

#[test]
fn a_password_protects_in_whatever_form_it_is_typed() {
    let place = Place::new();
    let content = place.file("report.bin", 1000);
    let mut host = Host::new(&place);
    let arguments = json!({ "file_path": "report.bin", "password": "a\u{308}rger", "wait": false });
    let begun = host.calls("send_file", arguments);
    let link = begun["share_url"].as_str().expect("a link");
    place.receive(&[link, "--output", "none", "--password", "wrong"]).fails(4, "WRONG_PASSWORD");
    let received = host.calls("receive_file", json!({ "session_code": link, "output_dir": "in", "password": "\u{e4}rger" }));
    assert_eq!(received["files"][0]["blake3"], json!(digest_of(&content)));
    assert_eq!(place.tree("in"), [("report.bin".to_owned(), content)]);
    let checked = host.calls("check_session", json!({ "session_code": link }));
    assert_eq!(checked["password_protected"], true, "{checked}");
}

#[test]
fn a_link_with_a_secret_is_taken_as_it_is() {
    let place = Place::new();
    let content = place.file("report.bin", 1000);
    let mut host = Host::new(&place);
    let mut send = place.send(&["report.bin", "--secure-link"]);
    host.calls("receive_file", json!({ "session_code": send.link() }));
    send.complete();
    assert_eq!(place.tree("received"), [("report.bin".to_owned(), content)]);
}

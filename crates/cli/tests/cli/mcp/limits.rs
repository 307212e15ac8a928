//! How much at once.

use serde_json::json;

use super::{Host, error};
use crate::transfer::Place;

#[test]
fn the_sixth_transfer_at_once_is_refused_until_one_ends() {
    let place = Place::new();
    place.file("a.bin", 10);
    let mut host = Host::new(&place);
    let background = json!({ "file_path": "a.bin", "wait": false });
    for _ in 0..4 {
        host.calls("send_file", background.clone());
    }
    let fifth = host.begin_call("send_file", json!({ "file_path": "a.bin" }));
    host.link(fifth);
    let sixth = host.call("send_file", background.clone());
    assert!(error(&sixth).starts_with("5 transfers are under way"), "{sixth}");
    host.tell("notifications/cancelled", json!({ "requestId": fifth }));
    // The other side of a session is told first.
    while host.call("send_file", background.clone())["result"]["isError"] == true {}
}

//! Ends that come early.

use serde_json::{Value, json};

use super::{Host, error};
use crate::transfer::{Place, Transfer};

/// Enough to be still under way when something happens.
const LARGE: usize = 200 << 20;

/// A send that a command receives from, with some bytes through.
fn under_way(place: &Place, host: &mut Host) -> (u64, Transfer, Value) {
    place.file("large.bin", LARGE);
    let call = host.begin_call("send_file", json!({ "file_path": "large.bin" }));
    let link = host.link(call);
    let mut receive = place.receive(&[&link, "--output", "in"]);
    receive.progressed(1);
    (call, receive, json!({ "session_code": link }))
}

#[test]
fn a_cancelled_call_cancels_its_transfer_and_nothing_else() {
    let place = Place::new();
    let mut host = Host::new(&place);
    let (call, receive, which) = under_way(&place, &mut host);
    host.tell("notifications/cancelled", json!({ "requestId": call, "reason": "changed my mind" }));
    receive.fails(3, "CANCELLED");
    assert!(place.finished("in").is_empty());
    let own = loop {
        let own = host.calls("check_session", which.clone())["transfer"].clone();
        if own["status"] != "transferring" {
            break own;
        }
    };
    assert_eq!(own["status"], "cancelled", "{own}");
}

#[test]
fn a_host_that_hangs_up_cancels_everything() {
    let place = Place::new();
    let mut host = Host::new(&place);
    let (_, receive, _) = under_way(&place, &mut host);
    host.hang_up();
    receive.fails(3, "CANCELLED");
    assert!(host.end().success());
}

#[cfg(unix)]
#[test]
fn a_signal_cancels_everything() {
    let place = Place::new();
    let mut host = Host::new(&place);
    let (_, receive, _) = under_way(&place, &mut host);
    let id = host.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    receive.fails(3, "CANCELLED");
    assert!(host.end().success());
}

#[test]
fn nobody_coming_in_time_is_told() {
    let place = Place::new();
    place.file("a.bin", 10);
    let mut host = Host::new(&place);
    let answer = host.call("send_file", json!({ "file_path": "a.bin", "timeout": 1 }));
    assert!(error(&answer).ends_with("(TIMEOUT)"), "{answer}");
}

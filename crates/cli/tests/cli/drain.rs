//! The end of a running server, as whatever runs it brings it about.

use std::{
    io::BufRead,
    time::{Duration, Instant},
};

use crate::common::{Running, ask, perkoon, rest, signal};

fn draining(seconds: &str) -> Running {
    let server = Running::start(perkoon().args(["serve", "--listen", "127.0.0.1:0", "--drain-seconds", seconds]));
    assert!(server.ask("GET /readyz").starts_with("HTTP/1.1 200"));
    signal(&server, "-TERM");
    while server.ask("GET /readyz").starts_with("HTTP/1.1 200") {}
    server
}

#[test]
fn on_sigterm_readiness_goes_first_and_the_rest_when_the_time_is_up() {
    let started = Instant::now();
    let mut server = draining("2");
    assert!(server.ask("GET /readyz").starts_with("HTTP/1.1 503"));
    assert!(server.ask("POST /api/v1/sessions").starts_with("HTTP/1.1 201"), "it serves on");
    assert!(server.child.wait().expect("it ends").success());
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    let [_, log] = rest(&mut server);
    let said = |words: &str| log.find(words).unwrap_or_else(|| panic!("nothing of {words:?} in\n{log}"));
    assert!(said("about to stop") < said("stopped"));
}

#[test]
fn ctrl_c_or_a_second_sigterm_ends_the_wait() {
    for hurry in ["-INT", "-TERM"] {
        let mut server = draining("3600");
        signal(&server, hurry);
        assert!(server.child.wait().expect("it ends").success(), "{hurry}");
    }
}

#[test]
fn metrics_have_the_address_that_is_printed_for_them() {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--metrics", "off", "--metrics-listen", "127.0.0.1:0"];
    let mut server = Running::start(perkoon().args(serve));
    let mut line = String::new();
    server.stdout.read_line(&mut line).expect("text");
    let address = line.trim_end().strip_prefix("Metrics are at http://").and_then(|rest| rest.strip_suffix("/metrics"));
    let address = address.unwrap_or_else(|| panic!("{line}"));
    assert!(ask(address, "GET /metrics").contains("perkoon_sessions_created_total 0"));
    assert!(server.ask("GET /metrics").starts_with("HTTP/1.1 404"));
}

//! What the log of a running server says, and what it must not.

use serde_json::Value;

use crate::common::{Running, perkoon};

/// Has a server do a bit of everything, and gives its log with the secrets of what was done.
fn log(arguments: &[&str], variables: &[(&str, &str)]) -> (String, Vec<String>) {
    let mut command = perkoon();
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(variables.iter().copied());
    let mut server = Running::start(&mut command);
    let created = server.ask("POST /api/v1/sessions");
    let (_, body) = created.split_once("\r\n\r\n").expect("a body");
    let session: Value = serde_json::from_str(body).expect("JSON");
    let [code, key] = ["session_code", "sender_key"].map(|name| session[name].as_str().expect("text").to_owned());
    for request in [
        format!("GET /{code}"),
        format!("GET /api/v1/sessions/{code}/status"),
        format!("POST /{key}"),
        format!("POST /mcp?{code}"),
        "GET /metrics".to_owned(),
    ] {
        server.ask(&request);
    }
    crate::common::signal(&server, "-TERM");
    let [_, log] = crate::common::rest(&mut server);
    (log, vec![code, key, "127.0.0.1".to_owned()])
}

#[test]
fn the_log_names_no_session_and_nobody_in_either_form() {
    for format in ["text", "json"] {
        let (log, secrets) = log(&["--log", "trace", "--log-format", format], &[]);
        assert!(log.contains("answered") && log.contains("stopped"), "the log works:\n{log}");
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} in\n{log}");
        }
    }
}

#[test]
fn every_line_of_a_json_log_is_an_object() {
    let (log, _) = log(&["--log", "trace"], &[("PERKOON_LOG_FORMAT", "json")]);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for line in &lines {
        assert!(["timestamp", "level", "target", "message"].iter().all(|name| line[name].is_string()), "{line}");
    }
    let answered = lines.iter().find(|line| line["message"] == "answered").expect("an answer");
    assert_eq!((&answered["method"], &answered["status"]), (&Value::from("POST"), &Value::from(201)));
    assert_eq!(answered["route"], "/api/v1/sessions");
}

#[test]
fn the_filter_comes_from_whoever_says_it_last() {
    let debug = |arguments: &[&str], variables: &[(&str, &str)]| log(arguments, variables).0.contains("answered");
    assert!(!debug(&[], &[]), "only what matters, by default");
    assert!(debug(&["--log", "debug"], &[]));
    assert!(debug(&[], &[("RUST_LOG", "hyper=trace,debug")]));
    assert!(!debug(&[], &[("RUST_LOG", "debug"), ("PERKOON_LOG", "info")]));
    assert!(debug(&["--log", "info,perkoon_server::router=debug"], &[("PERKOON_LOG", "info")]));
    assert!(!debug(&["--log", "debug,perkoon_server::router=info"], &[]));
}

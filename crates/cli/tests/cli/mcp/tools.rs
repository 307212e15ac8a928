//! What hosts are told of the tools.

use serde_json::{Value, json};

use super::Host;
use crate::{
    common::{output, perkoon},
    transfer::Place,
};

#[test]
fn hosts_are_told_of_three_tools() {
    let mut host = Host::new(&Place::new());
    let listed = host.ask("tools/list", json!({}));
    let expected: Value = serde_json::from_str(include_str!("../../mcp_tools.json")).expect("JSON");
    assert_eq!(listed["result"]["tools"], expected, "{:#}", listed["result"]["tools"]);
}

#[test]
fn hosts_are_told_what_this_is_and_how_to_use_it() {
    let mut host = Host::unacquainted(&Place::new());
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let initialized = host.ask("initialize", params);
    let told = &initialized["result"];
    assert_eq!(
        (&told["protocolVersion"], &told["serverInfo"]["version"]),
        (&json!("2025-06-18"), &json!(env!("CARGO_PKG_VERSION")))
    );
    assert!(told["instructions"].as_str().is_some_and(|words| words.contains("share_url")), "{told}");
    assert_eq!(told["capabilities"], json!({ "tools": {} }));
}

#[test]
fn who_is_no_host_is_told_so_on_stderr() {
    let place = Place::new();
    let mut host = Host::unacquainted(&place);
    host.hang_up();
    assert!(host.end().success(), "nobody was there to be told anything");
    let none = output(&["mcp", "--server", "ftp://perkoon.example"]);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&none.stderr).starts_with("perkoon: "));
    let mut with_empty_variable = perkoon();
    let ended =
        with_empty_variable.arg("mcp").env("PERKOON_URL", "").stdin(std::process::Stdio::null()).output().expect("it runs");
    assert!(ended.status.success(), "{ended:?}");
}

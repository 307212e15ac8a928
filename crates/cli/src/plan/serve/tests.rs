//! What `perkoon serve` takes and what it refuses.

use std::{ffi::OsString, fs, path::Path};

use clap::Parser;
use perkoon_server::{Ice, Turn};

use super::*;
use crate::args::{Arguments, Command};

fn all_failures(arguments: &[&str]) -> Result<ServePlan, Vec<Failure>> {
    let typed = ["perkoon", "serve"].iter().chain(arguments);
    ServePlan::new(typed_serve(typed), Purpose::Serve)
}

fn typed_serve(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Serve {
    match Arguments::try_parse_from(words).expect("well-formed").command {
        Command::Serve(serve) => *serve,
        other => unreachable!("{other:?}"),
    }
}

fn plan(arguments: &[&str]) -> Result<ServePlan, Failure> {
    all_failures(arguments).map_err(|mut failures| {
        assert_eq!(failures.len(), 1, "{failures:?}");
        failures.remove(0)
    })
}

#[test]
fn says_nothing_and_gets_the_documented_defaults() {
    let ServePlan { listen, config, .. } = plan(&[]).expect("usable");
    assert_eq!(listen.to_string(), "127.0.0.1:8787");
    assert_eq!(config.session_ttl, 86_400);
    assert_eq!((config.requests.creates, config.requests.joins, config.requests.statuses), (10, 30, 20));
    assert_eq!(config.capacity.rooms, 200_000);
    assert_eq!(config.capacity.sockets, 10_000);
    assert_eq!(config.capacity.connections, 12_000);
    assert_eq!((config.capacity.connections_per_address, config.capacity.sockets_per_address), (256, 256));
    assert_eq!(config.capacity.queued_bytes, 128 << 20);
    assert!(config.tls.is_none() && config.allowed_origins.is_empty());
    assert_eq!((config.trusted_proxies, config.forwarded_header), (0, ForwardedHeader::XForwardedFor));
    assert_eq!((config.metrics, config.drain), (MetricsAccess::Local, Duration::ZERO));
}

#[test]
fn takes_every_limit() {
    let limits = [
        "--limit-creates=1",
        "--limit-joins=2",
        "--limit-status=0",
        "--limit-connections=4",
        "--limit-sockets=8",
        "--max-waiting=9",
    ];
    let ServePlan { config, .. } = plan(&limits).expect("usable");
    assert_eq!((config.capacity.sockets_per_address, config.capacity.queued_bytes), (8, 9 << 20));
    assert_eq!((config.requests.creates, config.requests.joins, config.requests.statuses), (1, 2, 0));
    assert_eq!(config.capacity.connections_per_address, 4);
    let ServePlan { config, .. } = plan(&["--max-connections=5", "--max-sockets=6", "--max-sessions=7"]).expect("usable");
    assert_eq!((config.capacity.connections, config.capacity.sockets, config.capacity.rooms), (5, 6, 7));
}

#[test]
fn takes_origins_and_nothing_else() {
    for (text, taken) in [("https://perkoon.example/", "https://perkoon.example"), ("http://[::1]:8787", "http://[::1]:8787")] {
        assert_eq!(plan(&["--public-url", text]).expect("usable").config.public_url.as_deref(), Some(taken));
        assert_eq!(plan(&["--allowed-origin", text]).expect("usable").config.allowed_origins, [taken]);
    }
    for text in ["", "perkoon.example", "ftp://x", "https://", "https://x?y", "https://u@x", "https://x y", "https://x'y"] {
        assert_eq!(plan(&["--public-url", text]).expect_err(text).exit, Exit::BadArguments);
    }
    for flag in ["--server-url", "--allowed-origin"] {
        assert_eq!(plan(&[flag, "https://x/path"]).expect_err(flag).exit, Exit::BadArguments);
    }
}

#[test]
fn pages_may_lie_in_a_folder_of_another_host() {
    let config = plan(&["--public-url=https://me.example/some/dir/", "--server-url=https://api.example"]).expect("usable").config;
    assert_eq!(config.public_url.as_deref(), Some("https://me.example/some/dir"));
    assert_eq!(config.server_url.as_deref(), Some("https://api.example"));
    assert_eq!(plan(&["--server-url=https://api.example"]).expect("usable").config.public_url, config.server_url);
    for text in ["https://me.example//dir", "https://me.example/a b", "https://me.example/dir?x", "https://me.example/dir#x"] {
        assert_eq!(plan(&["--public-url", text]).expect_err(text).exit, Exit::BadArguments);
    }
}

#[test]
fn takes_other_origins_one_by_one_or_in_a_list() {
    let given = ["--allowed-origin", "https://a.example, https://b.example/", "--allowed-origin=http://c.example:8080"];
    let allowed = plan(&given).expect("usable").config.allowed_origins;
    assert_eq!(allowed, ["https://a.example", "https://b.example", "http://c.example:8080"]);
    assert!(plan(&["--allowed-origin", ""]).expect("usable").config.allowed_origins.is_empty());
    let failure = plan(&["--allowed-origin", "https://a.example,*"]).expect_err("a star");
    assert_eq!(failure.exit, Exit::BadArguments);
    assert!(failure.error.to_string().starts_with("--allowed-origin"), "{}", failure.error);
}

#[test]
fn takes_what_proxies_write() {
    let ServePlan { config, .. } = plan(&["--trusted-proxies=2", "--forwarded-header=forwarded"]).expect("usable");
    assert_eq!((config.trusted_proxies, config.forwarded_header), (2, ForwardedHeader::Forwarded));
}

#[test]
fn a_certificate_and_its_key_go_together() {
    for arguments in [&["--tls-cert=cert.pem"], &["--tls-key=key.pem"]] {
        let said = plan(arguments).expect_err("half").error.to_string();
        assert!(said.contains("--tls-cert") && said.contains("--tls-key"), "{said}");
    }
    let missing = ["--tls-cert=/no/such/file", "--tls-key=/no/such/file"];
    let failure = plan(&missing).expect_err("missing");
    assert_eq!(failure.exit, Exit::NoSuchFile);
    assert!(format!("{:#}", failure.error).contains("/no/such/file"), "{:#}", failure.error);
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(plan(&["--tls-cert", here, "--tls-key", here]).expect_err("no PEM").exit, Exit::BadArguments);
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn takes_stun_and_turn_servers_one_by_one_or_in_a_list() {
    let stun = ["--stun", "stun:a.example, stun:b.example:3479", "--stun=stun:c.example"];
    let Ice { stun, turn } = plan(&stun).expect("usable").config.ice;
    assert_eq!(
        stun.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["stun:a.example", "stun:b.example:3479", "stun:c.example"]
    );
    assert!(turn.is_none());
    let turn = ["--turn=turn:a.example,turns:a.example:443?transport=tcp", "--turn-secret", SECRET, "--turn-ttl=60"];
    let Turn { urls, secret, ttl } = plan(&turn).expect("usable").config.ice.turn.expect("set");
    assert_eq!(urls.iter().map(ToString::to_string).collect::<Vec<_>>(), ["turn:a.example", "turns:a.example:443?transport=tcp"]);
    assert_eq!(ttl, Some(60));
    assert!(!format!("{secret:?}").contains(SECRET));
    let blank = plan(&["--stun", "", "--turn", ","]).expect("usable").config.ice;
    assert!(blank.stun.is_empty() && blank.turn.is_none());
}

#[test]
fn refuses_ways_through_firewalls_that_cannot_work_and_says_what_to_do() {
    for (arguments, words) in [
        (&["--stun", "stun.example"][..], "stun:"),
        (&["--stun", "turn:a.example"], "--turn"),
        (&["--turn", "stun:a.example", "--turn-secret", SECRET], "--stun"),
        (&["--turn", "turn://a.example", "--turn-secret", SECRET], "no //"),
        (&["--turn", "turn:a.example"], "--turn-secret-file"),
        (&["--turn-secret", SECRET], "--turn"),
        (&["--turn", "turn:a.example", "--turn-secret", "short"], "openssl rand"),
    ] {
        let failure = plan(arguments).expect_err("unusable");
        let said = format!("{:#}", failure.error);
        assert_eq!(failure.exit, Exit::BadArguments, "{arguments:?}");
        assert!(said.contains(words) && !said.contains(SECRET), "{said}");
    }
    let missing = ["--turn", "turn:a.example", "--turn-secret-file", "/no/such/file"];
    assert_eq!(plan(&missing).expect_err("missing").exit, Exit::NoSuchFile);
}

#[test]
fn sessions_are_kept_in_memory_or_in_a_redis_that_servers_with_one_secret_share() {
    for memory in [&[][..], &["--store", "memory"], &["--store", ""]] {
        assert!(matches!(plan(memory).expect("usable").config.store, StoreSetting::Memory), "{memory:?}");
    }
    let url = "redis://ada:verysecret@redis.example/3";
    let shared = plan(&["--store", url, "--store-prefix", "two:", "--secret", SECRET]).expect("usable").config.store;
    assert!(matches!(shared, StoreSetting::Redis(_)));
    let shown = format!("{shared:?}");
    assert!(shown.contains("redis.example:6379") && shown.contains("two:") && !shown.contains("verysecret"), "{shown}");
    for (arguments, words) in [
        (&["--store", url][..], "--secret-file"),
        (&["--store", "http://ada:verysecret@redis.example", "--secret", SECRET], "redis://HOST"),
        (&["--store", "disk", "--secret", SECRET], "redis://HOST"),
    ] {
        let failure = plan(arguments).expect_err("unusable");
        let said = format!("{:#}", failure.error);
        assert_eq!(failure.exit, Exit::BadArguments, "{arguments:?}");
        assert!(said.contains(words) && !said.contains("verysecret"), "{said}");
    }
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let store = format!("redis://:{SECRET}@redis.example");
    let typed = ["perkoon", "serve", "--secret", SECRET, "--turn-secret", SECRET, "--store", &store];
    assert!(!format!("{:?}", Arguments::try_parse_from(typed).expect("well-formed")).contains(SECRET));
}

#[test]
fn refuses_what_cannot_work_before_starting() {
    let here = env!("CARGO_MANIFEST_DIR");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(plan(&["--assets", here]).is_ok());
    assert_eq!(plan(&["--assets", "/no/such/folder"]).expect_err("missing").exit, Exit::NoSuchFile);
    assert_eq!(plan(&["--assets", file]).expect_err("a file").exit, Exit::BadArguments);
    assert_eq!(plan(&["--secret", "short"]).expect_err("weak").exit, Exit::BadArguments);
    assert_eq!(plan(&["--secret-file", here]).expect_err("a folder").exit, Exit::NoSuchFile);
}

#[test]
fn tells_all_that_is_wrong_at_once() {
    let failures =
        all_failures(&["--public-url=nonsense", "--assets=/no/such/folder", "--turn=turn:a.example", "--tls-key=key.pem"])
            .expect_err("four times wrong");
    let said: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
    assert_eq!(said.len(), 4, "{said:?}");
    for (said, flag) in said.iter().zip(["--public-url", "--assets", "--turn", "--tls-cert"]) {
        assert!(said.contains(flag), "{said}");
    }
}

#[test]
fn a_secret_has_one_place() {
    let both = plan(&["--secret", SECRET, "--secret-file", "secret"]).expect_err("two");
    assert_eq!(both.exit, Exit::BadArguments);
    assert!(both.error.to_string().contains("--secret and --secret-file"), "{}", both.error);
    let both = plan(&["--turn=turn:a.example", "--turn-secret", SECRET, "--turn-secret-file", "secret"]).expect_err("two");
    assert!(both.error.to_string().contains("--turn-secret and --turn-secret-file"), "{}", both.error);
}

#[test]
fn a_check_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = folder.path().join("secret");
    let check = |path: &Path| {
        let file = format!("--secret-file={}", path.display());
        ServePlan::new(typed_serve(["perkoon", "serve", &file]), Purpose::Check)
    };
    check(&secret).expect("it can be made when it is needed");
    assert!(!secret.exists());
    check(&folder.path().join("no/such/folder/secret")).expect_err("it cannot be made");
    fs::write(&secret, "short").expect("written");
    check(&secret).expect_err("it is too short");
}

#[test]
fn takes_what_operators_watch() {
    let ServePlan { config, metrics_listen, log_format, .. } =
        plan(&["--metrics=off", "--metrics-listen=127.0.0.1:9100", "--drain-seconds=7", "--log-format=json"]).expect("usable");
    assert_eq!((config.metrics, config.drain), (MetricsAccess::Off, Duration::from_secs(7)));
    assert_eq!(metrics_listen.map(|address| address.port()), Some(9100));
    assert_eq!(log_format, LogFormat::Json);
    let same = plan(&["--listen=127.0.0.1:9100", "--metrics-listen=127.0.0.1:9100"]).expect_err("one address for two");
    assert_eq!(same.exit, Exit::BadArguments);
}

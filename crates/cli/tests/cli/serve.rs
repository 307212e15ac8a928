//! `perkoon serve` as a program: the line that others wait for, the settings, the exit codes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use crate::common::{self, Running, output, perkoon, rest};

#[test]
fn serves_on_the_port_that_it_prints() {
    let server = Running::start(perkoon().args(["serve", "--listen", "127.0.0.1:0"]));
    assert!(!server.address.ends_with(":0"));
    assert!(server.ask("GET /healthz").ends_with("ok\n"));
    let created = server.ask("POST /api/v1/sessions");
    assert!(created.contains(&format!(r#""share_url":"http://{}/"#, server.address)), "{created}");
}

#[test]
fn takes_settings_from_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = folder.path().join("secret");
    std::fs::write(folder.path().join("index.html"), "the page").expect("written");
    let server = Running::start(
        perkoon()
            .arg("serve")
            .env("PERKOON_LISTEN", "127.0.0.1:0")
            .env("PERKOON_PUBLIC_URL", "https://perkoon.example")
            .env("PERKOON_ASSETS", folder.path())
            .env("PERKOON_SECRET_FILE", &secret)
            .env("PERKOON_LIMIT_CREATES", "1"),
    );
    assert!(server.ask("POST /api/v1/sessions").contains(r#""share_url":"https://perkoon.example/"#));
    assert!(server.ask("POST /api/v1/sessions").starts_with("HTTP/1.1 429"));
    assert!(server.ask("GET /").ends_with("the page"));
    assert!(secret.exists());
}

#[cfg(unix)]
#[test]
fn stops_when_asked_and_prints_nothing_else() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Running::start(perkoon().args(["serve", "--listen", "127.0.0.1:0"]));
        common::signal(&server, signal);
        assert!(server.child.wait().expect("it ends").success(), "{signal}");
        assert_eq!(rest(&mut server)[0], "", "{signal}");
    }
}

#[test]
fn serves_over_tls_with_a_certificate_and_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let [certificate, key] = [("cert.pem", made.cert.pem()), ("key.pem", made.key_pair.serialize_pem())].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    });
    let server = Running::start(
        perkoon().args(["serve", "--listen", "127.0.0.1:0"]).env("PERKOON_TLS_CERT", &certificate).env("PERKOON_TLS_KEY", &key),
    );
    assert!(server.origin.starts_with("https://"), "{}", server.origin);
    let mut stream = TcpStream::connect(&server.address).expect("it listens");
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("written");
    let mut answer = Vec::new();
    // The end may come as a reset.
    let _ = stream.read_to_end(&mut answer);
    // A TLS record of an alert: it does not even talk to those who do not.
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn as_many_files_may_be_open_as_connections_take() {
    let serve =
        format!("ulimit -Sn 128; exec {} serve --listen 127.0.0.1:0 --max-connections 500", env!("CARGO_BIN_EXE_perkoon"));
    let server = Running::start(Command::new("sh").args(["-c", &serve]));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.child.id())).expect("Linux says");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit");
    let soft: usize = line.split_whitespace().nth(3).and_then(|number| number.parse().ok()).expect("a number");
    assert!(soft >= 500, "{line}");
}

#[test]
fn failures_have_their_exit_codes_and_a_line_on_stderr() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().map(|address| (taken, address.to_string())).expect("an address");
    for (arguments, exit) in [
        (&["serve", "--listen", &taken.1][..], 3),
        (&["serve", "--assets", "/no/such/folder"], 2),
        (&["serve", "--secret", "short"], 1),
        (&["serve", "--public-url", "nonsense"], 1),
        (&["serve", "--turn", "turn:turn.example"], 1),
        (&["serve", "--session-ttl", "0"], 1),
        (&["serve", "--store", "redis://127.0.0.1:1"], 1),
        (&["serve", "--store", "redis://127.0.0.1:1", "--secret", "0123456789abcdef0123456789abcdef"], 3),
        (&["serve", "--allowed-origin", "nonsense"], 1),
        (&["serve", "--tls-cert", "cert.pem"], 1),
        (&["serve", "--tls-cert", "/no/such/file", "--tls-key", "/no/such/file"], 2),
        (&["serve", "--forwarded-header", "x-real-ip"], 1),
        (&["serve", "--log", "loud"], 1),
        (&["serve", "--metrics", "friends"], 1),
        (&["serve", "--metrics-listen", "127.0.0.1:8787"], 1),
        (&["serve", "--config", "/no/such/file"], 2),
        (&["serve", "--no-such-flag"], 1),
        (&["fly"], 1),
        (&[], 1),
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    assert_eq!(output(&["--version"]).stdout, format!("perkoon {}\n", env!("CARGO_PKG_VERSION")).into_bytes());
    let help = output(&["serve", "--help"]);
    assert!(help.status.success() && help.stderr.is_empty());
    let text = String::from_utf8(help.stdout).expect("UTF-8");
    for flag in [
        "--listen",
        "--public-url",
        "--assets",
        "--secret-file",
        "--session-ttl",
        "--stun",
        "--turn",
        "--turn-secret-file",
        "--turn-ttl",
        "--store",
        "--store-prefix",
        "--limit-creates",
        "--limit-sockets",
        "--max-waiting",
        "--allowed-origin",
        "--tls-cert",
        "--tls-key",
        "--trusted-proxies",
        "--forwarded-header",
        "--config",
        "--check",
        "--log-format",
        "--metrics-listen",
        "--drain-seconds",
        "PERKOON_LISTEN",
    ] {
        assert!(text.contains(flag), "{flag}");
    }
}

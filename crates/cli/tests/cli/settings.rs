//! Settings: each of them from the file, the environment and the command line, and what a check says of them.

use std::{collections::BTreeMap, fs, path::Path, process::Output};

use crate::common::perkoon;

/// Every setting: its name, and a value of its own for the file, the environment and the command line, as the file would have them.
const TABLE: [(&str, [&str; 3]); 33] = [
    ("listen", [r#""127.0.0.1:1""#, r#""127.0.0.1:2""#, r#""127.0.0.1:3""#]),
    ("public_url", [r#""https://file.example""#, r#""https://variable.example""#, r#""https://flag.example""#]),
    ("server_url", [r#""https://file.example""#, r#""https://variable.example""#, r#""https://flag.example""#]),
    ("store", [r#""redis://file.example""#, r#""redis://variable.example""#, r#""redis://flag.example""#]),
    ("store_prefix", [r#""file""#, r#""variable""#, r#""flag""#]),
    (
        "allowed_origin",
        [r#"["https://file.example", "https://b.example"]"#, r#"["https://variable.example"]"#, r#"["https://flag.example"]"#],
    ),
    ("assets", [r#""file""#, r#""variable""#, r#""flag""#]),
    ("secret_file", [r#""file""#, r#""variable""#, r#""flag""#]),
    (
        "secret",
        [
            r#""a private secret in the file, too long""#,
            r#""a private secret in a variable, long""#,
            r#""a private secret in a flag, long too""#,
        ],
    ),
    ("session_ttl", ["61", "62", "63"]),
    ("log", [r#""warn""#, r#""error""#, r#""off""#]),
    ("log_format", [r#""json""#, r#""text""#, r#""json""#]),
    ("metrics", [r#""all""#, r#""off""#, r#""all""#]),
    ("metrics_listen", [r#""127.0.0.1:4""#, r#""127.0.0.1:5""#, r#""127.0.0.1:6""#]),
    ("drain_seconds", ["1", "2", "3"]),
    ("tls_cert", [r#""file""#, r#""variable""#, r#""flag""#]),
    ("tls_key", [r#""file""#, r#""variable""#, r#""flag""#]),
    ("trusted_proxies", ["1", "2", "3"]),
    ("forwarded_header", [r#""forwarded""#, r#""x-forwarded-for""#, r#""forwarded""#]),
    ("stun", [r#"["stun:file.example"]"#, r#"["stun:variable.example"]"#, r#"["stun:flag.example", "stun:b.example"]"#]),
    ("turn", [r#"["turn:file.example"]"#, r#"["turn:variable.example"]"#, r#"["turn:flag.example"]"#]),
    ("turn_secret_file", [r#""file""#, r#""variable""#, r#""flag""#]),
    (
        "turn_secret",
        [
            r#""another private secret in the file""#,
            r#""another private secret in a variable""#,
            r#""another private secret in a flag""#,
        ],
    ),
    ("turn_ttl", ["61", "62", "63"]),
    ("limit_creates", ["1", "2", "3"]),
    ("limit_joins", ["1", "2", "3"]),
    ("limit_status", ["1", "2", "3"]),
    ("limit_sockets", ["1", "2", "3"]),
    ("limit_connections", ["1", "2", "3"]),
    ("max_connections", ["1", "2", "3"]),
    ("max_sockets", ["1", "2", "3"]),
    ("max_sessions", ["1", "2", "3"]),
    ("max_waiting", ["1", "2", "3"]),
];

/// A value as it is typed.
fn typed(value: &str) -> String {
    value.trim_matches(['[', ']']).replace("\", \"", ",").trim_matches('"').to_owned()
}

/// A value as a check shows it.
fn shown(name: &str, value: &str) -> String {
    if ["secret", "turn_secret", "store"].contains(&name) { "\"…\"".to_owned() } else { value.to_owned() }
}

fn written(folder: &Path, text: &str) -> String {
    let path = folder.join("perkoon.toml");
    fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn whole_file(folder: &Path) -> String {
    written(folder, &TABLE.into_iter().map(|(name, [value, ..])| format!("{name} = {value}\n")).collect::<String>())
}

fn check(arguments: &[String], variables: &[(String, String)]) -> Output {
    perkoon().args(["serve", "--check"]).args(arguments).envs(variables.iter().cloned()).output().expect("it runs")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

/// What a check says is in force: each setting's value and where it comes from.
fn in_force(output: Output) -> BTreeMap<String, (String, String)> {
    let lines = text(output.stdout);
    let settings = lines.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, rest) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
        let (value, from) = rest.rsplit_once("  # ").unwrap_or_else(|| panic!("{line}"));
        (name.to_owned(), (value.to_owned(), from.to_owned()))
    });
    settings.collect()
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file_for_every_setting() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = vec!["--config".to_owned(), whole_file(folder.path())];
    let variables: Vec<_> =
        TABLE.into_iter().map(|(name, [_, value, _])| (format!("PERKOON_{}", name.to_uppercase()), typed(value))).collect();
    let flags = TABLE.into_iter().map(|(name, [.., value])| format!("--{}={}", name.replace('_', "-"), typed(value)));
    let flags: Vec<_> = config.iter().cloned().chain(flags).collect();
    for (output, place, from) in
        [(check(&config, &[]), 0, "file"), (check(&config, &variables), 1, "PERKOON_"), (check(&flags, &variables), 2, "--")]
    {
        let found = in_force(output);
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        let mut expected: Vec<_> = TABLE.into_iter().map(|(name, _)| name).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "a setting is missing, here or there");
        for (name, values) in TABLE.into_iter() {
            let (value, source) = &found[name];
            assert_eq!(value, &shown(name, values[place]), "{name} from {from}");
            assert!(source.starts_with(from), "{name} from {source} and not {from}");
        }
    }
}

#[test]
fn the_file_can_be_named_in_the_environment_and_is_obeyed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = written(folder.path(), "listen = \"127.0.0.1:0\"\npublic_url = \"https://perkoon.example\"\nlimit_creates = 1\n");
    let server = crate::common::Running::start(perkoon().arg("serve").env("PERKOON_CONFIG", path));
    assert!(server.ask("POST /api/v1/sessions").contains(r#""share_url":"https://perkoon.example/"#));
    assert!(server.ask("POST /api/v1/sessions").starts_with("HTTP/1.1 429"));
}

#[test]
fn a_check_of_good_settings_shows_them_and_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = folder.path().join("secret");
    let arguments = [format!("--secret-file={}", secret.display()), format!("--assets={}", folder.path().display())];
    let output = check(&arguments, &[("PERKOON_PUBLIC_URL".to_owned(), "https://perkoon.example".to_owned())]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let said = text(output.stdout);
    for line in [
        "listen = \"127.0.0.1:8787\"  # built in",
        "public_url = \"https://perkoon.example\"  # PERKOON_PUBLIC_URL",
        "limit_creates = 10  # built in",
        "# secret is not set",
        "# A server can run with these settings.",
    ] {
        assert!(said.lines().any(|found| found == line), "{line} in\n{said}");
    }
    assert!(!secret.exists(), "it is made when it is needed");
}

#[test]
fn what_a_check_shows_is_a_file_of_the_same_settings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = check(&["--stun=stun:a.example,stun:b.example".to_owned(), "--drain-seconds=7".to_owned()], &[]);
    let path = written(folder.path(), &text(first.stdout.clone()));
    let second = check(&["--config".to_owned(), path], &[]);
    let values = |output| in_force(output).into_iter().map(|(name, (value, _))| (name, value)).collect::<Vec<_>>();
    assert_eq!(second.status.code(), Some(0), "{}", text(second.stderr));
    assert_eq!(values(first), values(second));
}

#[test]
fn a_check_of_bad_settings_says_all_that_is_wrong_and_no_secret() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let short = folder.path().join("short");
    fs::write(&short, "private").expect("written");
    let arguments = [
        "--public-url=nonsense".to_owned(),
        "--assets=/no/such/folder".to_owned(),
        format!("--secret-file={}", short.display()),
        "--tls-cert=/no/such/file".to_owned(),
        "--turn=turn:turn.example".to_owned(),
        "--turn-secret=private".to_owned(),
    ];
    let output = check(&arguments, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(output.stderr);
    assert_eq!(said.lines().count(), 5, "{said}");
    for words in ["--public-url", "--assets", "--secret-file", "--tls-key", "openssl rand"] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
    let shown = text(output.stdout);
    assert!(!said.contains("private") && !shown.contains("private"), "{said}{shown}");
    assert!(shown.contains("turn_secret = \"…\"") && !shown.contains("A server can run"), "{shown}");
}

#[test]
fn a_file_that_cannot_be_used_is_told_in_a_line_with_its_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (lines, words) in [
        ("publik_url = \"https://perkoon.example\"", ["publik_url", "public_url"]),
        ("listen = \"nonsense\"", ["listen", "invalid socket address"]),
        ("listen = ", ["line 1", "TOML"]),
        ("limit_creates = -1", ["limit_creates", "-1"]),
    ] {
        let output = check(&["--config".to_owned(), written(folder.path(), lines)], &[]);
        assert_eq!(output.status.code(), Some(1), "{lines}");
        let said = text(output.stderr);
        assert!(said.lines().count() == 1 && said.contains("perkoon.toml"), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

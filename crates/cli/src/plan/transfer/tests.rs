//! What transfers take and what they refuse.

use std::ffi::OsStr;

use clap::Parser;

use super::*;
use crate::args::{Arguments, Command};

const CODE: &str = "K7MX4QPR9W2N";
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

fn send_with(typed: &[&str], mut stdin: &[u8]) -> Result<SendPlan, Failure> {
    let typed = ["perkoon", "send"].iter().chain(typed);
    match Arguments::try_parse_from(typed).expect("well-formed").command {
        Command::Send(send) => SendPlan::new(*send, &mut stdin),
        other => unreachable!("{other:?}"),
    }
}

fn send(typed: &[&str]) -> Result<SendPlan, Failure> {
    send_with(typed, b"")
}

fn receive_with(typed: &[&str], mut stdin: &[u8]) -> Result<ReceivePlan, Failure> {
    let typed = ["perkoon", "receive"].iter().chain(typed);
    match Arguments::try_parse_from(typed).expect("well-formed").command {
        Command::Receive(receive) => ReceivePlan::new(*receive, &mut stdin),
        other => unreachable!("{other:?}"),
    }
}

fn receive(typed: &[&str]) -> ReceivePlan {
    receive_with(typed, b"").unwrap_or_else(|failure| panic!("{typed:?}: {failure:?}"))
}

fn refused<T>(result: Result<T, Failure>, code: ErrorCode, words: &str) {
    let failure = result.err().unwrap_or_else(|| panic!("nothing about {words}"));
    assert_eq!(failure.code, code, "{failure:?}");
    assert!(failure.message.contains(words) && failure.message.contains(". "), "{failure:?}");
    assert!(!failure.retryable, "{failure:?}");
}

#[test]
fn what_is_not_said_is_as_documented() {
    let plan = receive(&[CODE]);
    assert_eq!(plan.code.as_str(), CODE);
    assert_eq!(plan.server.origin(), "http://127.0.0.1:8787");
    assert_eq!(plan.patience, Duration::from_secs(300));
    assert!(plan.secret.is_none());
    match plan.output {
        Output::Folder { path, overwrite: false } => {
            assert!(path.is_absolute() && path.file_name() == Some(OsStr::new("received")), "{}", path.display());
        }
        other => panic!("{other:?}"),
    }
    let plan = send(&[HERE]).expect("usable");
    assert_eq!(plan.input, Input::Files(vec![HERE.into()]));
    assert!(plan.seat.is_none() && plan.secret.is_none() && plan.patience == Duration::from_secs(300));
}

#[test]
fn a_code_may_be_typed_as_several_words_and_a_link_brings_its_server() {
    assert_eq!(receive(&["k7mx", "4qpr", "9w2n"]).code.as_str(), CODE);
    let linked = receive(&["https://perkoon.example/K7MX4QPR9W2N", "--server", "https://other.example"]);
    assert_eq!(linked.server.origin(), "https://perkoon.example");
    assert_eq!(receive(&[CODE, "--server", "https://other.example"]).server.origin(), "https://other.example");
    refused(receive_with(&["K7MX"], b""), ErrorCode::InvalidCode, "12 letters");
}

#[test]
fn a_links_secret_is_what_protects_its_session() {
    let secret = receive(&["https://perkoon.example/K7MX4QPR9W2N#s=0123", "--password", "of another session"]).secret;
    assert_eq!(secret, Some(Secret::Link("0123".into())));
}

#[test]
fn a_password_is_taken_in_the_form_that_both_ends_write() {
    let composed = Some(Secret::Password("\u{e4}".into()));
    assert_eq!(receive(&[CODE, "--password", "a\u{308}"]).secret, composed);
    assert_eq!(send(&[HERE, "--password", "\u{e4}"]).expect("usable").secret, composed);
    let from_stdin = |bytes: &[u8]| receive_with(&[CODE, "--password-stdin"], bytes).expect("usable").secret;
    for bytes in ["a\u{308}\n", "a\u{308}\r\nnext line", "\u{e4}"] {
        assert_eq!(from_stdin(bytes.as_bytes()), composed, "{bytes:?}");
    }
    assert_eq!(receive(&[CODE, "--password", "-x"]).secret, Some(Secret::Password("-x".into())));
    assert_eq!(from_stdin(b" two words \n"), Some(Secret::Password(" two words ".into())), "spaces may be meant");
}

#[test]
fn a_password_that_is_none_is_refused() {
    refused(send(&[HERE, "--password", ""]), ErrorCode::InvalidRequest, "empty");
    refused(send_with(&[HERE, "--password-stdin"], b"\n"), ErrorCode::InvalidRequest, "empty");
    refused(send_with(&[HERE, "--password-stdin"], b"\xff\n"), ErrorCode::InvalidRequest, "PERKOON_PASSWORD");
    refused(send(&[HERE, "--password", &"a".repeat(1_001)]).map_err(final_), ErrorCode::InvalidRequest, "1,000");
    refused(send_with(&["-", "--password-stdin"], b"secret\n"), ErrorCode::InvalidRequest, "Standard input");
}

fn final_(failure: Failure) -> Failure {
    Failure { retryable: false, ..failure }
}

#[test]
fn a_secure_link_has_a_secret_of_its_own_and_no_password() {
    let secret = || send(&[HERE, "--secure-link"]).expect("usable").secret.expect("there is one");
    let (one, other) = (secret(), secret());
    assert!(matches!(&one, Secret::Link(text) if text.len() == 32) && one != other);
    refused(send(&[HERE, "--secure-link", "--password", "secret"]), ErrorCode::InvalidRequest, "--secure-link");
}

#[test]
fn something_has_to_be_sent() {
    refused(send(&[]), ErrorCode::InvalidRequest, "Nothing to send");
    refused(send(&["/no/such/file"]), ErrorCode::FileUnreadable, "/no/such/file is not there");
    refused(send(&[HERE, "/no/such/file"]), ErrorCode::FileUnreadable, "/no/such/file");
}

#[test]
fn standard_input_is_sent_alone_and_may_have_a_name() {
    let input = |typed: &[&str]| send(typed).expect("usable").input;
    assert_eq!(input(&["-"]), Input::Stdin("stdin".into()));
    assert_eq!(input(&["-", "--name", "photos.tar"]), Input::Stdin("photos.tar".into()));
    assert_eq!(input(&[HERE, "./-"].map(|path| if path == "./-" { HERE } else { path })), Input::Files(vec![HERE.into(); 2]));
    refused(send(&["-", HERE]), ErrorCode::InvalidRequest, "alone");
    for (file, name) in [(HERE, "x"), ("-", ""), ("-", ".."), ("-", "a/b"), ("-", "a/")] {
        refused(send(&[file, "--name", name]), ErrorCode::InvalidRequest, "--name");
    }
}

#[test]
fn a_session_made_elsewhere_needs_its_key() {
    let seat = |typed: &[&str]| send(typed).expect("usable");
    for typed in [
        &[HERE, "--session", "k7mx 4qpr 9w2n", "--sender-key", " a_b \n"][..],
        &[HERE, "--session", "https://perkoon.example/K7MX4QPR9W2N#key=a_b"],
    ] {
        let seat = seat(typed).seat.expect("there is one");
        assert_eq!((seat.code.as_str(), seat.sender_key.as_str()), (CODE, "a_b"), "{typed:?}");
    }
    let server = seat(&[HERE, "--session", "https://perkoon.example/K7MX4QPR9W2N", "--sender-key", "a_b"]).server;
    assert_eq!(server.origin(), "https://perkoon.example");
    refused(send(&[HERE, "--session", CODE]), ErrorCode::InvalidRequest, "--sender-key");
    refused(send(&[HERE, "--session", CODE, "--sender-key", ""]), ErrorCode::InvalidRequest, "--sender-key");
    refused(send(&[HERE, "--sender-key", "a_b"]), ErrorCode::InvalidRequest, "--session");
    refused(send(&[HERE, "--session", "K7MX", "--sender-key", "a_b"]), ErrorCode::InvalidCode, "12 letters");
}

#[test]
fn files_go_into_a_folder_that_can_be_made_or_to_standard_output() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("not/yet/there");
    let typed = path.to_str().expect("UTF-8");
    let plan = receive(&[CODE, "--output", typed, "--overwrite"]);
    assert_eq!(plan.output, Output::Folder { path: path.clone(), overwrite: true });
    assert!(!folder.path().join("not").exists(), "nothing has come yet");
    assert_eq!(receive(&[CODE, "--output", "-"]).output, Output::Stdout);
    for file in [HERE.to_owned(), format!("{HERE}/below")] {
        refused(receive_with(&[CODE, "--output", &file], b""), ErrorCode::TargetExists, "Cargo.toml is a file");
    }
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let typed = ["perkoon", "send", "--password", "hunter2", "--session", CODE, "--sender-key", "hunter2"];
    assert!(!format!("{:?}", Arguments::try_parse_from(typed).expect("well-formed")).contains("hunter2"));
}

//! Passwords, secrets in links, and senders' keys.

use std::process::Stdio;

use serde_json::Value;

use super::{Ended, Place, Transfer, text};

const PASSWORD: &str = "correct horse, batterie de chevaux";

#[test]
fn a_password_comes_from_wherever_it_is_given() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    let start = |way: &str, arguments: &[&str]| match way {
        "--password" => Transfer::start(place.perkoon(arguments).args([way, PASSWORD])),
        "--password-stdin" => {
            let mut command = place.perkoon(arguments);
            let mut transfer = Transfer::start(command.arg(way).env("PERKOON_PASSWORD", "of another").stdin(Stdio::piped()));
            transfer.type_in(format!("{PASSWORD}\r\n").as_bytes());
            transfer
        }
        variable => Transfer::start(place.perkoon(arguments).env(variable, PASSWORD)),
    };
    for way in ["--password", "--password-stdin", "PERKOON_PASSWORD"] {
        let mut send = start(way, &["send", "--json", "file.bin"]);
        let created = send.event("session_created");
        assert_eq!(created["password_protected"], true);
        let folder = way.trim_start_matches('-');
        let mut receive = start(way, &["receive", "--json", &text(&created["share_url"]), "--output", folder]);
        receive.event("password_verified");
        receive.complete();
        assert_eq!(place.tree(folder), [("file.bin".to_owned(), content.clone())]);
        let Ended { code, events } = send.end();
        assert_eq!(code, Some(0));
        assert!(!format!("{events:?}").contains("batterie"));
    }
}

#[test]
fn a_wrong_password_ends_the_receive_and_not_the_send() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin", "--password", PASSWORD]);
    let link = send.link();
    assert!(place.receive(&[&link, "--password", "guess"]).fails(4, "WRONG_PASSWORD").contains("4 tries"));
    assert_eq!(send.event("password_refused")["left"], 4);
    place.receive(&[&link]).fails(4, "WRONG_PASSWORD");
    assert!(!place.path("received").exists());
    place.receive(&[&link, "--password", PASSWORD]).complete();
    send.complete();
}

#[test]
fn five_wrong_passwords_lock_the_session() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin", "--password", PASSWORD]);
    let link = send.link();
    for _ in 0..4 {
        place.receive(&[&link, "--password", "guess"]).fails(4, "WRONG_PASSWORD");
        send.event("password_refused");
    }
    place.receive(&[&link, "--password", "guess"]).fails(4, "PASSWORD_LOCKED");
    send.fails(4, "PASSWORD_LOCKED");
}

#[test]
fn a_secure_link_needs_no_more_than_itself_and_no_less() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin", "--secure-link"]);
    let link = send.link();
    let (open, secret) = link.split_once("#s=").expect("a secret");
    place.receive(&[open]).fails(4, "WRONG_PASSWORD");
    place.receive(&[&format!("{open}#s={}", "0".repeat(secret.len()))]).fails(4, "WRONG_PASSWORD");
    place.receive(&[&link]).complete();
    send.complete();
    assert_eq!(place.tree("received"), [("file.bin".to_owned(), content)]);
}

#[test]
fn both_ends_are_told_the_same_words_where_there_is_no_password() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin"]);
    let mut receive = place.receive(&[&send.link()]);
    let words = receive.event("verification_words")["words"].clone();
    assert_eq!(words.as_array().map(Vec::len), Some(4));
    assert_eq!(send.event("verification_words")["words"], words);
    receive.complete();
    send.complete();
}

#[test]
fn another_sessions_key_is_wrong() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let [mine, other] = [(); 2].map(|()| {
        let answer = place.server.ask("POST /api/v1/sessions");
        serde_json::from_str::<Value>(&answer[answer.find('{').expect("JSON")..]).expect("JSON")
    });
    let (code, key) = (text(&mine["session_code"]), text(&other["sender_key"]));
    place.send(&["file.bin", "--session", &code, "--sender-key", &key]).fails(4, "WRONG_SENDER_KEY");
}

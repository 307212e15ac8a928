//! What people read, where they do.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
};

use super::Place;

fn started(place: &Place, arguments: &[&str]) -> Child {
    let command = &mut place.perkoon(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// Reads until a line has these words.
fn until(stdout: &mut impl BufRead, words: &str) -> String {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(stdout.read_line(&mut line).expect("text"), 0, "it ended without {words}");
    }
    line.trim().to_owned()
}

fn rest(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn both_ends_say_what_happens_and_where_the_files_are() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = started(&place, &["send", "file.bin"]);
    let mut said = BufReader::new(send.stdout.take().expect("piped"));
    let link = until(&mut said, "Link").replace("Link", "").trim().to_owned();
    let code = until(&mut said, "Code");
    assert!(link.starts_with(&place.server.origin) && code.split_whitespace().count() == 4, "{link} {code}");
    let output = place.perkoon(&["receive", &link]).output().expect("it runs");
    let received = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{received}");
    assert!(received.contains("Received 1 file") && received.contains("received/file.bin"), "{received}");
    let words = |text: &str| text.lines().find(|line| line.starts_with("Compare")).map(str::to_owned);
    let sent = rest(&mut said);
    assert!(sent.contains("Sent 1 file"), "{sent}");
    assert!(words(&sent).is_some() && words(&sent) == words(&received), "{sent}{received}");
    assert!(!sent.contains('\u{1b}') && !received.contains('\u{1b}'), "this is no terminal");
    assert!(send.wait().expect("it ends").success());
}

#[test]
fn a_quiet_sender_prints_its_link_and_a_quiet_receiver_nothing() {
    let place = Place::new();
    place.file("file.bin", 1000);
    let mut send = started(&place, &["send", "--quiet", "file.bin"]);
    let mut said = BufReader::new(send.stdout.take().expect("piped"));
    let mut link = String::new();
    said.read_line(&mut link).expect("text");
    let output = place.perkoon(&["receive", "--quiet", link.trim_end()]).output().expect("it runs");
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(rest(&mut said), "");
    assert_eq!(rest(send.stderr.take().expect("piped")), "");
    assert!(send.wait().expect("it ends").success());
}

#[test]
fn a_stream_leaves_stdout_to_the_bytes() {
    let place = Place::new();
    let content = place.file("file.bin", 1000);
    let mut send = place.send(&["file.bin"]);
    let output = place.perkoon(&["receive", &send.link(), "--output", "-"]).output().expect("it runs");
    assert!(output.stdout == content);
    assert!(String::from_utf8(output.stderr).expect("text").contains("Received 1 file"));
    send.complete();
}

#[cfg(unix)]
#[test]
fn a_hostile_name_does_nothing_to_a_terminal() {
    let place = Place::new();
    place.file("\u{1b}]0;gone\u{7}\u{202e}gpj.exe", 10);
    let mut send = started(&place, &["send", "\u{1b}]0;gone\u{7}\u{202e}gpj.exe"]);
    let mut said = BufReader::new(send.stdout.take().expect("piped"));
    let first = until(&mut said, "Ready to send");
    let link = until(&mut said, "Link").replace("Link", "").trim().to_owned();
    let output = place.perkoon(&["receive", &link]).output().expect("it runs");
    let received = String::from_utf8(output.stdout).expect("text");
    assert!(received.contains("gpj.exe"), "{received:?}");
    for text in [first, rest(said), received] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
    assert!(send.wait().expect("it ends").success());
}

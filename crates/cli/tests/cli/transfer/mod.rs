//! `perkoon send` and `perkoon receive` as programs, against each other and a server of the test's own.

mod failures;
mod interrupted;
mod pairs;
mod people;
mod protection;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Running, perkoon};

/// A server, and a folder that commands work in.
pub struct Place {
    pub server: Running,
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--limit-creates", "0", "--limit-joins", "0"];
        Self { server: Running::start(perkoon().args(serve)), folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file with bytes that do not repeat.
    pub fn file(&self, name: &str, size: usize) -> Vec<u8> {
        let bytes = bytes(size);
        fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("made");
        fs::write(self.path(name), &bytes).expect("written");
        bytes
    }

    /// The command, with this server in the environment.
    pub fn perkoon(&self, arguments: &[&str]) -> Command {
        let mut command = perkoon();
        command.args(arguments).env("PERKOON_URL", &self.server.origin).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// `perkoon send --json`.
    pub fn send(&self, arguments: &[&str]) -> Transfer {
        Transfer::start(self.perkoon(&["send", "--json"]).args(arguments))
    }

    /// `perkoon receive --json`.
    pub fn receive(&self, arguments: &[&str]) -> Transfer {
        Transfer::start(self.perkoon(&["receive", "--json"]).args(arguments))
    }

    /// `perkoon receive --json --output -`, with its bytes going to this file.
    pub fn receive_into(&self, into: File, arguments: &[&str]) -> Transfer {
        Transfer::streaming(self.perkoon(&["receive", "--json", "--output", "-"]).args(arguments), into)
    }

    /// What lies in a folder: relative paths with their bytes. Nothing where there is none.
    pub fn tree(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.path(name);
        let mut found = Vec::new();
        collect(&root, &root, &mut found);
        found.sort();
        found
    }

    /// The finished files in a folder.
    pub fn finished(&self, name: &str) -> Vec<String> {
        let paths = self.tree(name).into_iter().map(|(path, _)| path);
        paths.filter(|path| !path.contains(".perkoon-")).collect()
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let relative = path.strip_prefix(root).expect("below").to_str().expect("UTF-8").replace('\\', "/");
            found.push((relative, fs::read(&path).expect("readable")));
        }
    }
}

/// Bytes that do not repeat.
pub fn bytes(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ size as u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(size).collect()
}

/// A transfer that is told of as events, and ended when it is dropped.
pub struct Transfer {
    child: Child,
    lines: Box<dyn BufRead>,
    pub events: Vec<Value>,
}

/// How a transfer ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub events: Vec<Value>,
}

impl Transfer {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("piped");
        Self { child, lines: Box::new(BufReader::new(stdout)), events: Vec::new() }
    }

    fn streaming(command: &mut Command, into: File) -> Self {
        let mut child = command.stdout(into).stderr(Stdio::piped()).spawn().expect("it starts");
        let stderr = child.stderr.take().expect("piped");
        Self { child, lines: Box::new(BufReader::new(stderr)), events: Vec::new() }
    }

    /// The next event. Whatever is no event fails the test.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).expect("text") == 0 {
            return None;
        }
        assert!(line.starts_with(r#"{"event":""#), "no event: {line}");
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.events.push(event.clone());
        Some(event)
    }

    /// Waits for an event, which `fits`.
    pub fn when(&mut self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        while let Some(event) = self.next() {
            if event["event"] == name && fits(&event) {
                return event;
            }
        }
        let said = self.stderr();
        panic!("it ended without {name}: {:?} {said}", self.events);
    }

    pub fn event(&mut self, name: &str) -> Value {
        self.when(name, |_| true)
    }

    /// The link, once there is one.
    pub fn link(&mut self) -> String {
        text(&self.event("session_created")["share_url"])
    }

    /// Waits until so many bytes are through.
    pub fn progressed(&mut self, bytes: u64) {
        self.when("progress", |event| event["bytes"].as_u64() >= Some(bytes));
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        while self.next().is_some() {}
        let code = self.child.wait().expect("it ends").code();
        Ended { code, events: std::mem::take(&mut self.events) }
    }

    /// Waits for success; answers with the last event.
    pub fn complete(self) -> Value {
        let Ended { code, events } = self.end();
        assert_eq!(code, Some(0), "{events:?}");
        let last = events.last().expect("an event");
        assert_eq!(last["event"], "transfer_complete", "{events:?}");
        last.clone()
    }

    /// Waits for the end, which has to be this one, the last event saying so.
    pub fn fails(self, exit: i32, code: &str) -> String {
        let Ended { code: found, events } = self.end();
        let last = events.last().unwrap_or_else(|| panic!("no event, {found:?}"));
        assert_eq!((found, &last["event"], &last["code"]), (Some(exit), &"error".into(), &code.into()), "{events:?}");
        assert_eq!(last["exit_code"], exit, "{last}");
        assert!(last["message"].as_str().is_some_and(|message| message.ends_with('.') && message.contains(". ")), "{last}");
        text(&last["message"])
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill runs").success());
    }

    /// Waits for success; answers with the bytes that the program has written to files and pipes.
    #[cfg(target_os = "linux")]
    pub fn complete_having_written(mut self) -> u64 {
        while self.next().is_some() {}
        let counters = fs::read_to_string(format!("/proc/{}/io", self.child.id())).expect("Linux says");
        self.complete();
        let written = counters.lines().find_map(|line| line.strip_prefix("wchar: ")).expect("the counter");
        written.parse().expect("a number")
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Hands it something on standard input, which has to be piped, and closes that.
    pub fn type_in(&mut self, bytes: &[u8]) {
        self.child.stdin.take().expect("piped").write_all(bytes).expect("it reads");
    }

    fn stderr(&mut self) -> String {
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut said).expect("text");
        }
        said
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The events' names, rows of the same as one, without those that may come in between.
pub fn story(events: &[Value]) -> Vec<String> {
    let mut names: Vec<_> = events.iter().map(|event| text(&event["event"])).collect();
    names.retain(|name| !["verification_words", "password_verified"].contains(&name.as_str()));
    names.dedup();
    names
}

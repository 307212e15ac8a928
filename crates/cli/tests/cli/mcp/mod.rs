//! `perkoon mcp` as a program, as hosts start it and talk to it.

mod ends;
mod files;
mod limits;
mod refusals;
mod tools;

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio},
};

use serde_json::{Value, json};

use crate::transfer::Place;

/// The program, with its host at the other end of its pipes. Ended when it is dropped.
struct Host {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Read already, and not asked for yet.
    heard: VecDeque<Value>,
    calls: u64,
}

impl Host {
    /// After the handshake, in the folder of `place`, which is the home as well.
    fn new(place: &Place) -> Self {
        let mut host = Self::unacquainted(place);
        let initialized = host.ask(
            "initialize",
            json!({
                "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" }
            }),
        );
        assert_eq!(initialized["result"]["serverInfo"]["name"], "perkoon", "{initialized}");
        host.tell("notifications/initialized", json!({}));
        host
    }

    fn unacquainted(place: &Place) -> Self {
        let mut command = place.perkoon(&["mcp"]);
        let command = command.env("HOME", place.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("piped")));
        Self { child, stdin, stdout, heard: VecDeque::new(), calls: 0 }
    }

    fn say(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        writeln!(self.stdin.as_mut().expect("open"), "{message}").expect("it reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.say(json!({ "method": method, "params": params }));
    }

    /// Asks something, without waiting for the answer to it.
    fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.calls += 1;
        self.say(json!({ "id": self.calls, "method": method, "params": params }));
        self.calls
    }

    /// Calls a tool, without waiting for the answer to it. Progress is told under the number of the call.
    fn begin_call(&mut self, tool: &str, arguments: Value) -> u64 {
        let token = self.calls + 1;
        self.begin("tools/call", json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": token } }))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let call = self.begin(method, params);
        self.answer(call)
    }

    /// What a tool answers.
    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let call = self.begin_call(tool, arguments);
        self.answer(call)
    }

    /// What a tool answers that does what it is asked.
    fn calls(&mut self, tool: &str, arguments: Value) -> Value {
        let call = self.begin_call(tool, arguments);
        self.result(call)
    }

    fn answer(&mut self, call: u64) -> Value {
        self.message(|message| message["id"] == call)
    }

    /// What a tool has done.
    fn result(&mut self, call: u64) -> Value {
        let answer = self.answer(call);
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// Waits until a call has told of progress in words that fit.
    fn progress(&mut self, call: u64, fits: impl Fn(&str) -> bool) -> Value {
        self.message(|message| {
            let told = &message["params"];
            message["method"] == "notifications/progress"
                && told["progressToken"] == call
                && told["message"].as_str().is_some_and(&fits)
        })
    }

    /// The link that a send tells of while it waits.
    fn link(&mut self, call: u64) -> String {
        let told = self.progress(call, |message| message.contains("http"));
        let message = told["params"]["message"].as_str().expect("text");
        message.rsplit(' ').next().expect("a word").to_owned()
    }

    /// The first message that fits and was not asked for before.
    fn message(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(place) = self.heard.iter().position(&fits) {
            return self.heard.remove(place).expect("it was just found");
        }
        loop {
            let message = self.next().unwrap_or_else(|| panic!("it ended; heard {:?}", self.heard));
            if fits(&message) {
                return message;
            }
            self.heard.push_back(message);
        }
    }

    /// The next message. Whatever is none fails the test.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).expect("text") == 0 {
            return None;
        }
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        Some(message)
    }

    /// Goes away, as a host does that is closed.
    fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for the end, reading what is still said.
    fn end(&mut self) -> ExitStatus {
        while self.next().is_some() {}
        self.child.wait().expect("it ends")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The words of an answer that is an error.
fn error(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().expect("text")
}

//! The program, started and talked to as others do.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

pub fn perkoon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perkoon"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PERKOON_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command
}

pub fn output(arguments: &[&str]) -> Output {
    perkoon().args(arguments).output().expect("it runs")
}

/// Both pipes' text. The child has to be about to end.
pub fn rest(server: &mut Running) -> [String; 2] {
    let mut texts = [String::new(), String::new()];
    server.stdout.read_to_string(&mut texts[0]).expect("text");
    server.child.stderr.take().expect("piped").read_to_string(&mut texts[1]).expect("text");
    texts
}

#[cfg(unix)]
pub fn signal(server: &Running, name: &str) {
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args([name, &id]).status().expect("kill runs").success());
}

/// A server that is stopped at the end of the test, whatever happens.
pub struct Running {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub origin: String,
    pub address: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("text");
        let origin = line.trim_end().strip_prefix("Perkoon listens on ").expect("the ready line").to_owned();
        let address = origin.split_once("://").expect("an origin").1.to_owned();
        Self { child, stdout, origin, address }
    }

    pub fn ask(&self, request: &str) -> String {
        ask(&self.address, request)
    }
}

/// What is answered at an address.
pub fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

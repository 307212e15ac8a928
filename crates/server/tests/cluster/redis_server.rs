//! A Redis of a test's own: Debian's, on a socket in a folder, with nothing written to the disk.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

/// Stopped at the end of the test, whatever happens.
pub struct RedisServer {
    folder: TempDir,
    running: Option<(Child, BufReader<ChildStdout>)>,
}

impl RedisServer {
    pub fn start() -> Self {
        let mut server = Self { folder: tempfile::tempdir().expect("a temporary folder"), running: None };
        server.start_again();
        server
    }

    /// Starts it where it was, empty.
    pub fn start_again(&mut self) {
        let socket = self.socket();
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
        command.arg("--unixsocket").arg(&socket).arg("--dir").arg(self.folder.path());
        let mut child = match command.stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!(
                    "redis-server is not installed, and these tests need it: install it (Debian: apt-get install redis-server)"
                )
            }
            Err(error) => panic!("redis-server does not start: {error}"),
        };
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.to_lowercase().contains("ready to accept connections") {
            said.clear();
            assert!(output.read_line(&mut said).expect("text") > 0, "redis-server ended before it was ready");
        }
        self.running = Some((child, output));
    }

    /// Ends it as a crash would.
    pub fn stop(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            child.kill().expect("it runs");
            child.wait().expect("it was started here");
        }
    }

    /// For `--store`.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

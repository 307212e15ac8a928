//! A TURN server of a test's own: Debian's coturn, on the loopback.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use perkoon_protocol::rest::IceServer;
use tempfile::TempDir;

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// How long it may take to start on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Coturn {
    process: Child,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Coturn {
    /// Starts one, with settings beside those that every test needs.
    pub fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name).display().to_string();
        let pair = rcgen::generate_simple_self_signed([LOOPBACK.to_string()]).expect("a certificate");
        std::fs::write(file("certificate.pem"), pair.cert.pem()).expect("a file");
        std::fs::write(file("key.pem"), pair.key_pair.serialize_pem()).expect("a file");
        let (port, tls_port) = (free_port(), free_port());
        let settings = [
            format!("listening-ip={LOOPBACK}"),
            format!("relay-ip={LOOPBACK}"),
            format!("listening-port={port}"),
            format!("tls-listening-port={tls_port}"),
            format!("cert={}", file("certificate.pem")),
            format!("pkey={}", file("key.pem")),
            format!("log-file={}", file("coturn.log")),
            format!("pidfile={}", file("coturn.pid")),
            format!("userdb={}", file("coturn.db")),
        ];
        let always = ["realm=perkoon.test", "lt-cred-mech", "user=perkoon:secret", "allow-loopback-peers", "no-cli"];
        let quietly = ["verbose", "simple-log", "no-stdout-log"];
        let settings: Vec<&str> =
            settings.iter().map(String::as_str).chain(always).chain(quietly).chain(more.iter().copied()).collect();
        std::fs::write(file("coturn.conf"), settings.join("\n")).expect("a file");
        let started =
            Command::new("turnserver").args(["-c", &file("coturn.conf")]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = started.expect("turnserver runs: install coturn (Debian: apt-get install coturn), which these tests need");
        let mut coturn = Self { process, folder, port, tls_port };
        coturn.wait();
        coturn
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect((LOOPBACK, self.port)).is_err() || TcpStream::connect((LOOPBACK, self.tls_port)).is_err() {
            let ended = self.process.try_wait().expect("a process");
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "turnserver listens: {ended:?} {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// What it has written down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("coturn.log")).unwrap_or_default()
    }

    /// Its address for a transport: `udp`, `tcp` or `tls`.
    pub fn server(&self, transport: &str) -> IceServer {
        server(&match transport {
            "tls" => format!("turns:{LOOPBACK}:{}?transport=tcp", self.tls_port),
            _ => format!("turn:{LOOPBACK}:{}?transport={transport}", self.port),
        })
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The server at an address, with the credentials of the tests.
pub fn server(url: &str) -> IceServer {
    IceServer { urls: vec![url.to_owned()], username: Some("perkoon".to_owned()), credential: Some("secret".to_owned()) }
}

/// A port that is free for UDP and TCP.
fn free_port() -> u16 {
    let free = |_: &i32| {
        let listener = TcpListener::bind((LOOPBACK, 0)).ok()?;
        let port = listener.local_addr().ok()?.port();
        UdpSocket::bind((LOOPBACK, port)).is_ok().then_some(port)
    };
    (0..100).find_map(|attempt| free(&attempt)).expect("a free port")
}

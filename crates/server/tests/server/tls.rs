//! The service over TLS.

use std::{sync::Arc, time::Duration};

use perkoon_protocol::{
    Role,
    rest::{CreatedSession, JoinedSession},
    signal::ServerMessage,
};
use perkoon_server::{Config, ConnectionPatience, Tls, TlsError};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};
use tokio_tungstenite::client_async;

use crate::common::{Server, Socket, generous, soon};

/// A certificate in a folder of its own, and what a client has to trust.
struct Certificate {
    folder: tempfile::TempDir,
    certificate: CertificateDer<'static>,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let CertifiedKey { cert, key_pair } = generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).expect("written");
        std::fs::write(folder.path().join("key.pem"), key_pair.serialize_pem()).expect("written");
        Self { folder, certificate: cert.der().clone() }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Tls {
        Tls::load(&self.path("cert.pem"), &self.path("key.pem")).expect("usable")
    }

    async fn connect(&self, server: &Server) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("the usual ones");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(server.address()).await.expect("accepted");
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake")
    }

    /// The answer's head and body.
    async fn ask(&self, server: &Server, request: &str, body: &str) -> (String, String) {
        let mut stream = self.connect(server).await;
        let length = body.len();
        let text =
            format!("{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.expect("written");
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.expect("an answer and a proper end");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), body.to_owned())
    }
}

#[tokio::test]
async fn a_session_works_over_tls() {
    let certificate = Certificate::new();
    let server = Server::start(Config { tls: Some(certificate.load()), ..generous() }).await;
    let (head, body) = certificate.ask(&server, "POST /api/v1/sessions", "").await;
    assert!(head.starts_with("HTTP/1.1 201"), "{head}");
    let session: CreatedSession = serde_json::from_str(&body).expect("a session");
    assert!(session.share_url.starts_with(&format!("https://{}/", server.address())), "{}", session.share_url);
    let path = format!("POST /api/v1/sessions/{}/join", session.session_code);
    let (_, body) = certificate.ask(&server, &path, r#"{"role":"receiver"}"#).await;
    let joined: JoinedSession = serde_json::from_str(&body).expect("a seat");
    let stream = certificate.connect(&server).await;
    let (socket, _) = client_async("wss://localhost/socket", stream).await.expect("a socket");
    let mut socket = Socket(socket);
    socket.hello(&joined.token).await;
    let ServerMessage::Welcome { participants, .. } = socket.hear().await else { panic!("no welcome") };
    assert_eq!(participants.iter().map(|participant| participant.role).collect::<Vec<_>>(), [Role::Receiver]);
}

#[tokio::test]
async fn browsers_are_told_to_come_back_by_tls_only_over_tls() {
    let certificate = Certificate::new();
    let server = Server::start(Config { tls: Some(certificate.load()), ..generous() }).await;
    for path in ["/healthz", "/", "/api/v1/nothing"] {
        let (head, _) = certificate.ask(&server, &format!("GET {path}"), "").await;
        assert!(head.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{path}: {head}");
    }
    let plain = Server::start(generous()).await;
    assert!(!plain.get("/healthz").await.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn who_does_not_speak_tls_or_says_nothing_is_alone_with_that() {
    let certificate = Certificate::new();
    let patience = ConnectionPatience { handshake: Duration::from_millis(100), ..ConnectionPatience::default() };
    let server = Server::start(Config { tls: Some(certificate.load()), patience, ..generous() }).await;
    let mut silent = TcpStream::connect(server.address()).await.expect("accepted");
    assert_eq!(soon(silent.read(&mut [0; 1])).await.unwrap_or_default(), 0, "given up");
    let mut plain = TcpStream::connect(server.address()).await.expect("accepted");
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
    let mut answer = Vec::new();
    // The end may come as a reset.
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "no plain answer");
    assert!(certificate.ask(&server, "GET /healthz", "").await.1.ends_with("ok\n"));
}

#[test]
fn unusable_files_are_told_apart() {
    let (one, other) = (Certificate::new(), Certificate::new());
    let load = |certificate: std::path::PathBuf, key: std::path::PathBuf| Tls::load(&certificate, &key).expect_err("unusable");
    let missing = load(one.path("missing.pem"), one.path("key.pem"));
    assert!(matches!(&missing, TlsError::File { path, .. } if path.ends_with("missing.pem")), "{missing}");
    let swapped = load(one.path("key.pem"), one.path("cert.pem"));
    assert!(matches!(swapped, TlsError::NoCertificate { .. }), "{swapped}");
    let twice = load(one.path("cert.pem"), one.path("cert.pem"));
    assert!(matches!(twice, TlsError::NoKey { .. }), "{twice}");
    let strangers = load(one.path("cert.pem"), other.path("key.pem"));
    assert!(matches!(strangers, TlsError::Mismatch { .. }), "{strangers}");
    std::fs::write(one.path("cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("written");
    let nonsense = load(one.path("cert.pem"), one.path("key.pem"));
    assert!(matches!(nonsense, TlsError::Unusable(_)), "{nonsense}");
}

//! The OpenAPI document, and that each call answers as it says.

use std::collections::BTreeSet;

use perkoon_protocol::Role;
use perkoon_server::{Config, ConnectionPatience, RequestLimits};
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Server, generous, soon};

const SESSIONS: &str = "/api/v1/sessions";

async fn document(server: &Server) -> Value {
    let answer = server.get("/api/v1/openapi.json").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    answer.json().await.expect("JSON")
}

/// Each operation's name with each status that it says it answers with.
fn described(document: &Value) -> BTreeSet<(String, u16)> {
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.flat_map(|path| path.as_object().expect("operations").values());
    operations
        .flat_map(|operation| {
            let name = operation["operationId"].as_str().expect("a name");
            let statuses = operation["responses"].as_object().expect("responses").keys();
            statuses.map(move |status| (name.to_owned(), status.parse().expect("a status")))
        })
        .collect()
}

#[tokio::test]
async fn the_document_names_every_call_and_only_those() {
    let server = Server::start(generous()).await;
    let document = document(&server).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    let paths = document["paths"].as_object().expect("paths");
    let calls: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().expect("operations").keys().map(move |method| format!("{method} {path}")))
        .collect();
    let expected = [
        "delete /api/v1/sessions/{code}",
        "get /api/v1/sessions/{code}/status",
        "post /api/v1/sessions",
        "post /api/v1/sessions/{code}/join",
    ];
    assert_eq!(calls, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_problem_is_one() {
    let server = Server::start(generous()).await;
    let document = document(&server).await;
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().expect("an end");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for path in document["paths"].as_object().expect("paths").values() {
        for operation in path.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let problem = response["content"].get("application/problem+json").is_some();
                assert_eq!(problem, !status.starts_with('2'), "{status} of {}", operation["operationId"]);
                let waits = ["429", "503"].contains(&status.as_str());
                assert_eq!(response["headers"].get("Retry-After").is_some(), waits, "{status} of {}", operation["operationId"]);
            }
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["sender_key"]["scheme"], "bearer");
    let body = &document["paths"]["/api/v1/sessions"]["post"]["requestBody"];
    assert_eq!(body["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/CreateSession", "not null either");
    assert_ne!(body["required"], true);
    let created = &document["components"]["schemas"]["CreateSession"];
    assert_eq!(created["additionalProperties"], false);
    assert_eq!(
        (&created["properties"]["ttl_s"]["minimum"], &created["properties"]["ttl_s"]["maximum"]),
        (&60.into(), &604_800.into())
    );
}

/// What answers were seen, by the name of the operation.
struct Seen<'a> {
    document: &'a Value,
    answers: BTreeSet<(String, u16)>,
}

impl Seen<'_> {
    /// Notes the answer, which has to be one that the document describes, down to the content type.
    async fn note(&mut self, name: &str, request: RequestBuilder) {
        let answer: Response = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let paths = self.document["paths"].as_object().expect("paths").values();
        let mut operations = paths.flat_map(|path| path.as_object().expect("operations").values());
        let operation = operations.find(|operation| operation["operationId"] == name).expect("described");
        let response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "{name} answers with {status}, which is not described");
        let content_type = answer.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().expect("ASCII"));
        let described = response["content"].as_object().and_then(|content| content.keys().next()).map(String::as_str);
        assert_eq!(content_type, described, "{name} {status}");
        self.answers.insert((name.to_owned(), status));
    }
}

#[tokio::test]
async fn each_call_answers_as_described_and_everything_described_is_answered() {
    let server = Server::start(Config { session_ttl: 3600, ..generous() }).await;
    let document = document(&server).await;
    let mut seen = Seen { document: &document, answers: BTreeSet::new() };
    let request = |method: Method, path: &str, body: &str| server.http.request(method, server.url(path)).body(body.to_owned());
    let session = server.create().await;
    let own = format!("{SESSIONS}/{}", session.session_code);
    let nobodys = format!("{SESSIONS}/K7MX4QPR9W2N");
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(17 << 10));

    seen.note("createSession", request(Method::POST, SESSIONS, "")).await;
    seen.note("createSession", request(Method::POST, SESSIONS, "[]")).await;
    seen.note("createSession", request(Method::POST, SESSIONS, &large)).await;

    let join = |path: &str| format!("{path}/join");
    seen.note("joinSession", request(Method::POST, &join(&own), r#"{"role":"receiver"}"#)).await;
    seen.note("joinSession", request(Method::POST, &join(&own), r#"{"role":"both"}"#)).await;
    seen.note("joinSession", request(Method::POST, &join(&own), r#"{"role":"sender"}"#)).await;
    seen.note("joinSession", request(Method::POST, &join(&nobodys), r#"{"role":"receiver"}"#)).await;
    seen.note("joinSession", request(Method::POST, &join(&own), &large)).await;
    let (_receiver, _) = server.sit(&session, Role::Receiver).await;
    seen.note("joinSession", request(Method::POST, &join(&own), r#"{"role":"receiver"}"#)).await;

    let status = |path: &str| format!("{path}/status");
    seen.note("sessionStatus", request(Method::GET, &status(&own), "")).await;
    seen.note("sessionStatus", request(Method::GET, &status(&format!("{SESSIONS}/0")), "")).await;
    seen.note("sessionStatus", request(Method::GET, &status(&nobodys), "")).await;

    seen.note("closeSession", request(Method::DELETE, &format!("{SESSIONS}/0"), "")).await;
    seen.note("closeSession", request(Method::DELETE, &nobodys, "")).await;
    seen.note("closeSession", request(Method::DELETE, &own, "")).await;
    seen.note("closeSession", request(Method::DELETE, &own, "").bearer_auth(&session.sender_key)).await;

    expired(&mut seen).await;
    limited(&mut seen).await;
    let slow = described(&document).into_iter().filter(|(_, status)| *status == 408);
    for (name, status) in slow {
        assert_eq!(too_slow(&name).await, status, "{name}");
        seen.answers.insert((name, status));
    }
    // A store that is away is the one thing that does not happen here: the tests of several servers see to that.
    let here: BTreeSet<_> = described(&document).into_iter().filter(|(_, status)| *status != 503).collect();
    assert_eq!(seen.answers, here);
}

async fn expired(seen: &mut Seen<'_>) {
    let server = Server::start(Config { session_ttl: 1, ..generous() }).await;
    let session = server.create().await;
    let url = server.url(&format!("{SESSIONS}/{}/join", session.session_code));
    let join = || server.http.post(&url).body(r#"{"role":"receiver"}"#);
    soon(async { while join().send().await.expect("an answer").status() != 410 {} }).await;
    seen.note("joinSession", join()).await;
}

async fn limited(seen: &mut Seen<'_>) {
    let requests = RequestLimits { creates: 1, joins: 1, statuses: 1 };
    let server = Server::start(Config { requests, ..Config::default() }).await;
    let session = server.create().await;
    let own = format!("{SESSIONS}/{}", session.session_code);
    server.join(&session, Role::Receiver).await;
    server.status(session.session_code).await;
    seen.note("createSession", server.http.post(server.url(SESSIONS))).await;
    seen.note("joinSession", server.http.post(server.url(&format!("{own}/join"))).body(r#"{"role":"receiver"}"#)).await;
    seen.note("sessionStatus", server.http.get(server.url(&format!("{own}/status")))).await;
}

/// The status that a call gets whose body does not come.
async fn too_slow(operation: &str) -> u16 {
    let patience = ConnectionPatience { request: std::time::Duration::from_millis(50), ..ConnectionPatience::default() };
    let server = Server::start(Config { patience, ..generous() }).await;
    let (method, path) = match operation {
        "createSession" => ("POST", SESSIONS.to_owned()),
        "joinSession" => ("POST", format!("{SESSIONS}/K7MX4QPR9W2N/join")),
        other => panic!("{other} reads no body, and so is never too slow"),
    };
    let mut stream = TcpStream::connect(server.address()).await.expect("accepted");
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = vec![0; 12];
    soon(stream.read_exact(&mut answer)).await.expect("an answer");
    String::from_utf8_lossy(&answer)[9..].parse().expect("a status")
}

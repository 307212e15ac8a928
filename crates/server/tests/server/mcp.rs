//! The Model Context Protocol, as its clients speak it over HTTP, in both eras: with a handshake, and without.

use perkoon_protocol::rest::SessionState;
use perkoon_server::{Config, ConnectionPatience, RequestLimits};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Server, generous, problem, soon};

const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

fn post(server: &Server, version: &str, body: &Value) -> RequestBuilder {
    let request = server.http.post(server.url("/mcp")).json(body);
    request.header(header::ACCEPT, "application/json, text/event-stream").header("mcp-protocol-version", version)
}

/// One request, as each era has it: the newer one says with every request who asks.
async fn ask(server: &Server, version: &str, method: &str, mut params: Value) -> Value {
    let name = params.get("name").and_then(Value::as_str).map(str::to_owned);
    if version == NEW {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": NEW,
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = post(server, version, &body).header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{method}");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    answer.json().await.expect("JSON")
}

async fn call(server: &Server, version: &str, tool: &str, arguments: Value) -> Value {
    ask(server, version, "tools/call", json!({ "name": tool, "arguments": arguments })).await
}

fn told(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {answer}"))
}

#[tokio::test]
async fn a_handshake_says_who_answers_and_keeps_nothing() {
    let server = Server::start(generous()).await;
    let params = json!({ "protocolVersion": OLD, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let answer = post(&server, OLD, &body).send().await.expect("an answer");
    assert!(!answer.headers().contains_key("mcp-session-id"), "any server can answer the next request");
    let result = answer.json::<Value>().await.expect("JSON")["result"].take();
    assert_eq!(result["protocolVersion"], OLD);
    assert_eq!((&result["serverInfo"]["name"], &result["serverInfo"]["websiteUrl"]), (&json!("perkoon"), &json!(server.origin)));
    assert!(result["instructions"].as_str().expect("words").contains("create_session"));
    assert_eq!(result["capabilities"], json!({ "tools": {} }), "nothing is promised that is not there");
}

#[tokio::test]
async fn tools_say_what_they_take_and_answer() {
    let server = Server::start(generous()).await;
    for version in [OLD, NEW] {
        let answer = ask(&server, version, "tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().expect("tools");
        let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["check_session", "create_session", "describe"]);
        for tool in tools {
            assert!(tool["description"].as_str().is_some_and(|words| words.ends_with('.')), "{tool}");
            assert_eq!(
                (&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]),
                (&json!("object"), &json!("object")),
                "{tool}"
            );
            assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false), "{tool}");
        }
        assert_eq!(tools[0]["inputSchema"]["required"], json!(["session_code"]));
        assert_eq!(tools[1]["inputSchema"]["properties"]["ttl_s"]["maximum"], json!(604_800));
    }
}

#[tokio::test]
async fn a_session_made_by_an_agent_is_like_any_other() {
    let server = Server::start(generous()).await;
    for version in [OLD, NEW] {
        let arguments = json!({ "name": "report", "password_protected": true, "ttl_s": 600 });
        let answer = call(&server, version, "create_session", arguments).await;
        let session = &answer["result"]["structuredContent"];
        assert_eq!(serde_json::from_str::<Value>(told(&answer)).as_ref().ok(), Some(session), "the same for those who read text");
        let code = session["session_code"].as_str().expect("a code");
        assert_eq!(session["share_url"], json!(format!("{}/{code}", server.origin)));
        assert_eq!(
            session["sender_url"],
            json!(format!("{}/{code}#key={}", server.origin, session["sender_key"].as_str().expect("a key")))
        );
        assert!(session["next_steps"][0].as_str().is_some_and(|step| step.contains("#key=")), "{session}");

        let status = server.status(code.parse().expect("a code")).await;
        assert_eq!((status.status, status.password_protected), (SessionState::Waiting, true));
        let typed = format!("{}-{}", &code[..6].to_lowercase(), &code[6..]);
        let answer = call(&server, version, "check_session", json!({ "session_code": typed })).await;
        let checked = &answer["result"]["structuredContent"];
        assert_eq!(
            (&checked["session_code"], &checked["status"], &checked["participants"]),
            (&json!(code), &json!("waiting"), &json!(0))
        );
        assert_eq!(checked["expires_at"], session["expires_at"]);
    }
}

#[tokio::test]
async fn a_server_describes_itself() {
    let requests = RequestLimits { creates: 3, ..RequestLimits::default() };
    let server = Server::start(Config { requests, ..Config::default() }).await;
    let answer = call(&server, NEW, "describe", json!({})).await;
    let described = &answer["result"]["structuredContent"];
    assert_eq!(described["guide_url"], json!(format!("{}/llms.txt", server.origin)));
    assert_eq!(described["limits"], json!({ "new_sessions": 3, "joins": 30, "status_checks": 20 }));
}

#[tokio::test]
async fn what_fails_says_what_to_do() {
    let server = Server::start(generous()).await;
    for (tool, arguments, words) in [
        ("check_session", json!({ "session_code": "nonsense" }), ["12 letters and digits", "INVALID_CODE"]),
        ("check_session", json!({ "session_code": "K7MX4QPR9W2N" }), ["Ask the sender", "SESSION_NOT_FOUND"]),
        ("create_session", json!({ "ttl_s": 5 }), ["between 60 and 604800", "INVALID_REQUEST"]),
    ] {
        for version in [OLD, NEW] {
            let answer = call(&server, version, tool, arguments.clone()).await;
            assert_eq!(answer["result"]["isError"], json!(true), "{answer}");
            assert!(words.iter().all(|word| told(&answer).contains(word)), "{answer}");
        }
    }
    let answer = call(&server, OLD, "check_session", json!({ "code": "K7MX4QPR9W2N" })).await;
    assert_eq!(answer["result"]["isError"], json!(true), "{answer}");
    assert!(told(&answer).contains("session_code"), "{answer}");
}

#[tokio::test]
async fn budgets_are_those_of_the_address_whichever_way_it_asks() {
    let requests = RequestLimits { creates: 2, joins: 0, statuses: 1 };
    let server = Server::start(Config { requests, ..Config::default() }).await;
    let session = server.create().await;
    let code = json!({ "session_code": session.session_code });
    assert_eq!(call(&server, OLD, "create_session", json!({})).await["result"]["isError"], json!(false));
    assert_eq!(call(&server, OLD, "check_session", code.clone()).await["result"]["isError"], json!(false));
    for (tool, arguments) in [("create_session", json!({})), ("check_session", code)] {
        let answer = call(&server, NEW, tool, arguments).await;
        assert_eq!(answer["result"]["isError"], json!(true), "{answer}");
        assert!(told(&answer).contains("Try again in ") && told(&answer).contains("RATE_LIMITED"), "{answer}");
    }
    assert_eq!(server.post("/api/v1/sessions", "").await.status(), StatusCode::TOO_MANY_REQUESTS);
}

async fn listing(server: &Server, name: header::HeaderName, value: &str) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let mut request = post(server, OLD, &body).build().expect("a request");
    request.headers_mut().insert(name, value.parse().expect("a value"));
    server.http.execute(request).await.expect("an answer")
}

#[tokio::test]
async fn only_requests_for_this_server_and_from_friends_are_answered() {
    let public_url = Some("https://perkoon.example".to_owned());
    let allowed_origins = vec!["https://friends.example".to_owned()];
    let server = Server::start(Config { public_url, allowed_origins, ..generous() }).await;
    for (name, value, words) in [
        (header::HOST, "evil.example", "--public-url"),
        (header::HOST, "10.0.0.1:8787", "--public-url"),
        (header::ORIGIN, "https://evil.example", "--allowed-origin"),
        (header::ORIGIN, "null", "--allowed-origin"),
    ] {
        let problem = problem(listing(&server, name, value).await).await;
        assert!(problem.status == 403 && problem.detail.contains(words), "{value}: {}", problem.detail);
        assert!(!problem.detail.contains(value), "{}", problem.detail);
    }
    for (name, value) in [
        (header::HOST, "perkoon.example"),
        (header::HOST, "localhost:8787"),
        (header::ORIGIN, "https://perkoon.example"),
        (header::ORIGIN, "https://friends.example"),
        (header::ORIGIN, "http://localhost:6274"),
    ] {
        assert_eq!(listing(&server, name, value).await.status(), StatusCode::OK, "{value}");
    }
}

#[tokio::test]
async fn what_is_no_request_of_the_protocol_is_refused() {
    let server = Server::start(generous()).await;
    let get = server.http.get(server.url("/mcp")).header(header::ACCEPT, "text/event-stream").send().await.expect("an answer");
    assert_eq!(
        (get.status(), &get.headers()[header::ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().expect("a value"))
    );
    let delete = server.http.delete(server.url("/mcp")).send().await.expect("an answer");
    assert_eq!(delete.status(), StatusCode::METHOD_NOT_ALLOWED, "there are no sessions to end");
    let large =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": { "x": "x".repeat(65 << 10) } } });
    assert_eq!(post(&server, OLD, &large).send().await.expect("an answer").status(), StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = post(&server, "1999-01-01", &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(unknown.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    let text = server.http.post(server.url("/mcp")).header(header::ACCEPT, "application/json, text/event-stream").body("hello");
    assert_eq!(text.send().await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let patience = ConnectionPatience { request: std::time::Duration::from_millis(200), ..ConnectionPatience::default() };
    let server = Server::start(Config { patience, ..generous() }).await;
    let mut slow = TcpStream::connect(server.address()).await.expect("accepted");
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\naccept: application/json, text/event-stream\r\n\
                content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    // What else was sent is not read any more, so the end may come as a reset.
    let _ = soon(slow.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
}

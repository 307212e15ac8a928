//! A2A: the founding document's bodies to the letter, both versions, and everything that can be wrong.

use perkoon_protocol::{Role, rest::SessionState};
use perkoon_server::{Capacity, Config, RequestLimits};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::common::{Server, generous, soon};

/// The founding document's bodies, as they stand there.
const DESCRIBE: &str = r#"{
"jsonrpc": "2.0",
"method": "message/send",
"id": "1",
"params": {
"message": {
"parts": [{ "type": "data", "data": { "skill": "describe" } }]
}
}
}"#;
const SEND_FILES: &str = r#"{
"jsonrpc": "2.0",
"method": "message/send",
"id": "1",
"params": {
"message": {
"parts": [{
"type": "data",
"data": {
"skill": "send-files",
"name": "quarterly-report"
}
}]
}
}
}"#;
const RECEIVE_FILES: &str = r#"{
"jsonrpc": "2.0",
"method": "message/send",
"id": "1",
"params": {
"message": {
"parts": [{
"type": "data",
"data": {
"skill": "receive-files",
"session_code": "K7MX4QPR9W2N"
}
}]
}
}
}"#;
const SESSION_STATUS: &str = r#"{
"jsonrpc": "2.0",
"method": "message/send",
"id": "1",
"params": {
"message": {
"parts": [{
"type": "data",
"data": {
"skill": "session-status",
"session_code": "K7MX4QPR9W2N"
}
}]
}
}
}"#;

impl Server {
    /// Posts a request, in the version if one is named.
    async fn a2a(&self, version: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
        let request = self.http.post(self.url("/a2a")).body(body);
        let request = match version {
            Some(version) => request.header("a2a-version", version),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    /// The data in the answer to a body of the founding document.
    async fn asked(&self, body: &str) -> Value {
        let answer = envelope(self.a2a(None, body.to_owned()).await).await;
        assert_eq!(answer["id"], "1");
        let message = &answer["result"];
        assert_eq!((&message["kind"], &message["role"]), (&json!("message"), &json!("agent")), "{answer}");
        assert!(message["messageId"].is_string());
        assert_eq!(message["parts"][0]["kind"], "data");
        assert_eq!(message["parts"][1]["kind"], "text");
        message["parts"][0]["data"].clone()
    }

    /// Calls a method; the whole answer.
    async fn rpc(&self, version: Option<&str>, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = envelope(self.a2a(version, body.to_string()).await).await;
        assert_eq!(answer["id"], 7);
        answer
    }
}

/// The answer's body, after looking at what all answers have in common.
async fn envelope(answer: Response) -> Value {
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["jsonrpc"], "2.0");
    assert!(body.get("result").is_some() != body.get("error").is_some(), "{body}");
    body
}

fn ask(data: Value) -> Value {
    json!({ "message": { "parts": [{ "kind": "data", "data": data }] } })
}

fn ask_1_0(data: Value) -> Value {
    json!({ "message": { "messageId": "m", "role": "ROLE_USER", "parts": [{ "data": data }] } })
}

#[tokio::test]
async fn the_founding_documents_bodies_are_answered() {
    let server = Server::start(generous()).await;
    let described = server.asked(DESCRIBE).await;
    let skills: Vec<_> = described["skills"].as_array().expect("skills").iter().map(|skill| skill["id"].clone()).collect();
    assert_eq!(skills, ["describe", "send-files", "receive-files", "session-status"]);

    let made = server.asked(SEND_FILES).await;
    let code = made["session_code"].as_str().expect("a code").to_owned();
    let (share_url, key) = (format!("{}/{code}", server.origin), made["sender_key"].as_str().expect("a key").to_owned());
    assert_eq!((&made["share_url"], &made["receiver_url"]), (&json!(share_url), &json!(share_url)));
    assert_eq!(made["sender_url"], format!("{share_url}#key={key}"));
    let origin = &server.origin;
    let send = format!("perkoon send FILE --session {code} --sender-key {key} --json --timeout 1800 --server {origin}");
    assert_eq!(made["cli"]["send"], send);
    let receive = format!("perkoon receive {code} --json --overwrite --output ./received/ --server {origin}");
    assert_eq!(made["cli"]["receive"], receive);
    assert!(made["next_steps"].as_array().is_some_and(|steps| !steps.is_empty()));

    let received = server.asked(&RECEIVE_FILES.replace("K7MX4QPR9W2N", &code)).await;
    assert_eq!((&received["share_url"], &received["cli"]["receive"]), (&json!(share_url), &json!(receive)));
    assert_eq!(received["cli"].get("send"), None);
    let status = server.asked(&SESSION_STATUS.replace("K7MX4QPR9W2N", &code)).await;
    assert_eq!((&status["status"], &status["participants"]), (&json!("waiting"), &json!(0)));
    let status = server.get(status["status_url"].as_str().expect("a URL").trim_start_matches(origin)).await;
    assert_eq!(status.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_made_here_is_one_like_any_other() {
    let server = Server::start(generous()).await;
    let made =
        server.rpc(None, "message/send", ask(json!({ "skill": "send-files", "password_protected": true, "ttl_s": 60 }))).await;
    let session = serde_json::from_value(made["result"]["parts"][0]["data"].clone()).expect("a session, with more to it");
    let (mut sender, _) = server.sit(&session, Role::Sender).await;
    let (_receiver, _) = server.sit(&session, Role::Receiver).await;
    sender.hear().await;
    let status = server.status(session.session_code).await;
    assert_eq!((status.status, status.password_protected), (SessionState::Active, true));
    let asked = ask(json!({ "skill": "session-status", "session_code": session.session_code.grouped().to_lowercase() }));
    let answer = server.rpc(None, "message/send", asked).await;
    assert_eq!(answer["result"]["parts"][0]["data"]["status"], "active");
}

#[tokio::test]
async fn a_strict_message_of_0_3_is_answered() {
    let server = Server::start(generous()).await;
    let params = json!({
        "message": {
            "kind": "message", "role": "user", "messageId": "9229e770-767c-417b-a0b0-f0741243c589", "contextId": "conversation",
            "parts": [{ "kind": "text", "text": "Describe yourself." }, { "kind": "data", "data": { "skill": "describe" }, "metadata": {} }],
            "metadata": {},
        },
        "configuration": { "acceptedOutputModes": ["application/json"], "blocking": true, "historyLength": 0 },
        "metadata": {},
    });
    for version in [None, Some(""), Some("0.3"), Some("0.3.0")] {
        let message = server.rpc(version, "message/send", params.clone()).await["result"].clone();
        assert_eq!((&message["contextId"], &message["parts"][0]["data"]["skill"]), (&json!("conversation"), &json!("describe")));
        assert_eq!(message["parts"].as_array().map(Vec::len), Some(1), "only what the client takes");
    }
}

#[tokio::test]
async fn the_official_crates_types_of_1_0_are_spoken() {
    let server = Server::start(generous()).await;
    let data = json!({ "skill": "send-files", "clientCapabilities": { "shellAccess": true, "nodeJs": true } });
    let message = a2a::Message::new(a2a::Role::User, vec![a2a::Part::data(data)]);
    let request = json!({ "message": message });
    let answer = server.rpc(Some("1.0"), "SendMessage", request).await;
    let response: a2a::SendMessageResponse = serde_json::from_value(answer["result"].clone()).expect("a response");
    let a2a::SendMessageResponse::Message(message) = response else { panic!("{answer} is no message") };
    assert_eq!(message.role, a2a::Role::Agent);
    let Some(a2a::PartContent::Data(data)) = message.parts.first().map(|part| &part.content) else {
        panic!("no data in {answer}")
    };
    assert_eq!(data["recommended"], "cli");
    assert!(data["next_steps"][0].as_str().is_some_and(|step| step.contains("perkoon send FILE")));
    let listed = server.rpc(Some("1.0"), "ListTasks", json!({ "pageSize": 10 })).await;
    let listed: a2a::ListTasksResponse = serde_json::from_value(listed["result"].clone()).expect("a list");
    assert!(listed.tasks.is_empty() && listed.page_size == 10);
    let card = server.get("/.well-known/agent-card.json").await.text().await.expect("text");
    let card: a2a::AgentCard = serde_json::from_str(&card).expect("a card");
    assert_eq!(card.skills.len(), 4);
}

#[tokio::test]
async fn every_mistake_has_its_code() {
    let server = Server::start(generous()).await;
    let status = |code: &str| ask(json!({ "skill": "session-status", "session_code": code }));
    for (version, method, params, code, reason) in [
        (None, "message/send", json!({}), -32602, None),
        (None, "message/send", ask(json!({})), -32602, None),
        (None, "message/send", ask(json!({ "skill": "steal-files" })), -32602, None),
        (None, "message/send", ask(json!({ "skill": "receive-files" })), -32602, None),
        (None, "message/send", status("K7MX4QPR9W2"), -32602, Some("INVALID_CODE")),
        (None, "message/send", status("../../etc/pw"), -32602, Some("INVALID_CODE")),
        (None, "message/send", status("K7MX4QPR9W2N"), -32000, Some("SESSION_NOT_FOUND")),
        (None, "message/send", ask(json!({ "skill": "send-files", "ttl_s": 59 })), -32602, Some("INVALID_REQUEST")),
        (None, "message/send", ask(json!({ "skill": "send-files", "ttl_s": "day" })), -32602, None),
        (None, "message/send", ask(json!({ "skill": "send-files", "name": "é".repeat(101) })), -32602, Some("INVALID_REQUEST")),
        (None, "message/send", ask(json!({ "skill": "send-files", "name": 1 })), -32602, None),
        (None, "message/send", ask(json!({ "skill": "send-files", "clientCapabilities": "all" })), -32602, None),
        (None, "message/send", json!({ "message": { "taskId": "t", "parts": [] } }), -32001, Some("TASK_NOT_FOUND")),
        (
            None,
            "message/send",
            json!({ "message": { "parts": [{ "kind": "text", "text": "hi" }] } }),
            -32005,
            Some("CONTENT_TYPE_NOT_SUPPORTED"),
        ),
        (None, "message/stream", ask(json!({ "skill": "describe" })), -32004, Some("UNSUPPORTED_OPERATION")),
        (None, "tasks/get", json!({ "id": "t" }), -32001, Some("TASK_NOT_FOUND")),
        (None, "tasks/get", json!({}), -32602, None),
        (None, "tasks/cancel", json!({ "id": "t" }), -32001, Some("TASK_NOT_FOUND")),
        (None, "tasks/resubscribe", json!({ "id": "t" }), -32004, Some("UNSUPPORTED_OPERATION")),
        (None, "tasks/pushNotificationConfig/set", json!({}), -32003, Some("PUSH_NOTIFICATION_NOT_SUPPORTED")),
        (None, "agent/getAuthenticatedExtendedCard", json!({}), -32007, Some("EXTENDED_AGENT_CARD_NOT_CONFIGURED")),
        (None, "tasks/list", json!({}), -32601, None),
        (None, "message/sing", json!({}), -32601, None),
        (None, "SendMessage", ask_1_0(json!({ "skill": "describe" })), -32601, None),
        (Some("1.0"), "message/send", ask(json!({ "skill": "describe" })), -32601, None),
        (Some("1.0"), "SendMessage", ask(json!({ "skill": "describe" })), -32602, None),
        (Some("1.0"), "SendMessage", ask_1_0(json!({ "skill": "nothing" })), -32602, None),
        (Some("1.0"), "SendStreamingMessage", ask_1_0(json!({})), -32004, Some("UNSUPPORTED_OPERATION")),
        (Some("1.0"), "SubscribeToTask", json!({ "id": "t" }), -32004, Some("UNSUPPORTED_OPERATION")),
        (Some("1.0"), "GetTask", json!({ "id": "t" }), -32001, Some("TASK_NOT_FOUND")),
        (Some("1.0"), "CancelTask", json!({ "id": "t" }), -32001, Some("TASK_NOT_FOUND")),
        (Some("1.0"), "ListTasks", json!({ "pageSize": 101 }), -32602, None),
        (Some("1.0"), "CreateTaskPushNotificationConfig", json!({}), -32003, Some("PUSH_NOTIFICATION_NOT_SUPPORTED")),
        (Some("1.0"), "GetExtendedAgentCard", json!({}), -32004, Some("UNSUPPORTED_OPERATION")),
        (Some("2.0"), "SendMessage", ask_1_0(json!({ "skill": "describe" })), -32009, Some("VERSION_NOT_SUPPORTED")),
        (Some("0.2"), "message/send", ask(json!({ "skill": "describe" })), -32009, Some("VERSION_NOT_SUPPORTED")),
    ] {
        let error = server.rpc(version, method, params.clone()).await["error"].clone();
        assert_eq!(error["code"], code, "{method} {params}: {error}");
        assert_eq!(error["data"][0]["reason"].as_str(), reason, "{method} {params}: {error}");
        assert!(error["message"].as_str().is_some_and(|sentence| sentence.ends_with('.')), "{error}");
    }
}

#[tokio::test]
async fn an_expired_session_takes_no_receiver_in() {
    let server = Server::start(Config { session_ttl: 1, ..generous() }).await;
    let session = server.create().await;
    soon(async { while server.status(session.session_code).await.status != SessionState::Expired {} }).await;
    let asked = |skill: &str| ask(json!({ "skill": skill, "session_code": session.session_code }));
    let error = server.rpc(None, "message/send", asked("receive-files")).await["error"].clone();
    assert_eq!((&error["code"], &error["data"][0]["reason"]), (&json!(-32000), &json!("SESSION_EXPIRED")));
    let answer = server.rpc(None, "message/send", asked("session-status")).await;
    assert_eq!(answer["result"]["parts"][0]["data"]["status"], "expired");
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    let server = Server::start(generous()).await;
    for (body, id, code) in [
        ("{", json!(null), -32700),
        ("\u{0}", json!(null), -32700),
        ("[]", json!(null), -32600),
        (&format!("[{DESCRIBE}]"), json!(null), -32600),
        (r#"{"jsonrpc":"2.0","method":"message/send"}"#, json!(null), -32600),
        (r#"{"jsonrpc":"2.0","id":3,"method":"message/send","params":"all"}"#, json!(3), -32602),
    ] {
        let answer = server.a2a(None, body.to_owned()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer = envelope(answer).await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{body:.40}");
    }
    let large = server.a2a(None, "x".repeat(17 << 10)).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(envelope(large).await["error"]["code"], -32600);
    for (path, allowed) in [("/a2a", "POST"), ("/.well-known/agent-card.json", "GET,HEAD")] {
        let answer = server.http.put(server.url(path)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()[header::ALLOW], allowed, "{path}");
    }
}

#[tokio::test]
async fn every_call_counts_as_a_new_session() {
    let requests = RequestLimits { creates: 2, ..RequestLimits::default() };
    let server = Server::start(Config { requests, ..Config::default() }).await;
    server.create().await;
    server.asked(DESCRIBE).await;
    let refused = server.a2a(None, SEND_FILES).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = refused.headers()[header::RETRY_AFTER].to_str().expect("ASCII").to_owned();
    let error = envelope(refused).await["error"].clone();
    assert_eq!((&error["code"], &error["data"][0]["reason"]), (&json!(-32000), &json!("RATE_LIMITED")));
    assert_eq!(error["data"][0]["metadata"]["retry_after"], wait);
    assert_eq!(error["data"][1]["retryDelay"], format!("{wait}s"));
    assert_eq!(server.post("/api/v1/sessions", "").await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_full_server_says_so() {
    let capacity = Capacity { rooms: 1, ..Capacity::default() };
    let server = Server::start(Config { capacity, ..generous() }).await;
    server.create().await;
    let refused = server.a2a(None, SEND_FILES).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let error = envelope(refused).await["error"].clone();
    assert!(error["message"].as_str().is_some_and(|sentence| sentence.contains("full")), "{error}");
}

#[tokio::test]
async fn the_card_is_true_for_both_versions() {
    let server = Server::start(Config { public_url: Some("https://perkoon.example/".into()), ..generous() }).await;
    let answer = server.get("/.well-known/agent-card.json").await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=300");
    let tag = answer.headers()[header::ETAG].clone();
    let card: Value = answer.json().await.expect("JSON");
    let former: Value = server.get("/.well-known/agent.json").await.json().await.expect("JSON");
    assert_eq!(card, former);
    let url = "https://perkoon.example/a2a";
    assert_eq!(
        (&card["url"], &card["protocolVersion"], &card["preferredTransport"]),
        (&json!(url), &json!("0.3.0"), &json!("JSONRPC"))
    );
    let interface = |version: &str| json!({ "url": url, "protocolBinding": "JSONRPC", "protocolVersion": version });
    assert_eq!(card["supportedInterfaces"], json!([interface("1.0"), interface("0.3")]));
    assert!(card["capabilities"].as_object().is_some_and(|all| all.values().all(|one| one == false)), "nothing is promised");
    for skill in card["skills"].as_array().expect("skills") {
        let example: Value = serde_json::from_str(skill["examples"][0].as_str().expect("an example")).expect("JSON");
        assert_eq!(example["skill"], skill["id"]);
        let answer = server.rpc(None, "message/send", ask(example)).await;
        assert_ne!(answer["error"]["code"], -32602, "the example is in order");
    }
    let again = server.http.get(server.url("/.well-known/agent-card.json")).header(header::IF_NONE_MATCH, tag);
    assert_eq!(again.send().await.expect("an answer").status(), StatusCode::NOT_MODIFIED);
}

//! Pages on another host than the server's.

use perkoon_protocol::Role;
use perkoon_server::{Config, RequestLimits};
use reqwest::{Method, Response, StatusCode, header};

use crate::common::{Server, generous};

const PAGES: &str = "https://me.example/some/dir";
const THEIR_ORIGIN: &str = "https://me.example";
const FRIENDS: &str = "https://friends.example";

async fn server() -> Server {
    let allowed_origins = vec![FRIENDS.to_owned()];
    let server_url = Some("https://api.example".to_owned());
    Server::start(Config { public_url: Some(PAGES.to_owned()), server_url, allowed_origins, ..generous() }).await
}

/// A call as a page of `origin` makes it.
async fn call(server: &Server, method: Method, path: &str, origin: &str) -> Response {
    let request = server.http.request(method, server.url(path)).header(header::ORIGIN, origin);
    request.send().await.expect("an answer")
}

/// What a browser asks before the call itself.
async fn ask(server: &Server, path: &str, origin: &str) -> Response {
    let request = server.http.request(Method::OPTIONS, server.url(path)).header(header::ORIGIN, origin);
    let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type").send().await.expect("an answer")
}

fn readers(answer: &Response) -> Option<&str> {
    answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|value| value.to_str().expect("ASCII"))
}

/// Whether one of the header's values has the word.
fn names(answer: &Response, name: header::HeaderName, word: &str) -> bool {
    let values = answer.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|named| named.trim().eq_ignore_ascii_case(word))
}

#[tokio::test]
async fn links_lead_to_the_pages_wherever_they_are() {
    let session = server().await.create().await;
    assert_eq!(session.share_url, format!("{PAGES}/{}", session.session_code));
    assert_eq!(session.sender_url, format!("{PAGES}/{}#key={}", session.session_code, session.sender_key));
}

#[tokio::test]
async fn pages_that_are_allowed_use_the_interface() {
    let server = server().await;
    for origin in [THEIR_ORIGIN, FRIENDS, "https://api.example"] {
        let asked = ask(&server, "/api/v1/sessions", origin).await;
        assert_eq!(asked.status(), StatusCode::OK, "{origin}");
        assert_eq!(readers(&asked), Some(origin));
        assert!(names(&asked, header::ACCESS_CONTROL_ALLOW_METHODS, "POST"));
        assert!(names(&asked, header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"));

        let answer = call(&server, Method::POST, "/api/v1/sessions", origin).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert_eq!(readers(&answer), Some(origin));
        assert!(names(&answer, header::VARY, "origin"), "a cache must not give it to another page");
        for answer in [asked, answer] {
            assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{origin}");
        }
    }
}

#[tokio::test]
async fn pages_of_others_read_nothing() {
    let server = server().await;
    let own = server.origin.clone();
    for origin in ["https://evil.example", "http://me.example", "https://me.example.evil.example", "null", &own] {
        assert_eq!(readers(&ask(&server, "/api/v1/sessions", origin).await), None, "{origin}");
        assert_eq!(readers(&call(&server, Method::POST, "/api/v1/sessions", origin).await), None, "{origin}");
    }
}

#[tokio::test]
async fn nothing_but_the_interface_is_shared() {
    let server = server().await;
    for path in ["/", "/healthz", "/socket", "/llms.txt", "/apix", "/a2a", "/mcp"] {
        assert_eq!(readers(&call(&server, Method::GET, path, THEIR_ORIGIN).await), None, "{path}");
        assert_eq!(readers(&ask(&server, path, THEIR_ORIGIN).await), None, "{path}");
    }
}

/// What a page cannot read it cannot explain.
#[tokio::test]
async fn refusals_can_be_read_too_and_say_how_long_to_wait() {
    let requests = RequestLimits { creates: 1, joins: 0, statuses: 0 };
    let server = Server::start(Config { requests, public_url: Some(PAGES.to_owned()), ..Config::default() }).await;
    let missing = call(&server, Method::GET, "/api/v1/sessions/K7MX4QPR9W2N/status", THEIR_ORIGIN).await;
    assert_eq!((missing.status(), readers(&missing)), (StatusCode::NOT_FOUND, Some(THEIR_ORIGIN)));
    let no_call = call(&server, Method::GET, "/api/v1/nothing", THEIR_ORIGIN).await;
    assert_eq!((no_call.status(), readers(&no_call)), (StatusCode::NOT_FOUND, Some(THEIR_ORIGIN)));
    server.create().await;
    let limited = call(&server, Method::POST, "/api/v1/sessions", THEIR_ORIGIN).await;
    assert_eq!((limited.status(), readers(&limited)), (StatusCode::TOO_MANY_REQUESTS, Some(THEIR_ORIGIN)));
    assert!(limited.headers().contains_key(header::RETRY_AFTER));
    assert!(names(&limited, header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after"));
}

#[tokio::test]
async fn asking_first_costs_nothing() {
    let requests = RequestLimits { creates: 1, joins: 0, statuses: 0 };
    let server = Server::start(Config { requests, public_url: Some(PAGES.to_owned()), ..Config::default() }).await;
    for _ in 0..3 {
        assert_eq!(ask(&server, "/api/v1/sessions", THEIR_ORIGIN).await.status(), StatusCode::OK);
    }
    let session = server.create().await;
    assert_eq!(server.try_join(&session, Role::Receiver).await.status(), StatusCode::OK);
}

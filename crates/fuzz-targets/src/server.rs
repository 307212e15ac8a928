//! What clients send to the server.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use perkoon_protocol::SessionCode;
use perkoon_protocol::rest::Problem;
use perkoon_server::{AppState, Config, RequestLimits, app};
use tower::ServiceExt;

/// A folder to serve; what lies beside it must never be served.
const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");

/// What only files outside that folder contain.
const OUTSIDE: [&[u8]; 2] = [b"[package]", b"root:x:"];

/// No answer here is longer.
const ANSWER_BYTES: usize = 1 << 20;

/// What a socket's first message shows.
pub fn token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        perkoon_server::fuzzing::token(text);
    }
}

/// What a sender joins with: a session code, a space and the key.
pub fn sender_key(data: &[u8]) {
    let Some((code, key)) = std::str::from_utf8(data).ok().and_then(|text| text.split_once(' ')) else { return };
    if let Ok(code) = code.parse::<SessionCode>() {
        perkoon_server::fuzzing::sender_key(code, key);
    }
}

/// A request to a fresh server, written as HTTP writes it: method and path, header lines, an empty line, the body. It is answered, without an
/// error of the server's own and with nothing that is not meant to be served.
pub fn server_request(data: &[u8]) {
    let Some(request) = parse(data) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let requests = RequestLimits { creates: 1, joins: 1, statuses: 1 };
        let config = Config { assets: Some(ASSETS.into()), trusted_proxies: 1, requests, ..Config::default() };
        let answer = app(AppState::new(config)).oneshot(request).await.expect("the service cannot fail");
        check(answer).await;
    });
}

fn parse(data: &[u8]) -> Option<Request<Body>> {
    let (first, mut rest) = line(data)?;
    let mut words = first.split(|byte| *byte == b' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    while let Some((header, more)) = line(rest) {
        rest = more;
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|byte| *byte == b':')?;
        request = request.header(&header[..colon], header[colon + 1..].trim_ascii());
    }
    request.body(Body::from(rest.to_vec())).ok()
}

/// The first line without its end, and what comes after it.
fn line(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    Some((&data[..end], &data[end + 1..]))
}

async fn check(answer: Response<Body>) {
    let status = answer.status();
    assert!(!status.is_server_error(), "{status}");
    let is_problem = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    let body = to_bytes(answer.into_body(), ANSWER_BYTES).await.expect("a short answer");
    for secret in OUTSIDE {
        assert!(!body.windows(secret.len()).any(|window| window == secret), "a file from outside the folder");
    }
    if is_problem && !body.is_empty() {
        let problem: Problem = serde_json::from_slice(&body).expect("a problem");
        assert_eq!(problem.status, status.as_u16());
    }
}

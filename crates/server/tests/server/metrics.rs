//! What operators can count: it moves as things happen, and names nobody.

use perkoon_protocol::{Role, signal::ReportState};
use perkoon_server::{Capacity, Config, Ice, Listeners, MetricsAccess, RequestLimits, Secret, Turn};
use reqwest::{Response, StatusCode, header};
use tokio::net::TcpListener;

use crate::common::{Server, generous, problem, soon};

async fn text(server: &Server) -> String {
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    answer.text().await.expect("text")
}

fn value(text: &str, row: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {row} in\n{text}")).parse().expect("a number")
}

/// Waits until a row has the number: some are counted once a second, some when a task comes to it.
async fn reaches(server: &Server, row: &str, number: f64) {
    soon(async {
        loop {
            let text = text(server).await;
            if text.lines().any(|line| line.strip_prefix(row).is_some_and(|rest| rest == format!(" {number}"))) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn numbers_move_as_things_happen() {
    let turn = Turn {
        urls: vec!["turn:turn.example".parse().expect("a URL")],
        secret: Secret::from_text("an operator's secret, long enough").expect("long enough"),
        ttl: None,
    };
    let server = Server::start(Config { ice: Ice { stun: Vec::new(), turn: Some(turn) }, ..generous() }).await;
    let before = text(&server).await;
    for row in ["perkoon_sessions_created_total", "perkoon_sockets_open", "perkoon_joins_total{role=\"sender\"}"] {
        assert_eq!(value(&before, row), 0.0, "{row}");
    }
    let mut pair = server.pair().await;
    server.create().await;
    pair.sender.signal(&pair.receiver_id, &"x".repeat(1000)).await;
    pair.receiver.hear().await;
    pair.receiver.report(ReportState::Complete).await;
    pair.receiver.signal(&pair.sender_id, "after the report").await;
    pair.sender.hear().await;
    let after = text(&server).await;
    for (row, number) in [
        ("perkoon_sessions_created_total", 2.0),
        ("perkoon_joins_total{role=\"sender\"}", 1.0),
        ("perkoon_joins_total{role=\"receiver\"}", 1.0),
        ("perkoon_turn_credentials_total", 2.0),
        ("perkoon_sockets_opened_total", 2.0),
        ("perkoon_sockets_open", 2.0),
        ("perkoon_transfers_total{state=\"complete\"}", 1.0),
        ("perkoon_signalling_messages_total{direction=\"in\"}", 5.0),
        ("perkoon_http_requests_total{route=\"/api/v1/sessions\",method=\"POST\",status=\"201\"}", 2.0),
        ("perkoon_http_request_duration_seconds_count{route=\"/api/v1/sessions/{code}/join\"}", 2.0),
        ("perkoon_queued_bytes", 0.0),
        ("perkoon_draining", 0.0),
    ] {
        assert_eq!(value(&after, row), number, "{row}");
    }
    assert!(value(&after, "perkoon_signalling_bytes_total{direction=\"out\"}") > 1000.0, "{after}");
    assert!(value(&after, "perkoon_connections_open") >= 2.0, "{after}");
    reaches(&server, "perkoon_sessions{state=\"complete\"}", 1.0).await;
    reaches(&server, "perkoon_sessions{state=\"waiting\"}", 1.0).await;
    drop(pair.receiver);
    reaches(&server, "perkoon_sockets_closed_total{reason=\"gone\"}", 1.0).await;
    reaches(&server, "perkoon_sockets_open", 1.0).await;
}

#[tokio::test]
async fn what_is_refused_is_counted_by_the_limit_it_met() {
    let requests = RequestLimits { creates: 1, joins: 1, statuses: 1 };
    let capacity = Capacity { sockets: 1, ..Capacity::default() };
    let server = Server::start(Config { requests, capacity, ..Config::default() }).await;
    let session = server.create().await;
    let status = format!("/api/v1/sessions/{}/status", session.session_code);
    for _ in 0..2 {
        server.post("/api/v1/sessions", "").await;
        server.try_join(&session, Role::Sender).await;
        server.get(&status).await;
    }
    let _socket = server.socket().await;
    let url = server.url("/socket").replace("http", "ws");
    tokio_tungstenite::connect_async(&url).await.expect_err("one is enough");
    let text = text(&server).await;
    for (reason, number) in
        [("creates", 2.0), ("joins", 1.0), ("statuses", 1.0), ("sockets", 1.0), ("sessions", 0.0), ("origin", 0.0)]
    {
        assert_eq!(value(&text, &format!("perkoon_refusals_total{{reason=\"{reason}\"}}")), number, "{reason}");
    }
}

#[tokio::test]
async fn no_code_key_token_name_or_address_is_in_them_and_rows_do_not_multiply() {
    let server = Server::start(Config { trusted_proxies: 1, ..generous() }).await;
    let pair = server.pair().await;
    let code = pair.session.session_code;
    let rows = async |server: &Server| text(server).await.lines().count();
    for path in [format!("/{code}"), format!("/api/v1/sessions/{code}/private"), "/private-file.txt".to_owned()] {
        server.get(&path).await;
    }
    // The first reading is itself a row of the second.
    rows(&server).await;
    let before = rows(&server).await;
    for number in 0..50 {
        let request = server.http.get(server.url(&format!("/private-{number}?private={number}")));
        let request = request.header("x-forwarded-for", format!("203.0.113.{number}")).header("user-agent", "private");
        request.send().await.expect("an answer");
    }
    let text = text(&server).await;
    assert_eq!(text.lines().count(), before);
    let address = server.address().to_owned();
    for secret in [code.as_str(), &pair.session.sender_key, &pair.sender_id, &pair.receiver_id, "private", "203.0.113", &address]
    {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
}

/// Asks as a proxy on this machine does, which passes on for whom.
async fn through_a_proxy(server: &Server) -> Response {
    server.http.get(server.url("/metrics")).header("x-forwarded-for", "203.0.113.7").send().await.expect("an answer")
}

#[tokio::test]
async fn they_are_for_this_machine_unless_the_operator_says_otherwise() {
    let server = Server::start(generous()).await;
    assert_eq!(server.get("/metrics").await.status(), StatusCode::OK);
    let refused = problem(through_a_proxy(&server).await).await;
    assert!(refused.status == 403 && refused.detail.contains("--metrics"), "{}", refused.detail);

    let open = Server::start(Config { metrics: MetricsAccess::All, ..generous() }).await;
    assert_eq!(through_a_proxy(&open).await.status(), StatusCode::OK);

    let closed = Server::start(Config { metrics: MetricsAccess::Off, ..generous() }).await;
    assert_eq!(problem(closed.get("/metrics").await).await.status, 404);
}

#[tokio::test]
async fn they_can_have_an_address_of_their_own_where_nothing_else_is() {
    let [main, operations] =
        [TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await].map(|it| it.expect("free"));
    let [pages, numbers] = [&main, &operations].map(|it| format!("http://{}", it.local_addr().expect("an address")));
    let config = Config { metrics: MetricsAccess::Off, ..generous() };
    let listeners = Listeners { main, operations: Some(operations) };
    let running = tokio::spawn(perkoon_server::serve(listeners, config, std::future::pending(), std::future::pending()));
    let status = async |url: String| reqwest::get(url).await.expect("an answer").status();
    assert_eq!(status(format!("{pages}/metrics")).await, StatusCode::NOT_FOUND);
    for path in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(status(format!("{numbers}{path}")).await, StatusCode::OK, "{path}");
    }
    for path in ["/", "/api/v1/sessions/K7MX4QPR9W2N/status", "/socket", "/mcp"] {
        assert_eq!(status(format!("{numbers}{path}")).await, StatusCode::NOT_FOUND, "{path}");
    }
    running.abort();
}

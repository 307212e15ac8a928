//! What an operator can count: how many and how fast, never who or which. No label holds what a client has chosen, so that the text
//! stays as long as it is and tells nothing of anybody.

mod access;
mod labels;
mod page;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use perkoon_protocol::{Role, signal::ReportState};
use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

pub use self::access::MetricsAccess;
use self::labels::{Answer, Route, Row};
pub(crate) use self::{
    labels::{Refused, Way},
    page::{for_everybody, for_operations},
};
use crate::rooms::Census;

/// Every name begins with it.
const PREFIX: &str = "perkoon";

/// Seconds, from an answer out of memory to the longest that a request may take.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What is true of a server at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    /// Signalling sockets that are open.
    pub sockets: usize,
    /// Connections that are open, those of sockets included.
    pub connections: usize,
    /// Bytes of messages that wait for slow readers.
    pub queued_bytes: usize,
    /// Whether the server is about to stop.
    pub draining: bool,
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    sessions_created: Counter,
    sessions: Family<Row, Gauge>,
    joins: Family<Row, Counter>,
    turn_credentials: Counter,
    sockets_opened: Counter,
    sockets_closed: Family<Row, Counter>,
    sockets_open: Gauge,
    connections_open: Gauge,
    messages: Family<Row, Counter>,
    message_bytes: Family<Row, Counter>,
    queued_bytes: Gauge,
    reports: Family<Row, Counter>,
    refusals: Family<Row, Counter>,
    requests: Family<Answer, Counter>,
    request_seconds: Family<Route, Histogram>,
    draining: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            sessions_created: Counter::default(),
            sessions: Family::default(),
            joins: Family::default(),
            turn_credentials: Counter::default(),
            sockets_opened: Counter::default(),
            sockets_closed: Family::default(),
            sockets_open: Gauge::default(),
            connections_open: Gauge::default(),
            messages: Family::default(),
            message_bytes: Family::default(),
            queued_bytes: Gauge::default(),
            reports: Family::default(),
            refusals: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            draining: Gauge::default(),
        };
        metrics.registered()
    }

    /// Names everything. What can be known before it happens is there from the start, with a zero: an alarm on a number that is not
    /// there yet never rings.
    fn registered(mut self) -> Self {
        self.begin_at_zero();
        let registry = &mut self.registry;
        registry.register("build", "Which program this is", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("sessions_created", "Sessions made", self.sessions_created.clone());
        registry.register("sessions", "Sessions in memory by what they do, a second ago at most", self.sessions.clone());
        registry.register("joins", "Joins granted", self.joins.clone());
        registry.register("turn_credentials", "TURN credentials given out", self.turn_credentials.clone());
        registry.register("sockets_opened", "Signalling sockets opened", self.sockets_opened.clone());
        registry.register("sockets_closed", "Signalling sockets closed, by why", self.sockets_closed.clone());
        registry.register("sockets_open", "Signalling sockets open", self.sockets_open.clone());
        registry.register("connections_open", "Connections open, those of sockets included", self.connections_open.clone());
        registry.register("signalling_messages", "Signalling messages received and sent", self.messages.clone());
        registry.register("signalling_bytes", "Bytes of those messages", self.message_bytes.clone());
        registry.register("queued_bytes", "Bytes of messages that wait for slow readers", self.queued_bytes.clone());
        registry.register("transfers", "What receivers say of their transfers", self.reports.clone());
        registry.register("refusals", "What was refused, by the limit or rule that was met", self.refusals.clone());
        registry.register("http_requests", "HTTP requests answered", self.requests.clone());
        registry.register("http_request_duration_seconds", "Time until an answer began", self.request_seconds.clone());
        registry.register("draining", "1 once the server has been asked to stop", self.draining.clone());
        self
    }

    fn begin_at_zero(&self) {
        self.took_census(&Census::default());
        for role in Role::ALL {
            drop(self.joins.get_or_create(&[("role", role.as_str())]));
        }
        for way in Way::ALL {
            drop(self.messages.get_or_create(&way.row()));
            drop(self.message_bytes.get_or_create(&way.row()));
        }
        for state in ReportState::ALL {
            drop(self.reports.get_or_create(&[("state", state.as_str())]));
        }
        for refused in Refused::ALL {
            drop(self.refusals.get_or_create(&refused.row()));
        }
    }

    pub(crate) fn session_created(&self) {
        self.sessions_created.inc();
    }

    /// How many sessions there are, once a second.
    pub(crate) fn took_census(&self, census: &Census) {
        for (state, number) in census.by_state() {
            self.sessions.get_or_create(&[("state", state)]).set(whole(number));
        }
    }

    /// Someone may come in, with or without credentials for a TURN server.
    pub(crate) fn joined(&self, role: Role, with_turn: bool) {
        self.joins.get_or_create(&[("role", role.as_str())]).inc();
        if with_turn {
            self.turn_credentials.inc();
        }
    }

    pub(crate) fn socket_opened(&self) {
        self.sockets_opened.inc();
    }

    pub(crate) fn socket_closed(&self, reason: &'static str) {
        self.sockets_closed.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn signalled(&self, way: Way, bytes: usize) {
        self.messages.get_or_create(&way.row()).inc();
        self.message_bytes.get_or_create(&way.row()).inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    pub(crate) fn reported(&self, state: ReportState) {
        self.reports.get_or_create(&[("state", state.as_str())]).inc();
    }

    pub(crate) fn refused(&self, refused: Refused) {
        self.refusals.get_or_create(&refused.row()).inc();
    }

    /// An answer began. The route is the router's pattern for it, which holds none of the request's own words.
    pub(crate) fn answered(&self, route: &str, method: &Method, status: StatusCode, elapsed: Duration) {
        let answer = Answer { route: route.to_owned(), method: labels::method(method), status: status.as_u16() };
        self.requests.get_or_create(&answer).inc();
        self.request_seconds.get_or_create(&Route { route: answer.route }).observe(elapsed.as_secs_f64());
    }

    /// Everything as Prometheus reads it.
    pub(crate) fn text(&self, levels: Levels) -> String {
        self.sockets_open.set(whole(levels.sockets));
        self.connections_open.set(whole(levels.connections));
        self.queued_bytes.set(whole(levels.queued_bytes));
        self.draining.set(i64::from(levels.draining));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Levels = Levels { sockets: 0, connections: 0, queued_bytes: 0, draining: false };

    #[test]
    fn what_can_be_known_is_there_before_it_happens() {
        let text = Metrics::new().text(QUIET);
        for line in [
            concat!("perkoon_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "perkoon_sessions_created_total 0",
            "perkoon_sessions{state=\"waiting\"} 0",
            "perkoon_sessions{state=\"expired\"} 0",
            "perkoon_joins_total{role=\"sender\"} 0",
            "perkoon_transfers_total{state=\"complete\"} 0",
            "perkoon_refusals_total{reason=\"creates\"} 0",
            "perkoon_signalling_bytes_total{direction=\"in\"} 0",
            "perkoon_draining 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn methods_that_nobody_knows_make_no_rows_of_their_own() {
        let metrics = Metrics::new();
        for name in ["GET", "SPAM", "EGGS"] {
            let method = Method::from_bytes(name.as_bytes()).expect("a method");
            metrics.answered("static", &method, StatusCode::OK, Duration::from_millis(3));
        }
        let text = metrics.text(QUIET);
        let row = |method: &str| format!("perkoon_http_requests_total{{route=\"static\",method=\"{method}\",status=\"200\"}}");
        assert!(text.contains(&format!("{} 1", row("GET"))), "{text}");
        assert!(text.contains(&format!("{} 2", row("other"))), "{text}");
        assert!(text.contains("perkoon_http_request_duration_seconds_count{route=\"static\"} 3"), "{text}");
    }

    #[test]
    fn levels_are_those_of_the_moment() {
        let metrics = Metrics::new();
        let busy = metrics.text(Levels { sockets: 3, connections: 5, queued_bytes: 7, draining: true });
        for line in ["perkoon_sockets_open 3", "perkoon_connections_open 5", "perkoon_queued_bytes 7", "perkoon_draining 1"] {
            assert!(busy.lines().any(|found| found == line), "{line} in\n{busy}");
        }
        assert!(metrics.text(QUIET).contains("perkoon_sockets_open 0"));
    }
}

//! Who may read the metrics where everybody is served. They hold nothing of anybody, but whoever runs a server may not want to tell the
//! world how many people use it.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::host;

/// Who may read `/metrics` on the listener that pages and sessions have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Programs on this machine, asking directly: what comes through a proxy is from anywhere.
    #[default]
    Local,
    /// Everybody.
    All,
    /// Nobody.
    Off,
}

/// What proxies add, one or the other of them.
const PASSED_ON: [&str; 6] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

impl MetricsAccess {
    /// Whether a request from this address may read them. Where the address is not known it may not be this machine's.
    pub(super) fn admits(self, from: Option<IpAddr>, headers: &HeaderMap) -> bool {
        match self {
            Self::Local => from.is_some_and(|from| from.to_canonical().is_loopback()) && is_direct(headers),
            Self::All => true,
            Self::Off => false,
        }
    }
}

/// A page that a browser on this machine shows asks for the page's host, a proxy mostly for that of the public.
fn is_direct(headers: &HeaderMap) -> bool {
    let local = host::asked(headers).is_some_and(|host| host::is_this_machine(&host));
    local && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, header};

    use super::*;

    fn headers(host: &str, more: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a value"));
        if let Some(name) = more {
            headers.insert(HeaderName::from_static(name), "203.0.113.9".parse().expect("a value"));
        }
        headers
    }

    fn local(from: &str, host: &str, more: Option<&'static str>) -> bool {
        MetricsAccess::Local.admits(from.parse().ok(), &headers(host, more))
    }

    #[test]
    fn programs_on_this_machine_may_read_them() {
        assert!(local("127.0.0.1", "127.0.0.1:8787", None));
        assert!(local("::1", "localhost", None));
        assert!(local("::ffff:127.0.0.1", "[::1]:8787", None));
    }

    #[test]
    fn others_and_those_behind_a_proxy_may_not() {
        assert!(!local("192.0.2.1", "127.0.0.1", None), "another machine");
        assert!(!local("unknown", "127.0.0.1", None));
        assert!(!local("127.0.0.1", "perkoon.example", None), "a proxy here, or a page that a browser here shows");
        for name in PASSED_ON {
            assert!(!local("127.0.0.1", "127.0.0.1", Some(name)), "{name}");
        }
    }

    #[test]
    fn an_operator_has_the_last_word() {
        let foreign = headers("perkoon.example", Some("via"));
        assert!(MetricsAccess::All.admits("192.0.2.1".parse().ok(), &foreign));
        assert!(!MetricsAccess::Off.admits("127.0.0.1".parse().ok(), &headers("localhost", None)));
    }
}

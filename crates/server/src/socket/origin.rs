//! Whose pages may open sockets and read answers. Browsers say in `Origin` whose page it is that asks; they let any page open a socket to any
//! server, but none read an answer of another origin without that server's leave.

use axum::http::{HeaderMap, HeaderValue, header};

/// The origins whose pages may, besides the one that the request itself is addressed to.
#[derive(Debug)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    pub(crate) fn new<'a>(allowed: impl Iterator<Item = &'a str>) -> Self {
        Self(allowed.map(canonical).collect())
    }

    /// Whether pages of this origin may, wherever the request goes.
    pub(crate) fn lists(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.0.contains(&canonical(origin)))
    }

    /// Whether the request may become a socket. One without an origin is no page's: programs and scripts are let in.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => origin.to_str().is_ok_and(|origin| self.knows(&canonical(origin), headers)),
            (Some(_), Some(_)) => false,
        }
    }

    fn knows(&self, origin: &str, headers: &HeaderMap) -> bool {
        self.0.iter().any(|allowed| allowed == origin) || is_own(origin, headers)
    }
}

/// Whether the page came from the host that the request goes to.
fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    let Some((scheme, _)) = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")) else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| canonical(&format!("{scheme}://{host}")) == origin)
}

/// Lower case, and without the port that the scheme has anyway.
fn canonical(origin: &str) -> String {
    let mut origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
    let port = if origin.starts_with("https://") { ":443" } else { ":80" };
    if origin.ends_with(port) {
        origin.truncate(origin.len() - port.len());
    }
    origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(host: &str, origins: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a value"));
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().expect("a value"));
        }
        Origins::new(["https://perkoon.example", "http://[::1]:8080"].into_iter()).admit(&headers)
    }

    #[test]
    fn own_pages_and_allowed_ones_are_let_in_and_so_are_programs() {
        assert!(admits("10.0.0.1:8787", &[]), "no page at all");
        assert!(
            admits("10.0.0.1:8787", &["https://perkoon.example"]),
            "the public origin, behind a proxy that names another host"
        );
        assert!(admits("10.0.0.1:8787", &["HTTPS://Perkoon.Example:443"]), "the same in other words");
        assert!(admits("10.0.0.1:8787", &["http://[::1]:8080"]));
        assert!(admits("10.0.0.1:8787", &["http://10.0.0.1:8787"]), "the host asked");
        assert!(admits("Files.example", &["https://files.example"]), "TLS may end at a proxy");
        assert!(admits("files.example:80", &["http://files.example"]));
    }

    #[test]
    fn answers_are_read_by_those_on_the_list_alone() {
        let origins = Origins::new(["https://perkoon.example"].into_iter());
        let lists = |origin| origins.lists(&HeaderValue::from_static(origin));
        assert!(lists("https://perkoon.example") && lists("https://perkoon.example:443"));
        assert!(
            !lists("https://evil.example") && !lists("http://perkoon.example") && !lists("null") && !lists("*") && !lists("")
        );
    }

    #[test]
    fn other_pages_are_not() {
        for origin in [
            "https://evil.example",
            "http://perkoon.example",
            "https://perkoon.example:8443",
            "https://perkoon.example.evil.example",
            "https://evil.example/https://perkoon.example",
            "http://10.0.0.1",
            "http://10.0.0.1:8788",
            "ftp://10.0.0.1:8787",
            "10.0.0.1:8787",
            "null",
            "",
        ] {
            assert!(!admits("10.0.0.1:8787", &[origin]), "{origin}");
        }
        assert!(!admits("10.0.0.1:8787", &["https://perkoon.example", "https://evil.example"]), "two at once");
    }
}

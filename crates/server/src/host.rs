//! Which host a request says that it is for. A page may name its own server anything, and have that name lead to this machine.

use std::net::IpAddr;

use axum::http::{HeaderMap, header, uri::Authority};

/// The host's name or address, in lower case, without a port. None where the request has no host, or several.
pub(crate) fn asked(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    bare(host.to_str().ok()?)
}

/// The host of an origin such as `https://perkoon.example:8443`.
pub(crate) fn of_origin(origin: &str) -> Option<String> {
    let (_, authority) = origin.split_once("://")?;
    bare(authority)
}

fn bare(authority: &str) -> Option<String> {
    let authority: Authority = authority.parse().ok()?;
    Some(authority.host().trim_matches(['[', ']']).to_ascii_lowercase())
}

/// Whether the name can mean nothing but this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(hosts: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, host.parse().expect("a value"));
        }
        asked(&headers)
    }

    #[test]
    fn a_host_is_its_name_without_the_rest() {
        for (header, host) in [
            ("Perkoon.Example", "perkoon.example"),
            ("perkoon.example:8443", "perkoon.example"),
            ("127.0.0.1:8787", "127.0.0.1"),
            ("[::1]:8787", "::1"),
        ] {
            assert_eq!(asking(&[header]).as_deref(), Some(host));
        }
        assert_eq!(asking(&[]), None);
        assert_eq!(asking(&["a.example", "b.example"]), None, "which one?");
        assert_eq!(asking(&["a b"]), None);
        assert_eq!(of_origin("https://Perkoon.example:8443").as_deref(), Some("perkoon.example"));
        assert_eq!(of_origin("null"), None);
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "0.0.0.0", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "::"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}

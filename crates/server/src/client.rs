//! Whose address a request counts for, behind proxies and without them.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::{config::ForwardedHeader, connection::Connection, state::AppState};

/// The address that a request counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client(pub IpAddr);

impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Connection>().map_or(Ipv4Addr::UNSPECIFIED.into(), Connection::address);
        Ok(Self(forwarded_for(&parts.headers, state.forwarded_header, state.trusted_proxies).unwrap_or(peer)))
    }
}

/// One subscriber has a whole /64 of IPv6, so that is what counts as an address.
pub(crate) fn grouped(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What the outermost trusted proxy saw: further left in the header stands only what clients claim. Counted from the right at commas, also
/// inside quotes: a quotation that a client begins must not swallow what the proxies append.
fn forwarded_for(headers: &HeaderMap, header: ForwardedHeader, trusted_proxies: usize) -> Option<IpAddr> {
    let place = trusted_proxies.checked_sub(1)?;
    let values = headers.get_all(header.name()).iter().map(|value| value.as_bytes());
    let hops: Vec<&[u8]> = values.flat_map(|value| value.split(|byte| *byte == b',')).collect();
    // Only this one has to be text: what a client claims further left may be anything.
    let hop = str::from_utf8(hops.iter().rev().nth(place)?).ok()?.trim();
    match header {
        ForwardedHeader::XForwardedFor => address(hop),
        ForwardedHeader::Forwarded => address(for_parameter(hop)?),
    }
}

/// The node in `for=NODE;proto=…`, as RFC 7239 has it.
fn for_parameter(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    Some(node.trim().trim_matches('"'))
}

/// An address, with or without a port; IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().expect("a value"));
        }
        headers
    }

    fn seen(headers: &HeaderMap, header: ForwardedHeader, proxies: usize) -> Option<String> {
        forwarded_for(headers, header, proxies).map(|address| address.to_string())
    }

    #[test]
    fn forwarded_addresses_count_from_the_right() {
        let headers = headers("x-forwarded-for", &["203.0.113.9, 198.51.100.2:4711", "[2001:db8::1]:443", "10.0.0.1"]);
        let seen = |proxies| seen(&headers, ForwardedHeader::XForwardedFor, proxies);
        assert_eq!(seen(0), None);
        assert_eq!(seen(1).as_deref(), Some("10.0.0.1"));
        assert_eq!(seen(2).as_deref(), Some("2001:db8::1"));
        assert_eq!(seen(3).as_deref(), Some("198.51.100.2"));
        assert_eq!(seen(4).as_deref(), Some("203.0.113.9"));
        assert_eq!(seen(5), None);
    }

    #[test]
    fn the_standard_header_is_read_when_it_is_the_one() {
        let values =
            ["for=192.0.2.60;proto=http;by=203.0.113.43", r#"proto=https;For="[2001:db8:cafe::17]:4711""#, "for=_hidden"];
        let headers = headers("forwarded", &values);
        let seen_at = |proxies| seen(&headers, ForwardedHeader::Forwarded, proxies);
        assert_eq!(seen_at(1), None, "an obfuscated name is no address");
        assert_eq!(seen_at(2).as_deref(), Some("2001:db8:cafe::17"));
        assert_eq!(seen_at(3).as_deref(), Some("192.0.2.60"));
        assert_eq!(seen(&headers, ForwardedHeader::XForwardedFor, 1), None, "a client may send the header that no proxy sets");
    }

    #[test]
    fn what_is_no_text_further_left_takes_nothing_away() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", axum::http::HeaderValue::from_bytes(b"\xe9, 192.0.2.1").expect("opaque bytes"));
        assert_eq!(seen(&headers, ForwardedHeader::XForwardedFor, 1).as_deref(), Some("192.0.2.1"));
        assert_eq!(seen(&headers, ForwardedHeader::XForwardedFor, 2), None);
    }

    #[test]
    fn an_open_quotation_swallows_nothing() {
        let headers = headers("forwarded", &[r#"for="198.51.100.1"#, "for=192.0.2.1"]);
        assert_eq!(seen(&headers, ForwardedHeader::Forwarded, 1).as_deref(), Some("192.0.2.1"));
    }
}

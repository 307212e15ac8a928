//! STUN and TURN servers by their addresses (RFC 7064, RFC 7065).

use perkoon_protocol::rest::IceServer;

/// Servers that are asked, at most: whoever names more slows this device down.
const SERVERS: usize = 8;

/// How to speak to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
    Tls,
}

/// A server that helps to find a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// As it was given.
    pub(crate) url: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) kind: Kind,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Says how it sees this device.
    Stun,
    /// Passes packets on.
    Turn { transport: Transport, username: String, credential: String },
}

/// The servers in a list of them. What cannot be understood or used is left out, as browsers with other abilities may use it.
pub(crate) fn servers(given: &[IceServer]) -> Vec<Server> {
    let servers = given.iter().flat_map(|server| server.urls.iter().filter_map(move |url| parse(url, server)));
    servers.take(SERVERS).collect()
}

fn parse(url: &str, server: &IceServer) -> Option<Server> {
    let (scheme, rest) = url.split_once(':')?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let secure = matches!(scheme, "stuns" | "turns");
    let (host, port) = place_of(place, if secure { 5349 } else { 3478 })?;
    let kind = match (scheme, query) {
        ("stun", "") => Kind::Stun,
        ("turn", "" | "transport=udp") => turn(Transport::Udp, server)?,
        ("turn", "transport=tcp") => turn(Transport::Tcp, server)?,
        ("turns", "" | "transport=tcp") => turn(Transport::Tls, server)?,
        _ => return None,
    };
    Some(Server { url: url.to_owned(), host, port, kind })
}

fn turn(transport: Transport, server: &IceServer) -> Option<Kind> {
    let (username, credential) = (server.username.clone()?, server.credential.clone()?);
    Some(Kind::Turn { transport, username, credential })
}

fn place_of(place: &str, port: u16) -> Option<(String, u16)> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, port),
        Some((host, rest)) => (host, rest.strip_prefix(':')?.parse().ok()?),
        None => match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (place, port),
        },
    };
    let is_bare = !host.is_empty() && !host.contains('[') && (place.starts_with('[') || !host.contains(':'));
    is_bare.then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(urls: &[&str]) -> Vec<(String, u16, Kind)> {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        let given = IceServer { urls, username: Some("u".into()), credential: Some("c".into()) };
        servers(&[given]).into_iter().map(|server| (server.host, server.port, server.kind)).collect()
    }

    #[test]
    fn addresses_are_read_with_their_defaults() {
        let turn = |transport| Kind::Turn { transport, username: "u".into(), credential: "c".into() };
        let read = read(&["stun:a.example", "turn:b.example:99?transport=tcp", "turns:[2001:db8::1]:443", "turn:[::1]"]);
        assert_eq!(
            read,
            [
                ("a.example".to_owned(), 3478, Kind::Stun),
                ("b.example".to_owned(), 99, turn(Transport::Tcp)),
                ("2001:db8::1".to_owned(), 443, turn(Transport::Tls)),
                ("::1".to_owned(), 3478, turn(Transport::Udp)),
            ]
        );
    }

    #[test]
    fn what_cannot_be_used_is_left_out() {
        assert_eq!(
            read(&["", "stun:", "http://a", "turn:a?transport=sctp", "turns:a?transport=udp", "turn:a:99999", "turn:[::1"]),
            []
        );
        let open = IceServer { urls: vec!["turn:a".into()], username: None, credential: None };
        assert_eq!(servers(&[open]), []);
        let many = IceServer { urls: vec!["stun:a".into(); 100], username: None, credential: None };
        assert_eq!(servers(&[many]).len(), SERVERS);
    }
}

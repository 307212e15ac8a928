//! Addresses of STUN and TURN servers, in the forms of RFC 7064 and RFC 7065.
//!
//! They are checked before the server starts: browsers refuse to make any connection at all when one of them is malformed.

use std::{fmt, net::Ipv6Addr, str::FromStr};

/// A `stun:`, `turn:` or `turns:` address, well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceUrl(String);

impl IceUrl {
    /// Whether it is the address of a relay (TURN), and not only of a mirror (STUN).
    pub fn is_turn(&self) -> bool {
        self.0.starts_with("turn")
    }
}

impl fmt::Display for IceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not the address of a STUN or TURN server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IceUrlError {
    /// Another scheme, or none.
    #[error("it begins with stun:, turn: or turns:, and no // follows")]
    Scheme,
    /// Not a host.
    #[error("after the scheme comes a host name, an IPv4 address, or an IPv6 address in brackets")]
    Host,
    /// Not a port.
    #[error("the port is a number from 1 to 65535")]
    Port,
    /// Not a transport, or one for STUN.
    #[error("only turn: and turns: take a query, and it is ?transport=udp or ?transport=tcp")]
    Query,
}

impl FromStr for IceUrl {
    type Err = IceUrlError;

    fn from_str(text: &str) -> Result<Self, IceUrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(IceUrlError::Scheme)?;
        if !["stun", "turn", "turns"].contains(&scheme) || rest.starts_with('/') {
            return Err(IceUrlError::Scheme);
        }
        let authority = match rest.split_once('?') {
            Some((authority, "transport=udp" | "transport=tcp")) if scheme != "stun" => authority,
            Some(_) => return Err(IceUrlError::Query),
            None => rest,
        };
        check_authority(authority)?;
        Ok(Self(text.to_owned()))
    }
}

/// `host [":" port]`.
fn check_authority(authority: &str) -> Result<(), IceUrlError> {
    let (is_host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or(IceUrlError::Host)?;
            (host.parse::<Ipv6Addr>().is_ok(), after)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (is_name(host), port)
        }
    };
    if !is_host {
        return Err(IceUrlError::Host);
    }
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok(()) } else { Err(IceUrlError::Host) };
    };
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok()).flatten();
    if number.is_some_and(|port| port > 0) { Ok(()) } else { Err(IceUrlError::Port) }
}

/// A DNS name or an IPv4 address.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_standards_are_taken_as_they_are() {
        for text in [
            "stun:stun.example.org",
            "stun:stun.example.org:3478",
            "stun:192.0.2.1:3478",
            "stun:[2001:db8::1]",
            "turn:turn.example.org",
            "turn:turn.example.org.:3478?transport=udp",
            "turn:[2001:db8::1]:3478?transport=tcp",
            "turns:turn.example.org:443?transport=tcp",
            "turns:localhost",
        ] {
            assert_eq!(text.parse::<IceUrl>().map(|url| url.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_part_that_is_wrong() {
        let long = format!("stun:{}", "a.".repeat(127) + "a");
        for (text, wrong) in [
            ("", IceUrlError::Scheme),
            ("turn.example.org", IceUrlError::Scheme),
            ("http://turn.example.org", IceUrlError::Scheme),
            ("turn://turn.example.org", IceUrlError::Scheme),
            ("TURN:turn.example.org", IceUrlError::Scheme),
            ("stuns:stun.example.org", IceUrlError::Scheme),
            ("turn:", IceUrlError::Host),
            ("turn:user@turn.example.org", IceUrlError::Host),
            ("turn:turn example.org", IceUrlError::Host),
            ("turn:turn..example.org", IceUrlError::Host),
            ("turn:-turn.example.org", IceUrlError::Host),
            ("turn:turn.example.org/path", IceUrlError::Host),
            ("turn:[2001:db8::1", IceUrlError::Host),
            ("turn:[192.0.2.1]", IceUrlError::Host),
            ("turn:[2001:db8::1]3478", IceUrlError::Host),
            (&long, IceUrlError::Host),
            ("turn:turn.example.org:", IceUrlError::Port),
            ("turn:turn.example.org:0", IceUrlError::Port),
            ("turn:turn.example.org:65536", IceUrlError::Port),
            ("turn:turn.example.org:+80", IceUrlError::Port),
            ("turn:2001:db8::1", IceUrlError::Port),
            ("stun:stun.example.org?transport=udp", IceUrlError::Query),
            ("turn:turn.example.org?transport=sctp", IceUrlError::Query),
            ("turn:turn.example.org?", IceUrlError::Query),
        ] {
            assert_eq!(text.parse::<IceUrl>(), Err(wrong), "{text:?}");
        }
    }
}

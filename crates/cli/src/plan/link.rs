//! Codes and links, as people type and paste them.

use perkoon_peer::{Failure, secret::Secret};
use perkoon_protocol::{ErrorCode, SessionCode};

/// What stands before a sender's key in a link's fragment.
const SENDER_KEY: &str = "key=";

/// A session, with what its link says besides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub code: SessionCode,
    /// Where the link leads to; none: only a code was typed.
    pub server: Option<String>,
    pub secret: Option<Secret>,
    pub sender_key: Option<String>,
}

/// Reads a link, or a code, which may have a link's fragment behind it.
pub(crate) fn parse(text: &str) -> Result<Link, Failure> {
    let text = text.trim();
    let (address, fragment) = text.split_once('#').map_or((text, ""), |(address, _)| (address, &text[address.len()..]));
    let (server, code) = if is_address(address) { parts(address)? } else { (None, address) };
    Ok(Link {
        code: code.parse().map_err(|_| ErrorCode::InvalidCode)?,
        server,
        secret: Secret::in_fragment(fragment),
        sender_key: fragment.strip_prefix('#').and_then(|fragment| fragment.strip_prefix(SENDER_KEY)).map(str::to_owned),
    })
}

fn is_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// The code is the last part of the path; what is before it, a folder included, is where the server is.
fn parts(address: &str) -> Result<(Option<String>, &str), Failure> {
    let address = address.split('?').next().unwrap_or_default().trim_end_matches('/');
    let (server, code) = address.rsplit_once('/').ok_or(ErrorCode::InvalidCode)?;
    Ok((Some(server.to_owned()), code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "K7MX4QPR9W2N";

    fn link(text: &str) -> Link {
        parse(text).unwrap_or_else(|failure| panic!("{text}: {failure:?}"))
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for text in [CODE, "k7mx 4qpr 9w2n", "K7MX-4QPR-9W2N", " k7mx4qpr9w2n\n"] {
            let Link { code, server, secret, sender_key } = link(text);
            assert_eq!((code.as_str(), server, secret, sender_key), (CODE, None, None, None), "{text}");
        }
    }

    #[test]
    fn a_link_says_where_its_server_is() {
        for (text, server) in [
            ("https://perkoon.example/K7MX4QPR9W2N", "https://perkoon.example"),
            ("HTTPS://perkoon.example/k7mx-4qpr-9w2n/", "HTTPS://perkoon.example"),
            ("http://127.0.0.1:8787/K7MX4QPR9W2N?agent=true", "http://127.0.0.1:8787"),
            ("http://[::1]:8787/K7MX4QPR9W2N", "http://[::1]:8787"),
            ("https://host.example/some/folder/K7MX4QPR9W2N#s=ab", "https://host.example/some/folder"),
        ] {
            let Link { code, server: found, .. } = link(text);
            assert_eq!((code.as_str(), found.as_deref()), (CODE, Some(server)), "{text}");
        }
    }

    #[test]
    fn a_fragment_holds_a_secret_or_a_senders_key() {
        let secret = Some(Secret::Link("0123".into()));
        assert_eq!(link("https://perkoon.example/K7MX4QPR9W2N#s=0123").secret, secret);
        assert_eq!(link("K7MX4QPR9W2N#s=0123").secret, secret, "where the server is not where the pages are");
        let sender = link("https://perkoon.example/K7MX4QPR9W2N#key=a_b-c");
        assert_eq!((sender.sender_key.as_deref(), sender.secret), (Some("a_b-c"), None));
    }

    #[test]
    fn everything_else_is_no_code() {
        let texts = [
            "",
            "K7MX",
            "https://",
            "https://perkoon.example",
            "https://perkoon.example/",
            "https://perkoon.example/terms",
            "ftp://x/K7MX4QPR9W2N",
            "../etc",
        ];
        for text in texts {
            assert_eq!(parse(text).map_err(|failure| failure.code), Err(ErrorCode::InvalidCode), "{text}");
        }
    }
}

//! Addresses of servers, as people give them.

use perkoon_peer::Failure;
use perkoon_protocol::ErrorCode;
use url::{Host, Url};

/// The address, and the folder of the pages at it, with a slash at its end.
pub(super) fn parse(address: &str) -> Result<(Url, String), Failure> {
    let url = Url::parse(address.trim()).ok().filter(is_usable).ok_or_else(|| unusable(address))?;
    let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    let folder = format!("{origin}{path}/");
    Ok((url, folder))
}

/// Whether the address is one of this machine's own.
pub(super) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_usable(url: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && plain
}

fn unusable(address: &str) -> Failure {
    let shown: String = address.chars().filter(|character| !character.is_control()).take(100).collect();
    Failure::new(
        ErrorCode::InvalidRequest,
        format!("{shown:?} is no address of a server. Give one such as https://perkoon.example or http://127.0.0.1:8787."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_an_origin_and_a_folder() {
        for (given, origin, folder) in [
            ("https://a.example", "https://a.example", "https://a.example/"),
            (" http://127.0.0.1:8787/ ", "http://127.0.0.1:8787", "http://127.0.0.1:8787/"),
            ("https://A.example:443/x/y/", "https://a.example", "https://a.example/x/y/"),
            ("http://[::1]:80", "http://[::1]", "http://[::1]/"),
        ] {
            let (url, pages) = parse(given).expect(given);
            assert_eq!((url.origin().ascii_serialization().as_str(), pages.as_str()), (origin, folder), "{given}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        let here = |address| is_here(&parse(address).expect(address).0);
        assert!(["http://127.0.0.1:8787", "http://localhost", "http://[::1]:1", "http://a.localhost"].into_iter().all(here));
        assert!(!["http://10.0.0.1", "http://localhost.example", "http://[::2]"].into_iter().any(here));
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        for given in
            ["", "a.example", "ftp://a.example", "https://u:p@a.example", "https://a.example?x", "https://a.example#x", "http://"]
        {
            let failure = parse(given).expect_err(given);
            assert!(failure.code == ErrorCode::InvalidRequest && failure.message.contains("https://"), "{}", failure.message);
        }
        assert!(!parse("\u{1b}[31m").expect_err("no address").message.contains('\u{1b}'));
    }
}

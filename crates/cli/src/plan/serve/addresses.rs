//! Addresses of pages and servers.

use anyhow::bail;

use crate::exit::{Exit, Failure, OrExit};

/// Blanks are nothing: an environment variable may be set and empty.
pub(super) fn allowed_origins(given: &[String]) -> Result<Vec<String>, Failure> {
    let given = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(|text| origin("--allowed-origin", text)).collect::<anyhow::Result<_>>().or_exit(Exit::BadArguments)
}

/// An origin and nothing more.
pub(super) fn origin(flag: &str, text: &str) -> anyhow::Result<String> {
    let origin = text.trim_end_matches('/');
    if !after_scheme(origin).is_some_and(is_plain) {
        bail!("{flag} takes an origin such as https://perkoon.example, without a path");
    }
    Ok(origin.to_owned())
}

/// An address to which a name can be appended.
pub(super) fn address(flag: &str, text: &str) -> anyhow::Result<String> {
    let address = text.trim_end_matches('/');
    if !after_scheme(address).is_some_and(|rest| rest.split('/').all(is_plain)) {
        bail!(
            "{flag} takes an address such as https://perkoon.example or https://host.example/perkoon, and nothing behind the path"
        );
    }
    Ok(address.to_owned())
}

fn after_scheme(address: &str) -> Option<&str> {
    address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))
}

/// A host, or a part of a path, that means nothing but itself.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\\"'<>`".contains(c))
}

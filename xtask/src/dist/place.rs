//! Where pages and their server are, as somebody types it.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, ensure};
use perkoon_site::PLACEHOLDER;

/// A scheme and a host, such as `https://api.example.org:8443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let origin = text.trim_end_matches('/').to_ascii_lowercase();
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
        ensure!(host.is_some_and(is_plain), "it takes an origin such as https://api.example.org, without a path");
        Ok(Self(origin))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A folder of a host, and the host if it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    origin: Option<Origin>,
    folder: String,
}

impl Base {
    /// From slash to slash.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The whole address, without its last slash; what stands for a host where that is not known.
    pub fn address(&self) -> String {
        format!("{}{}", self.origin.as_ref().map_or(PLACEHOLDER, Origin::as_str), self.folder.trim_end_matches('/'))
    }
}

impl FromStr for Base {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (origin, path) = match text.split_once("://") {
            None => (None, text),
            Some((scheme, rest)) => {
                let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
                (Some(format!("{scheme}://{host}").parse().context("the pages' address")?), path)
            }
        };
        let folder = path.trim_matches('/');
        // Plain enough to stand in any page, configuration or link as it is.
        let is_plain = |part: &str| {
            !part.trim_matches('.').is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
        };
        let is_folder = path.starts_with('/') && (folder.is_empty() || folder.split('/').all(is_plain));
        ensure!(is_folder, "it takes a folder such as /some/dir/, or an address such as https://me.example/some/dir/");
        let folder = if folder.is_empty() { "/".to_owned() } else { format!("/{folder}/") };
        Ok(Self { origin, folder })
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin.as_ref().map_or("", Origin::as_str), self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_origin() {
        for (text, origin) in [("https://API.example/", "https://api.example"), ("http://[::1]:8787", "http://[::1]:8787")] {
            assert_eq!(text.parse::<Origin>().expect(text).as_str(), origin);
        }
        for text in [
            "",
            "api.example",
            "https://",
            "https://x/path",
            "ftp://x",
            "https://x y",
            "https://x\"y",
            "https://x;y",
            "https://u@x",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn pages_are_in_a_folder_of_a_host_that_may_be_unknown() {
        for (text, folder, address, shown) in [
            ("/", "/", "https://HOST", "/"),
            ("/some/dir", "/some/dir/", "https://HOST/some/dir", "/some/dir/"),
            ("https://me.example", "/", "https://me.example", "https://me.example/"),
            ("https://me.example/a_b.c~d/", "/a_b.c~d/", "https://me.example/a_b.c~d", "https://me.example/a_b.c~d/"),
        ] {
            let base: Base = text.parse().expect(text);
            assert_eq!((base.folder(), base.address().as_str(), base.to_string().as_str()), (folder, address, shown));
        }
        for text in [
            "",
            "some/dir",
            "/a b/",
            "/a//b/",
            "/../a/",
            "/./",
            "/a\"b/",
            "/a?b",
            "/a#b",
            "https://me.example:x y/",
            "https:///a/",
        ] {
            assert!(text.parse::<Base>().is_err(), "{text}");
        }
    }
}

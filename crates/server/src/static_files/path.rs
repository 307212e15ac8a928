//! From a request's path to what it asks for. Nothing that could leave the folder gets past here.

use percent_encoding::percent_decode_str;
use perkoon_protocol::SessionCode;
use perkoon_site::TEXT_PAGES;

/// Routes of the app besides the codes.
const PAGES: [&str; 2] = ["", "create"];

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Requested {
    /// One of the app's own routes.
    Page,
    /// Perhaps a file: a relative path of plain parts.
    File(String),
    /// Nothing that could be there.
    Nothing,
}

impl Requested {
    pub(super) fn parse(path: &str) -> Self {
        let Ok(decoded) = percent_decode_str(path).decode_utf8() else { return Self::Nothing };
        let Some(name) = decoded.strip_prefix('/') else { return Self::Nothing };
        let page = name.strip_suffix('/').unwrap_or(name);
        if PAGES.contains(&page) || (!page.contains('/') && page.parse::<SessionCode>().is_ok()) {
            return Self::Page;
        }
        if TEXT_PAGES.contains(&page) {
            return Self::File(format!("{page}.html"));
        }
        if name.split('/').all(is_plain) { Self::File(name.to_owned()) } else { Self::Nothing }
    }
}

/// Neither empty nor hidden, nor a step upwards, nor anything that some system reads as more than a name.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']) && !part.chars().any(char::is_control)
}

/// Whether people would call it a file: the last part has an extension.
pub(super) fn looks_like_a_file(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_pages_from_files() {
        for page in ["/", "/create", "/create/", "/K7MX4QPR9W2N", "/k7mx-4qpr-9w2n", "/K7MX%204QPR%209W2N"] {
            assert_eq!(Requested::parse(page), Requested::Page, "{page}");
        }
        for page in ["/privacy", "/automate/", "/terms.html"] {
            let name = page.trim_matches('/').trim_end_matches(".html");
            assert_eq!(Requested::parse(page), Requested::File(format!("{name}.html")), "{page}");
        }
        for file in ["sw.js", "a/b/c.css", "unknown", "K7MX4QPR9W2N/more", "a%20b.txt"] {
            let name = file.replace("%20", " ");
            assert_eq!(Requested::parse(&format!("/{file}")), Requested::File(name), "{file}");
        }
    }

    #[test]
    fn refuses_ways_out() {
        for path in [
            "/..",
            "/../secret",
            "/a/../../secret",
            "/%2e%2e/secret",
            "/%2e%2e%2fsecret",
            "/..%5csecret",
            "/a\\b",
            "//etc/passwd",
            "/C:/secret",
            "/.env",
            "/a/.git/config",
            "/%00",
            "/a%0a",
            "/%ff",
            "",
        ] {
            assert_eq!(Requested::parse(path), Requested::Nothing, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_file_never_lies_outside(path in "/[a./%25e\\\\C:]{0,12}") {
            if let Requested::File(name) = Requested::parse(&path) {
                let plain = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(std::path::Path::new(&name).components().all(plain), "{name:?}");
            }
        }
    }
}

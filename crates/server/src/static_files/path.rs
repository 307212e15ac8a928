//! From a request's path to what it asks for. Nothing that could leave the folder gets past here.

use percent_encoding::percent_decode_str;
use perkoon_protocol::SessionCode;

/// Routes of the app besides the codes.
const PAGES: [&str; 2] = ["", "create"];

/// Pages of text, each a file of its own.
const TEXT_PAGES: [&str; 3] = ["automate", "terms", "privacy"];

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

/// Whether the name holds a hash of the content, as trunk writes it (`app-0123456789abcdef.js`, `app-0123456789abcdef_bg.wasm`): what
/// such a name once stood for, it stands for always.
pub(super) fn is_hashed(name: &str) -> bool {
    const HASH_DIGITS: usize = 16;
    let last = name.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = last.split_once('.') else { return false };
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once('-') else { return false };
    hash.len() >= HASH_DIGITS && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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

    #[test]
    fn knows_hashed_names() {
        for name in ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm", "x/main-0123456789abcdef0123.css"] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "app.js",
            "app-01234567.js",
            "app-0123456789abcdeg.js",
            "0123456789abcdef.js",
            "index.html",
            "app-0123456789ABCDEF.js",
        ] {
            assert!(!is_hashed(name), "{name}");
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

//! What a path means.

use perkoon_protocol::SessionCode;

use perkoon_peer::secret::Secret;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// `/`.
    Home,
    /// `/create` and `/<CODE>`: one page, so that a live session's elements stay when the address becomes its code.
    Session,
    /// No page of ours.
    Nowhere,
}

impl Page {
    /// Reads the decoded name of a page. The loader has seen to it that all lie in one folder, and so a slash is part of a wrong name.
    pub fn of(path: &str) -> Self {
        match path {
            "" => Self::Home,
            path if path.contains('/') || Place::of(path) == Place::Nowhere => Self::Nowhere,
            _ => Self::Session,
        }
    }
}

/// What the only segment of a path such as `/K7MX4QPR9W2N` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The sender's page.
    Create,
    /// A session, in the code's canonical spelling.
    Session(SessionCode),
    /// A session whose code is spelled another way; the address should be corrected.
    Misspelled(SessionCode),
    /// Something that was meant to be a code.
    InvalidCode,
    /// No page of ours.
    Nowhere,
}

/// Fewer letters and digits than this were not meant to be a code.
const CODE_LIKE: usize = 8;

impl Place {
    /// Reads a decoded path segment.
    pub fn of(segment: &str) -> Self {
        if segment == "create" {
            return Self::Create;
        }
        match segment.parse::<SessionCode>() {
            Ok(code) if code.as_str() == segment => Self::Session(code),
            Ok(code) => Self::Misspelled(code),
            Err(_) if looks_like_a_code(segment) => Self::InvalidCode,
            Err(_) => Self::Nowhere,
        }
    }

    /// The session the path names, however it is spelled.
    pub const fn code(self) -> Option<SessionCode> {
        match self {
            Self::Session(code) | Self::Misspelled(code) => Some(code),
            Self::Create | Self::InvalidCode | Self::Nowhere => None,
        }
    }
}

fn looks_like_a_code(segment: &str) -> bool {
    let mut symbols = 0;
    for symbol in segment.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '-') {
        if !symbol.is_ascii_alphanumeric() {
            return false;
        }
        symbols += 1;
    }
    symbols >= CODE_LIKE
}

/// The address of a session's page, as all pages have it: they lie in one folder.
pub fn session_path(code: SessionCode) -> String {
    code.as_str().to_owned()
}

/// What a person typed or pasted into the code field: a code, or a link that ends in one.
fn code_from_input(text: &str) -> Option<SessionCode> {
    let text = text.trim();
    let path = text.split(['?', '#']).next().unwrap_or(text);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    last.parse().ok()
}

/// The address of the session that a person typed or pasted into the code field, with the secret of a whole link that has one.
pub fn path_from_input(text: &str) -> Option<String> {
    let fragment = text.trim().split_once('#').and_then(|(_, fragment)| Secret::in_fragment(&["#", fragment].concat()));
    let fragment = fragment.map(|secret| secret.fragment()).unwrap_or_default();
    code_from_input(text).map(|code| session_path(code) + &fragment)
}

/// The sender key in a URL fragment such as `#key=…`.
pub fn sender_key(fragment: &str) -> Option<&str> {
    fragment.strip_prefix('#').unwrap_or(fragment).strip_prefix("key=").filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> SessionCode {
        "K7MX4QPR9W2N".parse().expect("the seed's code")
    }

    #[test]
    fn a_code_is_a_session_in_any_spelling() {
        assert_eq!(Place::of("K7MX4QPR9W2N"), Place::Session(code()));
        for segment in ["k7mx4qpr9w2n", "K7MX 4QPR 9W2N", "k7mx-4qpr-9w2n"] {
            assert_eq!(Place::of(segment), Place::Misspelled(code()), "{segment}");
        }
    }

    #[test]
    fn paths_lead_to_pages() {
        let expected = [
            ("", Page::Home),
            ("create", Page::Session),
            ("k7mx 4qpr 9w2n", Page::Session),
            ("K7MX4QPR9W2O", Page::Session),
            ("K7MX4QPR9W2N/more", Page::Nowhere),
            ("about", Page::Nowhere),
        ];
        for (path, page) in expected {
            assert_eq!(Page::of(path), page, "{path}");
        }
    }

    #[test]
    fn what_looks_like_a_code_is_told_from_what_does_not() {
        for segment in ["K7MX4QPR9W2", "K7MX4QPR9W2NN", "K7MX4QPR9W2O", "k7mx-4qpr-9w20"] {
            assert_eq!(Place::of(segment), Place::InvalidCode, "{segment}");
        }
        for segment in ["", "about", "terms2", "wp-login.php", "..", "K7MX4QPR9W2Ñ"] {
            assert_eq!(Place::of(segment), Place::Nowhere, "{segment}");
        }
        assert_eq!(Place::of("create"), Place::Create);
    }

    #[test]
    fn the_code_field_takes_codes_and_links() {
        for text in ["k7mx 4qpr 9w2n", " https://perkoon.example/K7MX4QPR9W2N ", "perkoon.example/K7MX4QPR9W2N/?agent=true#x"] {
            assert_eq!(code_from_input(text), Some(code()), "{text}");
        }
        for text in ["", "K7MX", "https://perkoon.example/create"] {
            assert_eq!(code_from_input(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_stays_with_the_link_that_is_pasted() {
        let path = |text| path_from_input(text);
        assert_eq!(path(" https://perkoon.example/k7mx4qpr9w2n?agent=true#s=abc_- ").as_deref(), Some("K7MX4QPR9W2N#s=abc_-"));
        assert_eq!(path("https://perkoon.example/K7MX4QPR9W2N#s=").as_deref(), Some("K7MX4QPR9W2N#s="));
        assert_eq!(path("https://perkoon.example/K7MX4QPR9W2N#part").as_deref(), Some("K7MX4QPR9W2N"));
        assert_eq!(path("https://perkoon.example/create#s=abc"), None);
    }

    #[test]
    fn a_sender_key_is_read_from_the_fragment() {
        assert_eq!(sender_key("#key=abc.def"), Some("abc.def"));
        assert_eq!(sender_key("key=abc"), Some("abc"));
        for fragment in ["", "#", "#key=", "#other"] {
            assert_eq!(sender_key(fragment), None, "{fragment}");
        }
    }
}

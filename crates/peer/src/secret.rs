//! What a session is protected by: a password that a person thought up, or a secret in the link. Pure, so that reading and writing
//! links is tested on the host.

use perkoon_protocol::control::to_hexadecimal;

/// Characters of a password, at most.
const PASSWORD_CHARACTERS: usize = 1_000;

/// What stands before a secret in a link's fragment.
const FRAGMENT: &str = "#s=";

/// A password, or a link's secret. It is in no log and in no address but the secret link's fragment, and no server gets to know it.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Thought up by a person, in the form that both ends write it (NFC).
    Password(String),
    /// 128 random bits of a link, as the link has them.
    Link(String),
}

impl Secret {
    /// What a person typed, if anything.
    ///
    /// # Errors
    /// When it is too long.
    pub fn typed(text: String) -> Result<Option<Self>, TooLong> {
        match text.chars().nth(PASSWORD_CHARACTERS) {
            Some(_) => Err(TooLong),
            None => Ok((!text.is_empty()).then_some(Self::Password(text))),
        }
    }

    /// A link's secret, of random bytes.
    pub fn of_bytes(bytes: [u8; 16]) -> Self {
        Self::Link(to_hexadecimal(&bytes))
    }

    /// The secret in an address's fragment. Whatever is said to be one is one: what is left of a link that was cut off must not be taken
    /// for a link without.
    pub fn in_fragment(fragment: &str) -> Option<Self> {
        fragment.strip_prefix(FRAGMENT).map(|text| Self::Link(text.to_owned()))
    }

    /// What both ends have to know.
    pub fn text(&self) -> &str {
        match self {
            Self::Password(text) | Self::Link(text) => text,
        }
    }

    /// The fragment of the link for the receiver.
    pub fn fragment(&self) -> String {
        match self {
            Self::Password(_) => String::new(),
            Self::Link(text) => [FRAGMENT, text].concat(),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A password that has too many characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_links_secret_is_32_hexadecimal_digits() {
        let secret = |bytes| Secret::of_bytes(bytes).text().to_owned();
        assert_eq!(secret([0; 16]), "0".repeat(32));
        assert_eq!(secret([0xff; 16]), "f".repeat(32));
        assert_eq!(secret(*b"perkoon, 16 byte"), "7065726b6f6f6e2c2031362062797465");
    }

    #[test]
    fn a_secret_goes_into_a_fragment_and_comes_out_of_it() {
        let secret = Secret::of_bytes(*b"perkoon, 16 byte");
        assert_eq!(secret.fragment(), "#s=7065726b6f6f6e2c2031362062797465");
        assert_eq!(Secret::in_fragment(&secret.fragment()), Some(secret));
        assert_eq!(Secret::Password("abc".into()).fragment(), "", "a password is in no address");
    }

    #[test]
    fn a_link_that_was_cut_off_is_still_one_with_a_secret() {
        for (fragment, text) in [("#s=", ""), ("#s=cGVya29v", "cGVya29v")] {
            assert_eq!(Secret::in_fragment(fragment), Some(Secret::Link(text.into())));
        }
        for fragment in ["", "#", "#key=abc", "#part", "#ss=abc", "s=abc"] {
            assert_eq!(Secret::in_fragment(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn an_empty_password_is_none_and_a_long_one_is_refused() {
        assert_eq!(Secret::typed(String::new()), Ok(None));
        let longest = "ä".repeat(PASSWORD_CHARACTERS);
        assert_eq!(Secret::typed(longest.clone()), Ok(Some(Secret::Password(longest.clone()))));
        assert_eq!(Secret::typed(longest + "a"), Err(TooLong));
    }

    #[test]
    fn a_secret_is_not_written_to_logs() {
        for secret in [Secret::Password("hunter2".into()), Secret::Link("hunter2".into())] {
            assert!(!format!("{secret:?}").contains("hunter2"));
        }
    }
}

//! Tokens: what a join answers and a socket's hello shows.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use perkoon_protocol::SessionCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use subtle::ConstantTimeEq;

use crate::random;

const SECRET_BYTES: usize = 24;
const CODE_BYTES: usize = perkoon_protocol::code::LENGTH;

/// Names its room, so that no index over all tokens is needed, and carries 192 random bits that only the invited know.
#[derive(Clone)]
pub(crate) struct Token {
    code: SessionCode,
    secret: [u8; SECRET_BYTES],
}

impl Token {
    pub(crate) fn random(code: SessionCode) -> Self {
        Self { code, secret: random::bytes() }
    }

    pub(crate) const fn code(&self) -> SessionCode {
        self.code
    }

    /// Takes the same time wherever the first difference is.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.code == other.code && bool::from(self.secret.ct_eq(&other.secret))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.code.as_str().as_bytes(), &self.secret].concat();
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidToken;

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidToken)?;
        let (code, secret) = bytes.split_first_chunk::<CODE_BYTES>().ok_or(InvalidToken)?;
        let code = std::str::from_utf8(code).ok().and_then(|code| code.parse().ok()).ok_or(InvalidToken)?;
        Ok(Self { code, secret: secret.try_into().map_err(|_| InvalidToken)? })
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|InvalidToken| D::Error::custom("not a token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_brings_the_token_back() {
        let token = Token::random("K7MX4QPR9W2N".parse().expect("valid"));
        let text = token.to_string();
        assert!(text.parse::<Token>().expect("a token").matches(&token));
        assert!(!Token::random(token.code()).matches(&token));
        for wrong in ["", "x", &text[1..], &format!("{text}AAAA"), &"A".repeat(text.len())] {
            assert_eq!(wrong.parse::<Token>().err(), Some(InvalidToken), "{wrong:?}");
        }
    }
}

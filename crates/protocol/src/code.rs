//! Session codes: 12 symbols of an alphabet without look-alikes, about 58.9 bits.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::json::{FromValue, Value, deserialize_from_value};

/// The symbols a code is made of. `I`, `L`, `O`, `U`, `0` and `1` are left out: people misread them.
pub const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Symbols in a code.
pub const LENGTH: usize = 12;

/// Symbols in a group, as people read a code.
const GROUP: usize = 4;

/// A valid session code in its canonical form: 12 upper-case symbols, no separators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionCode([u8; LENGTH]);

/// The text is not a session code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session code has 12 letters and digits, like K7MX4QPR9W2N")]
pub struct InvalidCode;

impl SessionCode {
    /// Makes a code from a source of random bytes; bytes that would bias the choice of a symbol are thrown away.
    ///
    /// `random` must be cryptographic: whoever guesses a code can join the session.
    pub fn generate(mut random: impl FnMut() -> u8) -> Self {
        const FAIR: u8 = 240; // the largest multiple of 30 that fits a byte
        let mut symbols = [0; LENGTH];
        for symbol in &mut symbols {
            let byte = loop {
                let byte = random();
                if byte < FAIR {
                    break byte;
                }
            };
            *symbol = ALPHABET[usize::from(byte) % ALPHABET.len()];
        }
        Self(symbols)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        let Ok(text) = std::str::from_utf8(&self.0) else { unreachable!("a code is made of ASCII symbols") };
        text
    }

    /// The code in groups of four, as people read it aloud: `K7MX 4QPR 9W2N`.
    pub fn grouped(&self) -> String {
        let mut groups = String::with_capacity(LENGTH + LENGTH / GROUP);
        for (index, symbol) in self.as_str().chars().enumerate() {
            if index > 0 && index.is_multiple_of(GROUP) {
                groups.push(' ');
            }
            groups.push(symbol);
        }
        groups
    }
}

/// Accepts any case, spaces and dashes; everything else must be a symbol of [`ALPHABET`].
impl FromStr for SessionCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let mut symbols = [0; LENGTH];
        let mut count = 0;
        for symbol in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let symbol = u8::try_from(symbol).map_err(|_| InvalidCode)?.to_ascii_uppercase();
            if count == LENGTH || !ALPHABET.contains(&symbol) {
                return Err(InvalidCode);
            }
            symbols[count] = symbol;
            count += 1;
        }
        if count == LENGTH { Ok(Self(symbols)) } else { Err(InvalidCode) }
    }
}

impl FromValue for SessionCode {
    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

deserialize_from_value!(SessionCode);

impl Serialize for SessionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for SessionCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("A session code in its canonical form."))
            .pattern(Some("^[2-9A-HJKMNP-TV-Z]{12}$"))
            .examples(["K7MX4QPR9W2N"])
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for SessionCode {}

impl From<SessionCode> for String {
    fn from(code: SessionCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let canonical: SessionCode = "K7MX4QPR9W2N".parse().expect("the seed's code");
        for typed in ["k7mx4qpr9w2n", "K7MX 4QPR 9W2N", "k7mx-4qpr-9w2n", " K7MX4QPR9W2N\n"] {
            assert_eq!(typed.parse(), Ok(canonical), "{typed:?}");
        }
        assert_eq!(canonical.grouped(), "K7MX 4QPR 9W2N");
    }

    #[test]
    fn refuses_everything_else() {
        for typed in ["", "K7MX4QPR9W2", "K7MX4QPR9W2NN", "K7MX4QPR9W2O", "K7MX4QPR9W21", "K7MX4QPR9W2Ñ", "../etc/passwd"] {
            assert_eq!(typed.parse::<SessionCode>(), Err(InvalidCode), "{typed:?}");
        }
    }

    #[test]
    fn generation_throws_biased_bytes_away() {
        let mut bytes = [255, 240, 0, 29, 30, 239].into_iter().cycle();
        let code = SessionCode::generate(|| bytes.next().expect("endless"));
        assert_eq!(code.as_str(), "2Z2Z2Z2Z2Z2Z");
    }

    #[test]
    fn debug_output_hides_the_code() {
        let code: SessionCode = "K7MX4QPR9W2N".parse().expect("valid");
        assert!(!format!("{code:?}").contains("K7MX"));
    }
}

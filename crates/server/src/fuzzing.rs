//! For the fuzz targets: what must hold of the server's own decoders, which nothing public reaches without a socket.

use perkoon_protocol::SessionCode;

use crate::{secret::Secret, sender_key::SenderKeys, token::Token};

/// What signs the sender keys here: always the same, so that an issued key can be among the fuzzers' inputs.
const SECRET: &str = "a secret for the fuzz targets only";

/// Reads the text as a socket's token. The token that it stands for is the same after being written and read again.
///
/// # Panics
/// When it is not.
pub fn token(text: &str) {
    if let Ok(token) = text.parse::<Token>() {
        let again: Token = token.to_string().parse().expect("a token's own text");
        assert!(again.matches(&token) && again.code() == token.code());
    }
}

/// Checks the text as the sender key of a session. Only a key that was issued passes, and only in its one spelling.
///
/// # Panics
/// When another one does.
pub fn sender_key(code: SessionCode, text: &str) {
    let keys = SenderKeys::new(&Secret::from_text(SECRET).expect("long enough"));
    if let Some(expires_at) = keys.verify(code, text) {
        assert_eq!(keys.issue(code, expires_at), text);
    }
}

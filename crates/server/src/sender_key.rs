//! Sender keys: proof of the right to send in a session, checked without any stored state.
//!
//! A key is `base64url(expiry || HMAC-SHA256(secret, "perkoon sender key v1" || code || expiry))` without padding; `expiry` is
//! the session's end in seconds since 1970, eight bytes, big-endian. A restarted server, or another one with the same secret,
//! accepts it, and nobody can claim a code that no server has given out.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use perkoon_protocol::SessionCode;
use sha2::Sha256;

use crate::{clock::Millis, secret::Secret};

const CONTEXT: &[u8] = b"perkoon sender key v1";
const EXPIRY_BYTES: usize = 8;
const KEY_BYTES: usize = EXPIRY_BYTES + 32;

/// Makes and checks the keys of one secret.
#[derive(Clone)]
pub(crate) struct SenderKeys(Hmac<Sha256>);

impl SenderKeys {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a secret of any length"))
    }

    pub(crate) fn issue(&self, code: SessionCode, expires_at: Millis) -> String {
        let expiry = expires_at.as_seconds().to_be_bytes();
        let mut key = Vec::with_capacity(KEY_BYTES);
        key.extend_from_slice(&expiry);
        key.extend_from_slice(&self.over(code, expiry).finalize().into_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(key)
    }

    /// The session's expiry when `key` is `code`'s own key. The comparison takes the same time wherever the first difference is.
    pub(crate) fn verify(&self, code: SessionCode, key: &str) -> Option<Millis> {
        let key: [u8; KEY_BYTES] = BASE64_URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        let (expiry, tag) = key.split_first_chunk::<EXPIRY_BYTES>()?;
        self.over(code, *expiry).verify_slice(tag).ok()?;
        Some(Millis::from_seconds(u64::from_be_bytes(*expiry)))
    }

    fn over(&self, code: SessionCode, expiry: [u8; EXPIRY_BYTES]) -> Hmac<Sha256> {
        self.0.clone().chain_update(CONTEXT).chain_update(code.as_str()).chain_update(expiry)
    }
}

impl fmt::Debug for SenderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SenderKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> SenderKeys {
        SenderKeys::new(&Secret::from_text("an operator's secret, long enough").expect("long enough"))
    }

    #[test]
    fn a_key_fits_its_own_code_and_secret_only() {
        let code = "K7MX4QPR9W2N".parse().expect("valid");
        let other = "K7MX4QPR9W2P".parse().expect("valid");
        let expires_at = Millis::from_seconds(1_767_225_600);
        let key = keys().issue(code, expires_at);
        assert_eq!(keys().verify(code, &key), Some(expires_at));
        assert_eq!(keys().verify(other, &key), None);
        assert_eq!(SenderKeys::new(&Secret::random()).verify(code, &key), None);
    }

    #[test]
    fn the_format_stays_as_issued_keys_have_it() {
        let code = "K7MX4QPR9W2N".parse().expect("valid");
        let key = keys().issue(code, Millis::from_seconds(1_767_225_600));
        // Made by another implementation of HMAC.
        assert_eq!(key, "AAAAAGlVuQC_JVfIEmiIzE0a3c0SSriE1NWeOZWmCsEVcqu-VsFYaQ");
    }

    #[test]
    fn a_changed_key_is_no_key() {
        let code = "K7MX4QPR9W2N".parse().expect("valid");
        let key = keys().issue(code, Millis::from_seconds(1_767_225_600));
        for place in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[place] = if changed[place] == b'Q' { b'R' } else { b'Q' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(keys().verify(code, &changed), None, "place {place}");
        }
        for wrong in ["", "=", "AAAA", &key[1..], &format!("{key}A")] {
            assert_eq!(keys().verify(code, wrong), None, "{wrong:?}");
        }
    }
}

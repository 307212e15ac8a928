//! What browsers are told to refuse, whatever an answer holds.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use perkoon_site::{ANYTHING, EVERY_ANSWER};

/// The content security policy of a static file. An answer without content has it too, for browsers replace what they know by it.
pub(crate) fn policy(name: &str) -> HeaderValue {
    HeaderValue::from_static(perkoon_site::policy(name))
}

/// Adds what every answer has.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in EVERY_ANSWER {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(ANYTHING));
}

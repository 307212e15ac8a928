use axum::body::Bytes;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A file's content and a name for exactly these bytes.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    pub bytes: Bytes,
    /// A strong entity tag, quotes included.
    pub tag: String,
}

impl Asset {
    /// `hash` is the SHA-256 of `bytes`; half of it is plenty to tell versions of one file apart.
    pub(super) fn new(bytes: Bytes, hash: &[u8; 32]) -> Self {
        Self { bytes, tag: tag(hash) }
    }
}

/// A strong entity tag for what has this SHA-256.
pub(crate) fn tag(hash: &[u8; 32]) -> String {
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]))
}

use std::borrow::Cow;

use axum::body::Bytes;
use rust_embed::RustEmbed;

use super::Asset;

/// What trunk built.
#[derive(RustEmbed)]
#[folder = "../../dist"]
struct Dist;

pub(super) fn get(name: &str) -> Option<Asset> {
    let file = Dist::get(name)?;
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(Asset::new(bytes, &file.metadata.sha256_hash()))
}

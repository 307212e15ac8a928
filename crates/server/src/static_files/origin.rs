//! Files that say where they come from.

use perkoon_site::{NAMING, addressed};
use sha2::{Digest, Sha256};

use super::Asset;

/// Whether the file holds the placeholder.
pub(super) fn is_named_in(name: &str) -> bool {
    NAMING.contains(&name)
}

/// The file with this server's origin.
pub(super) fn filled_in(asset: &Asset, origin: &str) -> Asset {
    // The build writes UTF-8; a folder of the operator's own may hold anything.
    let Ok(text) = std::str::from_utf8(&asset.bytes) else { return asset.clone() };
    let text = addressed(text, origin, origin);
    let hash = Sha256::digest(&text).into();
    Asset::new(text.into(), &hash)
}

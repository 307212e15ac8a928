//! Digests in the built pages of every script and style sheet they load: a browser takes those bytes or none (Subresource Integrity).
//! Those of the wasm and of the tools are written beside their addresses, for the program to ask with.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use crate::compress;

/// Which attribute of which element holds an address, and the one that takes its digest.
const LOADED: [(&str, &str, &str); 4] = [
    ("<script", "src", "integrity"),
    ("<script", "data-wasm", "data-integrity"),
    ("<script", "data-tools", "data-tools-integrity"),
    ("<link", "href", "integrity"),
];

/// Adds the digests to every page in `dist`, which holds everything they load.
pub fn seal(dist: &Path) -> Result<()> {
    let digest = |address: &str| digest(dist, "/", address);
    for entry in fs::read_dir(dist)? {
        let page = entry?.path();
        if page.extension().is_some_and(|extension| extension == "html") {
            fs::write(&page, sealed(&fs::read_to_string(&page)?, digest)?)?;
        }
    }
    Ok(())
}

/// Compares the digests in all pages below `dist`, which is going to be a host's `folder`, with the files that the pages load.
pub fn check(dist: &Path, folder: &str) -> Result<()> {
    for name in compress::plain_files(dist)?.iter().filter(|name| name.ends_with(".html")) {
        let page = fs::read_to_string(dist.join(name))?;
        checked(&page, |address| digest(dist, folder, address)).with_context(|| format!("{name} would not be shown"))?;
    }
    Ok(())
}

fn digest(dist: &Path, folder: &str, address: &str) -> Result<String> {
    let file = address.strip_prefix(folder).with_context(|| format!("a page loads {address}, which is not below {folder}"))?;
    let bytes = fs::read(dist.join(file)).with_context(|| format!("a page loads {address}, which was not built"))?;
    Ok(format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes))))
}

fn checked(page: &str, digest: impl Fn(&str) -> Result<String>) -> Result<()> {
    for element in page.split_inclusive('>') {
        for (start, holder, taker) in LOADED {
            let Some(element) = element.find(start).map(|at| &element[at..]) else { continue };
            if let (Some(address), Some(stated)) = (attribute(element, holder), attribute(element, taker)) {
                ensure!(digest(address)? == stated, "{address} has another digest");
            }
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
    fn a_sealed_page_fits_and_one_of_other_files_does_not() {
        let page = seal(
            r#"<script data-wasm=/a.wasm src="/a.js"></script><link href=/a.css rel=stylesheet><link rel=icon href=/i.svg>"#,
        );
        assert!(checked(&page, |address| Ok(format!("digest of {address}"))).is_ok());
        for altered in ["/a.js", "/a.wasm", "/a.css"] {
            let digest = |address: &str| Ok(format!("{} of {address}", if address == altered { "another" } else { "digest" }));
            assert!(checked(&page, digest).expect_err(altered).to_string().contains(altered));
        }
    }

    #[test]
    fn a_page_that_loads_what_is_not_there_is_not_built() {
        let missing = |_: &str| anyhow::bail!("not there");
        assert!(sealed(r#"<script src="/a.js">"#, missing).is_err());
    }
}

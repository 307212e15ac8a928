//! What is written into the files: where they are, and where their server is.

use anyhow::{Context, Result, ensure};
use perkoon_site::{NAMING, addressed, with_server};

use super::place::{Base, Origin};

/// Attributes that hold the address of a file or page of this site.
const ADDRESSES: [&str; 4] = ["href", "src", "data-wasm", "data-tools"];

/// Where the pages and their server are.
pub struct Stamp {
    /// The server.
    pub server: Origin,
    /// The pages.
    pub base: Base,
}

impl Stamp {
    /// A file as this host has to have it.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let is_page = name.ends_with(".html");
        let is_naming = NAMING.contains(&name);
        if !is_page && !is_naming {
            return Ok(bytes.to_owned());
        }
        let mut text = std::str::from_utf8(bytes).with_context(|| format!("{name} is not text"))?.to_owned();
        if is_naming {
            text = addressed(&text, &self.base.address(), self.server.as_str());
        }
        if is_page {
            text = self.page(&text).with_context(|| format!("{name} cannot be stamped"))?;
        }
        Ok(text.into_bytes())
    }

    fn page(&self, page: &str) -> Result<String> {
        let elements: String = page.split_inclusive('>').map(|element| self.element(element)).collect();
        let stamped = with_server(&elements, self.server.as_str());
        ensure!(stamped != elements, "the page has no policy that says whom it talks to");
        Ok(stamped)
    }

    /// An element's start, with the text before it.
    fn element(&self, element: &str) -> String {
        let (text, tag) = element.split_at(element.rfind('<').unwrap_or(element.len()));
        let mut tag = tag.to_owned();
        for attribute in ADDRESSES {
            if let Some(at) = local_address(&tag, attribute) {
                tag.replace_range(at..=at, self.base.folder());
            }
        }
        if tag.contains(" data-wasm=") {
            tag = tag.replacen("<script", &format!("<script data-server=\"{}\"", self.server), 1);
        }
        format!("{text}{tag}")
    }
}

/// Where the address in an attribute begins, if it is one of this site's: the place of its first slash.
fn local_address(tag: &str, attribute: &str) -> Option<usize> {
    let name = format!(" {attribute}=");
    let value = tag.find(&name)? + name.len();
    let at = value + usize::from(tag[value..].starts_with('"'));
    let address = &tag[at..];
    (address.starts_with('/') && !address.starts_with("//")).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"<meta content="connect-src 'self'; x">"#;

    fn stamp(base: &str) -> Stamp {
        Stamp { server: "https://api.example".parse().expect("an origin"), base: base.parse().expect("a base") }
    }

    fn page(base: &str, element: &str) -> String {
        let stamped = stamp(base).page(&format!("{POLICY}{element}")).expect("stamped");
        let policy = r#"<meta content="connect-src 'self' https://api.example wss://api.example; x">"#;
        stamped.strip_prefix(policy).expect(&stamped).to_owned()
    }

    #[test]
    fn addresses_of_this_site_lie_in_its_folder() {
        for (element, expected) in [
            ("<a class=brand href=/>", "<a class=brand href=/some/dir/>"),
            (r#"<a href="/terms">/terms</a>"#, r#"<a href="/some/dir/terms">/terms</a>"#),
            ("<link href=/a.css rel=stylesheet>", "<link href=/some/dir/a.css rel=stylesheet>"),
            ("<script integrity=\"sha256-/a=\" src=/a.js>", "<script integrity=\"sha256-/a=\" src=/some/dir/a.js>"),
        ] {
            assert_eq!(page("/some/dir/", element), expected);
            assert_eq!(page("/", element), element);
        }
    }

    #[test]
    fn the_loader_is_told_of_the_server() {
        assert_eq!(
            page("/d/", "<script data-tools=/t.wasm data-wasm=/a.wasm src=/boot.js>"),
            r#"<script data-server="https://api.example" data-tools=/d/t.wasm data-wasm=/d/a.wasm src=/d/boot.js>"#
        );
    }

    #[test]
    fn what_leads_elsewhere_and_what_is_text_stays_as_it_is() {
        for element in [
            "<a href=//elsewhere.example/>",
            r#"<a href="https://elsewhere.example/">"#,
            "<a href=\"#part\">",
            "<p>curl /x src=/y &lt;a href=&quot;/z&quot;&gt;</p>",
            "<path d=\"M13 8h8\"/>",
        ] {
            assert_eq!(page("/some/dir/", element), element);
        }
    }

    #[test]
    fn a_page_without_a_policy_is_not_stamped() {
        assert!(stamp("/").file("index.html", b"<p>nothing</p>").is_err());
    }

    #[test]
    fn the_guide_and_the_scripts_say_where_they_come_from() {
        let text = b"fetch https://HOST/perkoon_send.mjs; POST https://HOST/api/v1/sessions";
        let known = stamp("https://me.example/d/").file("llms.txt", text).expect("stamped");
        assert_eq!(known, b"fetch https://me.example/d/perkoon_send.mjs; POST https://api.example/api/v1/sessions");
        let unknown = stamp("/d/").file("perkoon_send.mjs", b"'https://HOST'").expect("stamped");
        assert_eq!(unknown, b"'https://HOST/d'");
        assert_eq!(stamp("/d/").file("sw.js", text).expect("as it was"), text);
    }
}

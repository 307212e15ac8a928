//! Files that some hosts (Netlify, Cloudflare Pages and others) take their settings from. They are read at the root of what is published.

use std::fmt::Write;

use perkoon_site::{EVERY_ANSWER, NO_FRAMES, SERVER_PATHS, lifetime, policy, with_server};

use super::stamp::Stamp;

/// The name of a page's file, where its address is that of its folder.
const INDEX: &str = "index.html";

/// `_headers`: what `perkoon serve` sends. Where several rules fit, hosts join values of the same name: policies are all kept to then, and
/// lifetimes are given once. Pages at other addresses, those of sessions, bring their own policy but for what it cannot say.
pub fn headers(stamp: &Stamp, names: &[String]) -> String {
    let folder = stamp.base.folder();
    let mut text = format!("{folder}*\n");
    for (name, value) in EVERY_ANSWER {
        rule(&mut text, name, value);
    }
    rule(&mut text, "content-security-policy", NO_FRAMES);
    for name in names {
        text.push_str(&format!("{folder}{}\n", address(name)));
        rule(&mut text, "cache-control", lifetime(name));
        rule(&mut text, "content-security-policy", &with_server(policy(name), stamp.server.as_str()));
    }
    text
}

fn rule(text: &mut String, name: &str, value: &str) {
    writeln!(text, "  {name}: {value}").expect("text takes more text");
}

/// How a file is asked for.
fn address(name: &str) -> &str {
    name.strip_suffix(INDEX).or_else(|| name.strip_suffix(".html")).unwrap_or(name)
}

/// `_redirects`: programs that know nothing but a page's address find the server. It holds nothing for pages: Cloudflare follows what it
/// holds even where there is a file, and neither host can tell a code from a name.
pub fn redirects(stamp: &Stamp) -> String {
    let (folder, server) = (stamp.base.folder(), &stamp.server);
    let mut text = String::new();
    for path in SERVER_PATHS {
        let name = path.trim_start_matches('/');
        let [from, to] = if name.ends_with('/') { ["*", ":splat"] } else { ["", ""] };
        writeln!(text, "{folder}{name}{from} {server}{path}{to} 307").expect("text takes more text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(base: &str) -> Stamp {
        Stamp { server: "https://api.example".parse().expect("an origin"), base: base.parse().expect("a base") }
    }

    /// The headers that the rule for exactly this address has.
    fn under<'a>(rules: &'a str, address: &str) -> Vec<&'a str> {
        let mut lines = rules.lines().skip_while(|line| *line != address).skip(1);
        let mut found = Vec::new();
        while let Some(header) = lines.next().and_then(|line| line.strip_prefix("  ")) {
            found.push(header);
        }
        found
    }

    #[test]
    fn every_file_has_its_headers() {
        let names =
            [INDEX, "create.html", "create/index.html", "app-0123456789abcdef.js", "sw.js", "client-zip/worker.js", "llms.txt"];
        let rules = headers(&stamp("/d/"), &names.map(str::to_owned));
        let everywhere = under(&rules, "/d/*");
        assert!(
            everywhere.contains(&"x-frame-options: DENY") && everywhere.contains(&"x-content-type-options: nosniff"),
            "{rules}"
        );
        assert!(everywhere.contains(&"content-security-policy: frame-ancestors 'none'"), "{rules}");
        for page in ["/d/", "/d/create", "/d/create/"] {
            let [lifetime, policy] = under(&rules, page)[..] else { panic!("{page} in {rules}") };
            assert_eq!(lifetime, "cache-control: no-cache");
            assert!(policy.contains("connect-src 'self' https://api.example wss://api.example;"), "{policy}");
        }
        assert_eq!(under(&rules, "/d/app-0123456789abcdef.js")[0], "cache-control: public, max-age=31536000, immutable");
        for worker in ["/d/sw.js", "/d/client-zip/worker.js"] {
            let script = "content-security-policy: frame-ancestors 'none'; default-src 'none'; script-src 'self'";
            assert_eq!(under(&rules, worker), ["cache-control: no-cache", script]);
        }
        assert_eq!(under(&rules, "/d/llms.txt").len(), 2);
    }

    /// Cloudflare's bounds: 100 rules, 2000 characters a line.
    #[test]
    fn hosts_take_as_much() {
        let names: Vec<_> = (0..40).map(|number| format!("{number}.html")).collect();
        let rules = headers(&stamp("/"), &names);
        assert!(rules.lines().filter(|line| line.starts_with('/')).count() < 100);
        assert!(rules.lines().all(|line| line.len() < 2000), "{rules}");
    }

    #[test]
    fn what_is_asked_of_the_server_is_sent_there() {
        assert_eq!(
            redirects(&stamp("/d/")),
            "/d/.well-known/* https://api.example/.well-known/:splat 307\n/d/a2a https://api.example/a2a 307\n\
             /d/api/* https://api.example/api/:splat 307\n/d/mcp https://api.example/mcp 307\n"
        );
    }
}

//! What browsers are told to refuse, and how long they may keep what they have.

use crate::is_hashed;

/// What a page may do: run and fetch what its own origin serves, and nothing written into it. `index.html` and `web/pages/page.html` say
/// the same for hosts without headers of ours, all but the first directive, which counts only in a header.
const PAGE: &str = "frame-ancestors 'none'; default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types default";

/// What a worker may do, which has a policy of its own: load its other scripts.
const SCRIPT: &str = "frame-ancestors 'none'; default-src 'none'; script-src 'self'";

/// What everything else may do, should somebody open it as a page.
pub const ANYTHING: &str = "frame-ancestors 'none'; default-src 'none'; base-uri 'none'; form-action 'none'";

/// The part of every policy that a page cannot say of itself.
pub const NO_FRAMES: &str = "frame-ancestors 'none'";

/// What a page says of whom it talks to.
const TALKS_TO: &str = "connect-src 'self'";

/// What pages and whatever runs in them cannot ask for. Left alone: copying a link, sharing it, and keeping the screen on.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(self), \
    display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
    screen-wake-lock=(self), serial=(), usb=(), web-share=(self), xr-spatial-tracking=()";

/// Headers of every answer, whatever it holds.
pub const EVERY_ANSWER: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS),
];

/// The content security policy of a file whose pages talk to nobody but their own origin.
pub fn policy(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "html")) => PAGE,
        Some((_, "js")) => SCRIPT,
        _ => ANYTHING,
    }
}

/// The same policy, or a page that holds one, with the server at another origin: its pages talk to that, too.
pub fn with_server(policy: &str, server: &str) -> String {
    let sockets = server.replacen("http", "ws", 1);
    policy.replace(TALKS_TO, &format!("{TALKS_TO} {server} {sockets}"))
}

/// How long a file may be kept (`Cache-Control`): for ever where its name changes with its content.
pub fn lifetime(name: &str) -> &'static str {
    if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_themselves_say_what_the_header_says() {
        let (frames, policy) = PAGE.split_once("; ").expect("several directives");
        assert_eq!(frames, NO_FRAMES);
        let element = format!(r#"<meta http-equiv="Content-Security-Policy" content="{policy}" />"#);
        for page in [include_str!("../../../index.html"), include_str!("../../../web/pages/page.html")] {
            let (before, _) = page.split_once(&element).expect(&element);
            assert!(!before.contains("<script") && !before.contains("<link"), "it holds only for what comes after it");
        }
    }

    #[test]
    fn nothing_written_into_a_page_ever_runs() {
        for policy in [PAGE, SCRIPT, ANYTHING] {
            assert!(
                !policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'") && !policy.contains("http"),
                "{policy}"
            );
            assert!(policy.contains("default-src 'none'") && policy.contains(NO_FRAMES), "{policy}");
        }
    }

    #[test]
    fn a_server_elsewhere_is_talked_to_and_nothing_else_changes() {
        for (server, sockets) in
            [("https://api.example:8443", "wss://api.example:8443"), ("http://127.0.0.1:1", "ws://127.0.0.1:1")]
        {
            let policy = with_server(policy("index.html"), server);
            let talks_to = format!("; connect-src 'self' {server} {sockets};");
            assert_eq!(policy.replace(&talks_to, "; connect-src 'self';"), PAGE);
            assert!(policy.contains(&talks_to), "{policy}");
        }
        assert_eq!(with_server(policy("sw.js"), "https://api.example"), SCRIPT);
    }

    /// The examples for hosts that cannot read a `_headers` file.
    #[test]
    fn the_examples_send_the_same_headers() {
        for example in [include_str!("../../../deploy/nginx/headers.conf"), include_str!("../../../deploy/caddy/perkoon.caddy")] {
            let words = example.replace('"', "").to_lowercase();
            for (name, value) in EVERY_ANSWER {
                assert!(words.contains(&format!("{name} {}", value.to_lowercase())), "{name} in {example}");
            }
        }
        for example in [include_str!("../../../deploy/nginx/maps.conf"), include_str!("../../../deploy/caddy/perkoon.caddy")] {
            for value in [NO_FRAMES, SCRIPT, lifetime("a-0123456789abcdef.js"), lifetime("sw.js")] {
                assert!(
                    example.contains(&format!("{value}\"")) || example.contains(&format!(" {value}\n")),
                    "{value} in {example}"
                );
            }
        }
    }
}

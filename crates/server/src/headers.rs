//! What browsers are told to refuse, whatever an answer holds.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a page may do: run and fetch what its own origin serves, and nothing written into it. `index.html` and `web/pages/page.html` say
/// the same for hosts without headers of ours, all but the first directive, which counts only in a header.
const PAGE: &str = "frame-ancestors 'none'; default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types default";

/// What a worker may do, which has a policy of its own: load its other scripts.
const SCRIPT: &str = "frame-ancestors 'none'; default-src 'none'; script-src 'self'";

/// What everything else may do, should somebody open it as a page.
const ANYTHING: &str = "frame-ancestors 'none'; default-src 'none'; base-uri 'none'; form-action 'none'";

/// What pages and whatever runs in them cannot ask for. Left alone: copying a link, sharing it, and keeping the screen on.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(self), \
    display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), \
    screen-wake-lock=(self), serial=(), usb=(), web-share=(self), xr-spatial-tracking=()";

const EVERY_ANSWER: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// The content security policy of a static file. An answer without content has it too, for browsers replace what they know by it.
pub(crate) fn policy(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.') {
        Some((_, "html")) => PAGE,
        Some((_, "js")) => SCRIPT,
        _ => ANYTHING,
    })
}

/// Adds what every answer has.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in EVERY_ANSWER {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(ANYTHING));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_themselves_say_what_the_header_says() {
        let (_, policy) = PAGE.split_once("; ").expect("several directives");
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
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        }
    }
}

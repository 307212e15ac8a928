//! Static files.

use std::{fs, path::Path};

use perkoon_server::Config;
use reqwest::{Response, StatusCode, header};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Server, generous, soon};

const SHELL: &str = "<!doctype html><title>Perkoon</title>";

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, content).expect("written");
}

/// A site beside a file that is none of its business.
async fn site() -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "secret.txt", "secret");
    let dist = folder.path().join("dist");
    write(&dist, "index.html", SHELL);
    for name in
        ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm", "sw.js", "a/b/c.css", "icon.svg", "llms.txt", "terms.html"]
    {
        write(&dist, name, &format!("plain {name}"));
    }
    for name in ["perkoon_send.mjs", "site.webmanifest", "data.json", "perkoon.d.ts", "thing.xyz-unknown", ".hidden"] {
        write(&dist, name, &format!("plain {name}"));
    }
    write(&dist, "app-0123456789abcdef.js.br", "brotli");
    write(&dist, "app-0123456789abcdef.js.gz", "gzip");
    write(&dist, "lonely.js.gz", "gzip");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret.txt", dist.join("leak.txt")).expect("linked");
        std::os::unix::fs::symlink("llms.txt", dist.join("alias.txt")).expect("linked");
    }
    let server = Server::start(Config { assets: Some(dist), ..generous() }).await;
    (server, folder)
}

async fn get_with(server: &Server, path: &str, name: header::HeaderName, value: &str) -> Response {
    server.http.get(server.url(path)).header(name, value).send().await.expect("an answer")
}

#[tokio::test]
async fn pages_get_the_shell_and_unknown_ones_a_404_with_it() {
    let (server, _folder) = site().await;
    for (path, status) in [
        ("/", 200),
        ("/create", 200),
        ("/create?agent=true", 200),
        ("/K7MX4QPR9W2N", 200),
        ("/k7mx-4qpr-9w2n", 200),
        ("/K7MX%204QPR%209W2N?agent=true", 200),
        ("/K7MX4QPR9W2", 404),
        ("/nothing/here", 404),
        ("/create/more", 404),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache", "{path}");
        assert_eq!(answer.headers()[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.text().await.expect("text"), SHELL, "{path}");
    }
}

#[tokio::test]
async fn pages_of_text_are_files_of_their_own() {
    let (server, _folder) = site().await;
    for path in ["/terms", "/terms/", "/terms.html"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.text().await.expect("text"), "plain terms.html", "{path}");
    }
}

#[tokio::test]
async fn the_guide_and_the_scripts_name_the_server_they_come_from() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = "curl https://HOST/x; curl https://HOST";
    for name in ["automate.html", "llms.txt", "perkoon_send.mjs", "perkoon_receive.mjs", "other.txt"] {
        write(folder.path(), name, text);
        write(folder.path(), &format!("{name}.br"), "compressed before the server was known");
    }
    let config =
        Config { assets: Some(folder.path().to_owned()), public_url: Some("https://perkoon.example".to_owned()), ..generous() };
    let server = Server::start(config).await;
    for path in ["/automate", "/llms.txt", "/perkoon_send.mjs", "/perkoon_receive.mjs"] {
        let answer = get_with(&server, path, header::ACCEPT_ENCODING, "br").await;
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING), "{path}");
        assert_eq!(answer.text().await.expect("text"), "curl https://perkoon.example/x; curl https://perkoon.example", "{path}");
    }
    assert_eq!(server.get("/other.txt").await.text().await.expect("text"), text);
}

#[tokio::test]
async fn missing_files_are_plainly_missing() {
    let (server, _folder) = site().await;
    for path in ["/nothing.js", "/a/b/nothing.css", "/app-fedcba9876543210.js", "/lonely.js", "/a.b"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{path}");
        assert!(!answer.text().await.expect("text").contains("html"), "{path}");
    }
}

#[tokio::test]
async fn files_have_their_types_and_lifetimes() {
    const IMMUTABLE: &str = "public, max-age=31536000, immutable";
    let (server, _folder) = site().await;
    for (path, content_type, cache) in [
        ("/app-0123456789abcdef.js", "text/javascript; charset=utf-8", IMMUTABLE),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", IMMUTABLE),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/a/b/c.css", "text/css; charset=utf-8", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/llms.txt", "text/plain; charset=utf-8", "no-cache"),
        ("/alias.txt", "text/plain; charset=utf-8", "no-cache"),
        ("/perkoon_send.mjs", "text/javascript; charset=utf-8", "no-cache"),
        ("/site.webmanifest", "application/manifest+json", "no-cache"),
        ("/data.json", "application/json", "no-cache"),
        ("/perkoon.d.ts", "text/plain; charset=utf-8", "no-cache"),
        ("/thing.xyz-unknown", "application/octet-stream", "no-cache"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], content_type, "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], cache, "{path}");
        assert_eq!(answer.headers()[header::VARY], "Accept-Encoding", "{path}");
        assert_eq!(answer.headers().contains_key("service-worker-allowed"), path == "/sw.js", "{path}");
        assert!(answer.text().await.expect("text").starts_with("plain "), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_a_policy_that_fits_what_it_is() {
    let (server, _folder) = site().await;
    for (path, allowed) in [
        ("/", "script-src 'self' 'wasm-unsafe-eval'"),
        ("/K7MX4QPR9W2N", "connect-src 'self'"),
        ("/terms", "require-trusted-types-for 'script'"),
        ("/nothing/here", "form-action 'none'"),
        ("/sw.js", "script-src 'self'"),
        ("/icon.svg", "default-src 'none'"),
        ("/nothing.js", "form-action 'none'"),
        ("/healthz", "form-action 'none'"),
        ("/api/v1/sessions/K7MX4QPR9W2N/status", "form-action 'none'"),
        ("/socket", "form-action 'none'"),
    ] {
        let answer = server.get(path).await;
        let header = |name: &str| answer.headers()[name].to_str().expect("ASCII").to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("frame-ancestors 'none'; default-src 'none'") && policy.contains(allowed), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(policy.contains("connect-src"), header("content-type").starts_with("text/html"), "only pages: {path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("permissions-policy").contains("camera=()"), "{path}");
    }
}

/// A browser takes the headers of such an answer for those of the copy it has.
#[tokio::test]
async fn an_unchanged_page_keeps_its_policy() {
    let (server, _folder) = site().await;
    let fresh = server.get("/").await;
    let tag = fresh.headers()[header::ETAG].to_str().expect("ASCII");
    let unchanged = get_with(&server, "/", header::IF_NONE_MATCH, tag).await;
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(unchanged.headers()[header::CONTENT_SECURITY_POLICY], fresh.headers()[header::CONTENT_SECURITY_POLICY]);
}

#[tokio::test]
async fn the_best_encoding_is_chosen() {
    let (server, _folder) = site().await;
    for (path, accepted, encoding, body) in [
        ("/app-0123456789abcdef.js", "gzip, br", Some("br"), "brotli"),
        ("/app-0123456789abcdef.js", "gzip, br;q=0.5", Some("gzip"), "gzip"),
        ("/app-0123456789abcdef.js", "deflate", None, "plain app-0123456789abcdef.js"),
        ("/app-0123456789abcdef.js", "br;q=0, identity", None, "plain app-0123456789abcdef.js"),
        ("/llms.txt", "gzip, br", None, "plain llms.txt"),
    ] {
        let answer = get_with(&server, path, header::ACCEPT_ENCODING, accepted).await;
        let named = answer.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().expect("ASCII").to_owned());
        assert_eq!(named.as_deref(), encoding, "{path} {accepted}");
        let expected = if path.ends_with(".js") { "text/javascript; charset=utf-8" } else { "text/plain; charset=utf-8" };
        assert_eq!(answer.headers()[header::CONTENT_TYPE], expected, "the type is that of the plain file");
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], body.len().to_string(), "{path} {accepted}");
        assert_eq!(answer.text().await.expect("text"), body, "{path} {accepted}");
    }
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again() {
    let (server, folder) = site().await;
    let tag = server.get("/sw.js").await.headers()[header::ETAG].to_str().expect("ASCII").to_owned();
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let answer = get_with(&server, "/sw.js", header::IF_NONE_MATCH, &known).await;
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(answer.headers()[header::ETAG], tag, "{known}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-cache", "{known}");
        assert_eq!(answer.text().await.expect("text"), "", "{known}");
    }
    write(folder.path(), "dist/sw.js", "a new version");
    let answer = get_with(&server, "/sw.js", header::IF_NONE_MATCH, &tag).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_ne!(answer.headers()[header::ETAG], tag);
    assert_eq!(answer.text().await.expect("text"), "a new version");
}

#[tokio::test]
async fn encodings_have_tags_of_their_own() {
    let (server, _folder) = site().await;
    let mut tags = Vec::new();
    for accepted in ["br", "gzip", "identity"] {
        let answer = get_with(&server, "/app-0123456789abcdef.js", header::ACCEPT_ENCODING, accepted).await;
        tags.push(answer.headers()[header::ETAG].clone());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let (server, _folder) = site().await;
    for path in ["/", "/sw.js", "/nothing.js", "/healthz"] {
        let get = server.get(path).await;
        let head = server.http.head(server.url(path)).send().await.expect("an answer");
        assert_eq!(head.status(), get.status(), "{path}");
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CACHE_CONTROL] {
            assert_eq!(head.headers().get(&name), get.headers().get(&name), "{path} {name}");
        }
        assert_eq!(head.bytes().await.expect("no body"), "", "{path}");
    }
    let answer = server.post("/sw.js", "").await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD");
}

/// Raw, since a client library would tidy the path up.
async fn raw(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.origin.trim_start_matches("http://")).await.expect("accepted");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.expect("read");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let (server, _folder) = site().await;
    assert!(raw(&server, "/llms.txt").await.contains("plain llms.txt"));
    for path in [
        "/../secret.txt",
        "/a/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/a%2f..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/./../secret.txt",
        "/leak.txt",
        "/.hidden",
        "/a",
        "/a/b/",
        "/llms.txt/",
        "/llms.txt%00.js",
    ] {
        let answer = raw(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
        assert!(!answer.contains("secret") && !answer.contains("plain ."), "{path}: {answer}");
    }
}

#[tokio::test]
async fn without_pages_the_server_says_how_to_get_them() {
    let server = Server::start(generous()).await;
    let answer = server.get("/").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.expect("text").contains("cargo xtask serve"));
}

//! A file's answer: type, encoding, caching.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    Assets,
    asset::Asset,
    encoding::{Accepted, Encoding},
    origin,
};
use crate::{headers::policy, state::AppState};

const SERVICE_WORKER: &str = "sw.js";
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// The answer with the best version of `name`; none when there is no such file.
pub(super) async fn file(state: &AppState, name: &str, status: StatusCode, headers: &HeaderMap) -> Option<Response> {
    // A lone compressed copy is no file: only what is there plainly has other versions.
    let plain = state.assets.get(name).await?;
    let (encoding, asset) = if origin::is_named_in(name) {
        (Encoding::Identity, origin::filled_in(&plain, &state.origin))
    } else {
        best(&state.assets, name, plain, Accepted::from_headers(headers)).await
    };
    let mut response = Response::new(Body::empty());
    let unchanged = status == StatusCode::OK && is_known(headers, &asset.tag);
    *response.status_mut() = if unchanged { StatusCode::NOT_MODIFIED } else { status };
    describe(response.headers_mut(), name, &asset);
    if unchanged {
        return Some(response);
    }
    represent(response.headers_mut(), name, encoding, asset.bytes.len());
    // A HEAD request's body is left out where the answer is written.
    *response.body_mut() = Body::from(asset.bytes);
    Some(response)
}

async fn best(assets: &Assets, name: &str, plain: Asset, accepted: Accepted) -> (Encoding, Asset) {
    for encoding in accepted.by_preference() {
        if encoding == Encoding::Identity {
            break;
        }
        if let Some(asset) = assets.get(&format!("{name}{}", encoding.suffix())).await {
            return (encoding, asset);
        }
    }
    (Encoding::Identity, plain)
}

/// What a fresh and an unchanged answer have in common.
fn describe(headers: &mut HeaderMap, name: &str, asset: &Asset) {
    headers.insert(header::ETAG, HeaderValue::from_str(&asset.tag).expect("a tag is ASCII"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(perkoon_site::lifetime(name)));
    if name == SERVICE_WORKER {
        headers.insert(SERVICE_WORKER_ALLOWED, HeaderValue::from_static("/"));
    }
}

fn represent(headers: &mut HeaderMap, name: &str, encoding: Encoding, length: usize) {
    headers.insert(header::CONTENT_TYPE, content_type(name));
    headers.insert(header::CONTENT_LENGTH, length.into());
    if encoding != Encoding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
}

fn content_type(name: &str) -> HeaderValue {
    let mime = match name.rsplit('.').next() {
        // What RFC 9239 says, which the table does not know yet.
        Some("mjs") => mime_guess::mime::TEXT_JAVASCRIPT,
        // To the world at large this is video.
        Some("ts") => mime_guess::mime::TEXT_PLAIN,
        _ => mime_guess::from_path(name).first_or_octet_stream(),
    };
    let text = mime.type_() == mime_guess::mime::TEXT;
    let value = if text { format!("{}; charset=utf-8", mime.essence_str()) } else { mime.essence_str().to_owned() };
    HeaderValue::from_str(&value).expect("a type is ASCII")
}

/// Whether the client has exactly this already (`If-None-Match`, compared weakly as RFC 9110 says).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

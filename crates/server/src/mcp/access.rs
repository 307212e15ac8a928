//! Whom requests may come from, and whose they are.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    client::Client,
    host,
    metrics::Refused,
    refusal::Refusal,
    state::{AppState, Shared},
};

/// Lets requests in that are meant for this server and sent by a program or an allowed page. A page that makes its own name lead here
/// asks for that name, and any page says whose it is.
pub(super) async fn admit(State(state): State<AppState>, client: Client, mut request: Request, next: Next) -> Response {
    if !is_for(&state, request.headers()) {
        state.metrics.refused(Refused::Host);
        let detail = "This server does not go by the name that the request is for. Use the address of its public URL; its operator sets \
                      that with --public-url, and a proxy in front has to pass Host on.";
        return Refusal::invalid(StatusCode::FORBIDDEN, detail).into_response();
    }
    if !is_from_a_friend(&state, request.headers()) {
        state.metrics.refused(Refused::Origin);
        let detail = "Pages of this origin may not use this server. Its operator can allow them with --allowed-origin.";
        return Refusal::invalid(StatusCode::FORBIDDEN, detail).into_response();
    }
    // The tools see nothing of the request but this.
    request.extensions_mut().insert(client);
    next.run(request).await
}

fn is_for(state: &Shared, headers: &HeaderMap) -> bool {
    let Some(asked) = host::asked(headers) else { return false };
    host::is_this_machine(&asked) || host::of_origin(&state.origin).is_some_and(|own| own == asked)
}

/// Tools for developers run as pages on their machine.
fn is_from_a_friend(state: &Shared, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let local = match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().ok().and_then(host::of_origin).is_some_and(|host| host::is_this_machine(&host)),
        _ => false,
    };
    local || state.origins.admit(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn state() -> AppState {
        AppState::new(Config {
            public_url: Some("https://perkoon.example".to_owned()),
            allowed_origins: vec!["https://friends.example".to_owned()],
            ..Config::default()
        })
    }

    fn headers(host: &str, origins: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a value"));
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn requests_are_for_the_public_host_or_this_machine() {
        for host in ["perkoon.example", "PERKOON.example:443", "localhost:8787", "127.0.0.1:8787", "[::1]:8787"] {
            assert!(is_for(&state(), &headers(host, &[])), "{host}");
        }
        for host in ["evil.example", "perkoon.example.evil.example", "10.0.0.1:8787", "friends.example"] {
            assert!(!is_for(&state(), &headers(host, &[])), "{host}");
        }
        assert!(!is_for(&state(), &HeaderMap::new()), "no host at all");
    }

    #[test]
    fn programs_and_allowed_pages_are_friends() {
        for origins in [
            &[][..],
            &["https://perkoon.example"],
            &["https://friends.example"],
            &["http://localhost:6274"],
            &["http://127.0.0.1:8787"],
        ] {
            assert!(is_from_a_friend(&state(), &headers("perkoon.example", origins)), "{origins:?}");
        }
        for origins in [
            &["https://evil.example"][..],
            &["null"],
            &[""],
            &["http://localhost.evil.example"],
            &["http://localhost:6274", "https://evil.example"],
        ] {
            assert!(!is_from_a_friend(&state(), &headers("perkoon.example", origins)), "{origins:?}");
        }
    }
}

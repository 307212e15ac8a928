//! STUN and TURN: what participants are told of, so that they find a way to each other through NATs and firewalls.
//!
//! TURN credentials are made for each participant and good for a limited time, as draft-uberti-behave-turn-rest-00 describes and
//! coturn checks with `use-auth-secret`: the user name is `expiry:participant`, the expiry in seconds since 1970, and the password is
//! `base64(HMAC-SHA1(secret, user name))`. The TURN server knows the secret, and nothing of sessions.

mod url;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use perkoon_protocol::rest::IceServer;
use sha1::Sha1;

pub use self::url::{IceUrl, IceUrlError};
use crate::{clock::Millis, secret::Secret};

/// Credentials whose time is not set are good for so many seconds at least, and as long as the session lives.
const CREDENTIALS_SECONDS: u64 = 86_400;

/// The STUN and TURN servers that participants are told of. By default none: nobody's traffic goes to a third party unasked.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// STUN servers.
    pub stun: Vec<IceUrl>,
    /// TURN servers, with what they ask for.
    pub turn: Option<Turn>,
}

/// TURN servers that share a secret with this server.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The servers' addresses.
    pub urls: Vec<IceUrl>,
    /// What the TURN servers have as their `static-auth-secret`.
    pub secret: Secret,
    /// Seconds from the join for which credentials are good. Without it a day, or until the session ends where that is later.
    pub ttl: Option<u64>,
}

impl Ice {
    /// What a participant that joins now is told.
    pub(crate) fn servers(&self, now: Millis, session_end: Millis, participant: &str) -> Vec<IceServer> {
        let stun = (!self.stun.is_empty()).then(|| IceServer { urls: texts(&self.stun), username: None, credential: None });
        let turn = self.turn.as_ref().map(|turn| turn.server(now, session_end, participant));
        stun.into_iter().chain(turn).collect()
    }
}

impl Turn {
    fn server(&self, now: Millis, session_end: Millis, participant: &str) -> IceServer {
        let until = |ttl| now.as_seconds().saturating_add(ttl);
        let expiry = match self.ttl {
            Some(ttl) => until(ttl),
            None => until(CREDENTIALS_SECONDS).max(session_end.as_seconds()),
        };
        let username = format!("{expiry}:{participant}");
        let credential = credential(&self.secret, &username);
        IceServer { urls: texts(&self.urls), username: Some(username), credential: Some(credential) }
    }
}

fn credential(secret: &Secret, username: &str) -> String {
    let hmac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a secret of any length");
    BASE64_STANDARD.encode(hmac.chain_update(username).finalize().into_bytes())
}

fn texts(urls: &[IceUrl]) -> Vec<String> {
    urls.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::from_seconds(1_767_225_600);

    fn turn(ttl: Option<u64>) -> Ice {
        let urls = vec!["turn:turn.example.org?transport=udp".parse().expect("a URL")];
        let secret = Secret::from_text("an operator's secret, long enough").expect("long enough");
        Ice { stun: Vec::new(), turn: Some(Turn { urls, secret, ttl }) }
    }

    fn username(ice: &Ice, session_end: u64) -> String {
        let servers = ice.servers(NOW, Millis::from_seconds(session_end), "p");
        servers.into_iter().find_map(|server| server.username).expect("a user name")
    }

    #[test]
    fn credentials_are_those_that_turn_servers_compute() {
        let servers = turn(Some(600)).servers(NOW, NOW, "aBcD_-0123xy");
        // Made by another implementation: printf %s NAME | openssl dgst -sha1 -hmac SECRET -binary | base64
        let expected = IceServer {
            urls: vec!["turn:turn.example.org?transport=udp".to_owned()],
            username: Some("1767226200:aBcD_-0123xy".to_owned()),
            credential: Some("naUuAqFUrBI2PpebUujVf5353j8=".to_owned()),
        };
        assert_eq!(servers, [expected]);
    }

    #[test]
    fn credentials_last_as_long_as_they_may_be_needed_or_as_set() {
        assert_eq!(username(&turn(None), 1_767_225_660), "1767312000:p", "a day, in a session of a minute");
        assert_eq!(username(&turn(None), 1_767_830_400), "1767830400:p", "a session of a week");
        assert_eq!(username(&turn(Some(1)), 1_767_830_400), "1767225601:p", "as the operator says");
    }

    #[test]
    fn no_setting_means_no_servers_and_stun_needs_no_credentials() {
        assert_eq!(Ice::default().servers(NOW, NOW, "p"), []);
        let stun = Ice { stun: vec!["stun:stun.example.org".parse().expect("a URL")], ..Ice::default() };
        let expected = IceServer { urls: vec!["stun:stun.example.org".to_owned()], username: None, credential: None };
        assert_eq!(stun.servers(NOW, NOW, "p"), [expected]);
    }

    #[test]
    fn the_secret_stays_out_of_debug_output() {
        assert!(!format!("{:?}", turn(None)).contains("operator"));
    }
}

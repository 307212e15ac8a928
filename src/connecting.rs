//! Connecting to the other device: what may be used for it, how far it came, and what a person is told when it came no further. Pure,
//! so that every case is tested on the host.

use perkoon_protocol::{ErrorCode, rest::IceServer};

use crate::state::Failure;

/// What a relay (a TURN server) is to this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay {
    /// The server knows of none.
    Unknown,
    /// There for when nothing else works.
    Known,
    /// The only way that is allowed.
    Only,
}

impl Relay {
    /// The part that a relay plays with these servers, `only` saying that nothing else may be used.
    ///
    /// # Errors
    /// When only a relay may be used and there is none: then it is no use trying.
    pub fn among(servers: &[IceServer], only: bool) -> Result<Self, Failure> {
        let known = servers.iter().flat_map(|server| &server.urls).any(|url| url.starts_with("turn"));
        match (known, only) {
            (true, true) => Ok(Self::Only),
            (true, false) => Ok(Self::Known),
            (false, false) => Ok(Self::Unknown),
            (false, true) => Err(failure_in_words(
                "This page may connect through a relay only (?relay=true), and this server has none. Open it with ?relay=false, or ask \
                 whoever runs the server for a relay.",
            )),
        }
    }
}

/// What a peer connection has got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The browser found an address that this device may be reached at, a relay's included.
    pub gathered: bool,
    /// The other side has described itself.
    pub answered: bool,
    /// ICE found a path.
    pub path: bool,
}

/// The stages of connecting, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding addresses of this device.
    Gathering,
    /// Hearing from the other side by way of the server.
    Answering,
    /// Finding a path between the two networks.
    FindingPath,
    /// Opening an encrypted channel on it.
    Securing,
}

/// The stage that failed: the first that is not done.
pub const fn failed_stage(progress: Progress) -> Stage {
    match progress {
        Progress { path: true, .. } => Stage::Securing,
        Progress { gathered: false, .. } => Stage::Gathering,
        Progress { answered: false, .. } => Stage::Answering,
        _ => Stage::FindingPath,
    }
}

/// Says which stage failed and what to try.
pub fn failure(progress: Progress, relay: Relay) -> Failure {
    failure_in_words(match (failed_stage(progress), relay) {
        (Stage::Gathering, Relay::Only) => {
            "The relay did not let this device in, and ?relay=true allows no other way. Reload the page, or open it with ?relay=false."
        }
        (Stage::Gathering, _) => {
            "This browser found no address to connect from. A VPN, an extension or a policy may block WebRTC: turn it off, or try \
             another browser."
        }
        (Stage::Answering, _) => ErrorCode::Timeout.sentence(),
        (Stage::FindingPath, Relay::Unknown) => ErrorCode::ConnectionFailed.sentence(),
        (Stage::FindingPath, _) => {
            "No path was found between the two networks, not even through the relay. Reload both pages, try another network, or turn \
             the VPN off."
        }
        (Stage::Securing, _) => {
            "The two devices found each other, but no secure channel opened between them. Reload both pages, or try another network."
        }
    })
}

fn failure_in_words(message: &str) -> Failure {
    Failure { message: message.to_owned(), ..ErrorCode::ConnectionFailed.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> IceServer {
        IceServer { urls: vec![url.to_owned()], username: None, credential: None }
    }

    #[test]
    fn the_first_stage_not_done_is_the_one_that_failed() {
        for (gathered, answered, path, stage) in [
            (false, false, false, Stage::Gathering),
            (false, true, false, Stage::Gathering),
            (true, false, false, Stage::Answering),
            (true, true, false, Stage::FindingPath),
            (true, true, true, Stage::Securing),
        ] {
            assert_eq!(failed_stage(Progress { gathered, answered, path }), stage);
        }
    }

    #[test]
    fn a_relay_is_known_when_the_server_names_one() {
        let (stun, turn, turns) = (server("stun:a.example"), server("turn:a.example"), server("turns:a.example"));
        assert_eq!(Relay::among(&[], false), Ok(Relay::Unknown));
        assert_eq!(Relay::among(std::slice::from_ref(&stun), false), Ok(Relay::Unknown));
        assert_eq!(Relay::among(&[stun.clone(), turn], false), Ok(Relay::Known));
        assert_eq!(Relay::among(&[turns], true), Ok(Relay::Only));
        let failure = Relay::among(&[stun], true).expect_err("no relay");
        assert!(failure.code == ErrorCode::ConnectionFailed && failure.message.contains("?relay=false"));
    }

    #[test]
    fn each_failure_says_what_failed_and_what_to_try() {
        let steps = [(false, false, false), (true, false, false), (true, true, false), (true, true, true)];
        let mut said = Vec::new();
        for (gathered, answered, path) in steps {
            for relay in [Relay::Unknown, Relay::Known, Relay::Only] {
                let failure = failure(Progress { gathered, answered, path }, relay);
                assert_eq!((failure.code, failure.retryable), (ErrorCode::ConnectionFailed, true));
                assert!(failure.message.ends_with('.') && failure.message.matches(". ").count() == 1, "{}", failure.message);
                said.push(failure.message);
            }
        }
        assert_eq!(said.iter().collect::<std::collections::BTreeSet<_>>().len(), 6, "{said:#?}");
        assert!(said[6].contains("ask whoever runs this server for a relay"), "who has no relay is told of them: {}", said[6]);
        assert!(said[7].contains("not even through the relay"), "who has one is not: {}", said[7]);
    }
}

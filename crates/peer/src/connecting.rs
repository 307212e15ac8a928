//! Connecting to the other device: what may be used for it, and how far it came.

use perkoon_protocol::rest::IceServer;

/// How the peers are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// From device to device.
    Direct,
    /// Through a TURN server.
    Relayed,
}

/// What a relay (a TURN server) is to this peer.
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
    pub fn among(servers: &[IceServer], only: bool) -> Result<Self, NoRelay> {
        let known = servers.iter().flat_map(|server| &server.urls).any(|url| url.starts_with("turn"));
        match (known, only) {
            (true, true) => Ok(Self::Only),
            (true, false) => Ok(Self::Known),
            (false, false) => Ok(Self::Unknown),
            (false, true) => Err(NoRelay),
        }
    }
}

/// Only a relay may be used, and the server knows of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRelay;

/// What a peer connection has got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// An address was found that this device may be reached at, a relay's included.
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
        assert_eq!(Relay::among(&[stun], true), Err(NoRelay));
    }
}

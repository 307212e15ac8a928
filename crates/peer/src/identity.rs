//! Whom a connection leads to: the certificate that its descriptions name. It is the same for as long as the connection lasts, or else
//! whoever carries the descriptions could put someone else at the other end of a connection that was found to be good. Pure.

use perkoon_transfer::Fingerprint;

/// What the other side's descriptions have said of it so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity(Option<Fingerprint>);

impl Identity {
    /// Takes in a session description; false when it must not be used: it names no certificate, or several, or another one than the first.
    pub fn admits(&mut self, sdp: &str) -> bool {
        let said = Fingerprint::in_sdp(sdp);
        self.0 = self.0.or(said);
        said.is_some() && said == self.0
    }

    /// The certificate, once a description was taken in.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sdp(byte: &str) -> String {
        format!(
            "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=fingerprint:sha-256 {}\r\n",
            vec![byte; 32].join(":")
        )
    }

    #[test]
    fn a_connection_is_renegotiated_with_the_same_certificate_only() {
        let mut identity = Identity::default();
        assert!(identity.admits(&sdp("AB")) && identity.admits(&sdp("ab")));
        assert!(!identity.admits(&sdp("AC")), "as when ICE is started anew by someone in between");
        assert!(identity.admits(&sdp("AB")), "the first one stays");
        assert_eq!(identity.fingerprint(), Some(Fingerprint([0xab; 32])));
    }

    #[test]
    fn a_description_without_a_certificate_or_with_several_is_refused_from_the_start() {
        for bad in ["", "v=0\r\n", &(sdp("AB") + &sdp("AC"))] {
            let mut identity = Identity::default();
            assert!(!identity.admits(bad) && identity.fingerprint().is_none(), "{bad}");
        }
    }
}

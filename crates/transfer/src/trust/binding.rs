//! Whom a connection connects: the two certificates that DTLS has checked.

/// SHA-256 of a peer's DTLS certificate, as its session description names it (RFC 8122).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

const ATTRIBUTE: &str = "a=fingerprint:";
const NAME: &[u8] = b"fingerprint";
const ALGORITHM: &str = "sha-256 ";

impl Fingerprint {
    /// The fingerprint in a session description. None unless there is one, and but one: a browser takes any of several. Nor may anything
    /// else look like one: Firefox reads names of attributes in any case, and with spaces after them.
    pub fn in_sdp(sdp: &str) -> Option<Self> {
        let lines = sdp.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        // What ends a line for one reader and not for another could hide one.
        if lines.clone().any(|line| line.contains('\r')) {
            return None;
        }
        let named = |line: &&str| line.as_bytes().windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME));
        let mut found = lines.filter(named).map(|line| Self::of_attribute(line.strip_prefix(ATTRIBUTE)?));
        let first = found.next()??;
        found.all(|other| other == Some(first)).then_some(first)
    }

    fn of_attribute(value: &str) -> Option<Self> {
        let (algorithm, digits) = value.split_at_checked(ALGORITHM.len())?;
        if !algorithm.eq_ignore_ascii_case(ALGORITHM) {
            return None;
        }
        let mut bytes = [0; 32];
        let mut pairs = digits.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        pairs.next().is_none().then_some(Self(bytes))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// This end's certificate.
    pub local: Fingerprint,
    /// The other end's.
    pub remote: Fingerprint,
}

/// What a new connection comes with.
#[derive(Clone, Copy)]
pub struct Meeting {
    /// Whom it connects.
    pub binding: Binding,
    /// 32 bytes from a cryptographic source, for this connection only.
    pub nonce: [u8; 32],
}

impl std::fmt::Debug for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meeting(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(byte: &str) -> String {
        format!("a=fingerprint:sha-256 {}", vec![byte; 32].join(":"))
    }

    #[test]
    fn the_one_fingerprint_is_found() {
        let sdp = format!("v=0\r\n{}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{}\r\n", line("aB"), line("Ab"));
        assert_eq!(Fingerprint::in_sdp(&sdp), Some(Fingerprint([0xab; 32])));
        assert_eq!(Fingerprint::in_sdp(&line("00").replace("sha-256", "SHA-256")), Some(Fingerprint([0; 32])));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_fingerprint() {
        let two = format!("{}\r\n{}\r\n", line("00"), line("01"));
        let hidden = format!("s=x\r{}\r\n{}\r\n", line("01"), line("00"));
        let weak = format!("{}\r\na=fingerprint:sha-1 00\r\n", line("00"));
        let long = format!("{}:00\r\n", line("00"));
        for other in [
            "a=Fingerprint:sha-256 ",
            "a=fingerprint :sha-256 ",
            "a=FINGERPRINT\tsha-256 ",
            " a=fingerprint:sha-256 ",
            "a=\0fingerprint:sha-256 ",
        ] {
            let other = line("01").replace("a=fingerprint:sha-256 ", other);
            assert_eq!(Fingerprint::in_sdp(&format!("{}\r\nm=application 9\r\n{other}\r\n", line("00"))), None, "{other}");
        }
        for sdp in ["v=0\r\n", &two, &hidden, &weak, &long, "a=fingerprint:sha-256 +1", "a=fingerprint:", &line("0")] {
            assert_eq!(Fingerprint::in_sdp(sdp), None, "{sdp}");
        }
    }
}

//! What this end reads in the other side's description by itself.

use perkoon_protocol::limits::LANE_MESSAGE_BYTES;

const MAX_MESSAGE_SIZE: &str = "a=max-message-size:";

/// What a side takes that says nothing (RFC 8841, section 6), in bytes.
const UNSAID: usize = 64 << 10;

/// The largest message that both the other side and the protocol allow, in bytes.
pub(crate) fn max_message(sdp: &str) -> usize {
    let said = sdp.lines().find_map(|line| line.strip_prefix(MAX_MESSAGE_SIZE)).map(|size| size.trim().parse());
    match said {
        None => UNSAID,
        // It takes any.
        Some(Ok(0)) => LANE_MESSAGE_BYTES,
        Some(Ok(bytes)) => LANE_MESSAGE_BYTES.min(bytes),
        Some(Err(_)) => UNSAID,
    }
}

/// The candidates in it, for whoever takes in those that come one by one.
pub(crate) fn candidates(sdp: &str) -> impl Iterator<Item = String> {
    sdp.lines().filter_map(|line| line.strip_prefix("a=")).filter(|line| line.starts_with("candidate:")).map(str::to_owned)
}

/// The description as the stack gets it: without candidates, and with room for messages as long as this end offers to take. The stack would
/// take no longer ones than the other side does.
pub(crate) fn for_stack(sdp: &str) -> String {
    let is_other =
        |line: &&str| !["a=candidate:", "a=end-of-candidates", MAX_MESSAGE_SIZE].iter().any(|start| line.starts_with(start));
    let mut written: String = sdp.lines().filter(is_other).flat_map(|line| [line, "\r\n"]).collect();
    if sdp.contains("m=application") {
        written += &format!("{MAX_MESSAGE_SIZE}{LANE_MESSAGE_BYTES}\r\n");
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_holds() {
        for (said, bytes) in [
            ("", UNSAID),
            ("a=max-message-size:0", LANE_MESSAGE_BYTES),
            ("a=max-message-size:16384\r\n", 16384),
            ("a=max-message-size:1073741823", LANE_MESSAGE_BYTES),
            ("a=max-message-size:-5", UNSAID),
        ] {
            assert_eq!(
                max_message(&format!("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{said}")),
                bytes,
                "{said}"
            );
        }
    }

    #[test]
    fn the_stack_takes_what_is_offered_and_candidates_one_by_one() {
        let head = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
        let candidate = "candidate:1 1 udp 1 10.0.0.1 5 typ host";
        let sdp = format!("{head}a=max-message-size:1\r\na={candidate}\r\na=end-of-candidates\r\na=mid:0\r\n");
        assert_eq!(for_stack(&sdp), format!("{head}a=mid:0\r\na=max-message-size:262144\r\n"));
        assert_eq!(candidates(&sdp).collect::<Vec<_>>(), [candidate]);
        assert_eq!(for_stack("v=0\r\n"), "v=0\r\n");
    }
}

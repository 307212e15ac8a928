//! What a person is told when connecting to the other device came no further. Pure, so that every case is tested on the host.

pub use perkoon_peer::connecting::{Progress, Relay, Stage};
use perkoon_peer::{
    Failure,
    connecting::{NoRelay, failed_stage},
};
use perkoon_protocol::ErrorCode;

/// Says which stage failed and what to try.
pub fn failure(progress: Progress, relay: Relay) -> Failure {
    Failure::in_words(
        ErrorCode::ConnectionFailed,
        match (failed_stage(progress), relay) {
            (Stage::Gathering, Relay::Only) => {
                "The relay did not let this device in, and ?relay=true allows nothing else. Reload the page, or open it with ?relay=false."
            }
            (Stage::Gathering, _) => {
                "This browser found no address to connect from. A VPN, extension or policy may block WebRTC: turn it off, or try \
             another browser."
            }
            (Stage::Answering, _) => ErrorCode::Timeout.sentence(),
            (Stage::FindingPath, Relay::Unknown) => ErrorCode::ConnectionFailed.sentence(),
            (Stage::FindingPath, _) => {
                "No path was found between the two networks, not even through the relay. Reload both pages, or try another network."
            }
            (Stage::Securing, _) => {
                "The two devices found each other, but no secure channel opened between them. Reload both pages, or try another network."
            }
        },
    )
}

/// Only a relay may be used, and there is none: it is no use trying.
pub fn no_relay(NoRelay: NoRelay) -> Failure {
    Failure::in_words(
        ErrorCode::ConnectionFailed,
        "Only a relay may be used here (?relay=true), and this server has none. Open the page with ?relay=false.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_use_a_relay_only_is_told_how_to_do_without() {
        assert!(no_relay(NoRelay).message.contains("?relay=false"));
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

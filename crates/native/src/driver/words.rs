//! What people are told who run a program rather than look at a page.

use std::{fmt::Display, time::Duration};

use perkoon_peer::{
    Failure,
    connecting::{Progress, Relay, Stage, failed_stage},
};
use perkoon_protocol::{ErrorCode, Role};

/// The part of a page's sentence that makes no sense here is said in other words.
pub(super) fn of_command(failure: Failure) -> Failure {
    if failure.message != failure.code.sentence() {
        return failure;
    }
    let message = match failure.code {
        ErrorCode::ProtocolError => {
            "The other device sent something this program does not understand. Update both and try again."
        }
        ErrorCode::VersionMismatch => "The two devices run different versions of Perkoon. Update both and try again.",
        ErrorCode::Internal => "Something went wrong on our side. Try again.",
        ErrorCode::PeerLeft => {
            "The other device has left, or its connection is gone. Start again on both: what has arrived is kept."
        }
        _ => return failure,
    };
    Failure { message: message.to_owned(), ..failure }
}

/// The receiver was told of no password, and the sender asks for one.
pub(super) fn password_asked() -> Failure {
    Failure::new(ErrorCode::WrongPassword, "The sender asks for a password. Ask them for it and start again with it.")
}

/// The other side has cancelled.
pub(super) fn cancelled_there() -> Failure {
    Failure::new(ErrorCode::Cancelled, "The other device cancelled the transfer. Ask them, and start again.")
}

/// Nobody has come in time, or nothing was offered.
pub(super) fn nobody(role: Role, found: bool, patience: Duration) -> Failure {
    let seconds = patience.as_secs();
    Failure::new(
        ErrorCode::Timeout,
        match (role, found) {
            (Role::Sender, _) => format!("Nobody opened the link within {seconds} s. Start again, and wait longer if need be."),
            (Role::Receiver, false) => {
                format!("No sender came within {seconds} s. Ask them to open their page, and start again.")
            }
            (Role::Receiver, true) => {
                format!(
                    "The sender is there, and has sent nothing within {seconds} s. Ask them to start the transfer, and start again."
                )
            }
        },
    )
}

/// There can be no connection at all.
pub(super) fn no_webrtc(error: &dyn Display) -> Failure {
    Failure::new(
        ErrorCode::ConnectionFailed,
        format!("No connection can be made from this machine ({error}). Check its network."),
    )
}

/// Says at which stage connecting failed and what to try.
pub(super) fn not_connected(progress: Progress, relay: Relay) -> Failure {
    Failure::new(
        ErrorCode::ConnectionFailed,
        match (failed_stage(progress), relay) {
            (Stage::Gathering, _) => "No network address was found to connect from. Check this machine's network and try again.",
            (Stage::Answering, _) => ErrorCode::Timeout.sentence(),
            (Stage::FindingPath, Relay::Unknown) => ErrorCode::ConnectionFailed.sentence(),
            (Stage::FindingPath, _) => {
                "No path was found between the two networks, not even through the relay. Try another network, or turn the VPN off."
            }
            (Stage::Securing, _) => {
                "The two devices found each other, but no secure channel opened between them. Try again, or try another network."
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_runs_a_program_is_told_to_reload_a_page() {
        for code in [ErrorCode::ProtocolError, ErrorCode::VersionMismatch, ErrorCode::Internal, ErrorCode::PeerLeft] {
            let failure = of_command(code.into());
            assert!(!failure.message.contains("page") && failure.code == code, "{}", failure.message);
        }
        let own = Failure::new(ErrorCode::Internal, "The disk is gone. Find it.");
        assert_eq!(of_command(own.clone()), own);
    }

    #[test]
    fn every_sentence_says_what_to_do() {
        let patience = Duration::from_secs(3);
        let nobody = [(Role::Sender, false), (Role::Receiver, false), (Role::Receiver, true)];
        let mut failures: Vec<_> = nobody.into_iter().map(|(role, found)| nobody_of(role, found, patience)).collect();
        failures.extend([password_asked(), cancelled_there(), no_webrtc(&"no port")]);
        for path in [false, true] {
            failures.push(not_connected(Progress { gathered: true, answered: true, path }, Relay::Known));
        }
        for failure in failures {
            assert!(failure.message.ends_with('.') && failure.message.contains(". "), "{}", failure.message);
        }
    }

    fn nobody_of(role: Role, found: bool, patience: Duration) -> Failure {
        let failure = nobody(role, found, patience);
        assert!(failure.message.contains("3 s") && failure.code == ErrorCode::Timeout);
        failure
    }
}

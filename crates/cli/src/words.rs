//! What people are told who run a command: the common table speaks of pages, which they do not have.

use perkoon_peer::{Failure, protection};
use perkoon_protocol::{ErrorCode, Role};

use crate::exit::Cause;

/// How both sentences about a sender's file end, which the name of the file may begin.
const ADD_AGAIN: [&str; 2] = ["Add it again and send it once more.", "Add the file again and send it once more."];

/// The same failure, in words that fit at this end of a transfer.
pub(crate) fn of_transfer(failure: Failure, role: Role, cause: Cause) -> Failure {
    let common = failure.message == failure.code.sentence();
    let message = match (role, cause) {
        _ if failure == protection::locked() => LOCKED.to_owned(),
        _ if !common => once_more(&failure.message, role),
        (Role::Sender, Cause::OtherEnd) => once_more(of_receiver(failure.code), role),
        _ => once_more(sentence(failure.code), role),
    };
    Failure { message, ..failure }
}

fn once_more(message: &str, role: Role) -> String {
    let again = match role {
        Role::Sender => "Send it once more.",
        Role::Receiver => "Ask the sender to send it once more.",
    };
    ADD_AGAIN.iter().fold(message.to_owned(), |message, phrase| message.replace(phrase, again))
}

/// Whose doing a failure is. What the other side says comes without words of its own, but for the name of a sender's file; and once there is
/// an offer nobody but it can say that.
pub(crate) fn cause(failure: &Failure, role: Role, offered: bool, interrupted: bool) -> Cause {
    let sentence = failure.code.sentence();
    let said = match role {
        Role::Sender => failure.message == sentence,
        Role::Receiver => failure.message.ends_with(sentence.trim_start_matches("A file ")),
    };
    match said && offered {
        _ if interrupted => Cause::Interrupted,
        true => Cause::OtherEnd,
        false => Cause::ThisEnd,
    }
}

/// What the sender is told when the receiver cannot take what is offered.
const fn of_receiver(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::TargetExists => {
            "The receiver has files of these names already, and left them untouched. Ask them to take another folder or to allow overwriting."
        }
        ErrorCode::FileUnreadable => "The receiver cannot save files where it was told to. Ask them to take another folder.",
        ErrorCode::InvalidRequest => "The receiver takes one file, and not what is offered. Ask them to receive into a folder.",
        code => sentence(code),
    }
}

/// This sender cannot be unlocked: it would have to ask someone.
const LOCKED: &str = "Five wrong passwords were tried, so this session is over. Nothing was transferred. Start a new one, and tell the \
    password to nobody but the receiver.";

const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidRequest => "The server did not understand the request. Update perkoon, or the server, and try again.",
        ErrorCode::SessionFull => "Someone else is using this link right now. Try again once they are done.",
        ErrorCode::WrongSenderKey => {
            "The sender key does not belong to this session. Check --session and --sender-key, or send without them in a session of your own."
        }
        ErrorCode::Replaced => "The session was opened somewhere else with the same key, which has taken over. Go on there.",
        ErrorCode::PeerLeft => {
            "The other device has left, or its connection is gone. Start again on both: what has arrived is kept."
        }
        ErrorCode::BrowserUnsupported => "This machine cannot make direct connections. Try another one.",
        ErrorCode::TargetExists => {
            "A file with this name is already there and was left untouched. Name another folder with --output, or allow --overwrite."
        }
        ErrorCode::ProtocolError => {
            "The other device sent something this program does not understand. Update both and try again."
        }
        ErrorCode::VersionMismatch => "The two devices run different versions of Perkoon. Update both and try again.",
        ErrorCode::Timeout => "The other device did not answer in time. Check that it still waits there and try again.",
        ErrorCode::Internal => "Something went wrong on our side. Try again.",
        code => code.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_runs_a_command_is_sent_to_a_page() {
        for code in ErrorCode::ALL {
            for (role, cause) in
                [(Role::Sender, Cause::ThisEnd), (Role::Sender, Cause::OtherEnd), (Role::Receiver, Cause::OtherEnd)]
            {
                let Failure { code: same, message, retryable } = of_transfer((*code).into(), role, cause);
                assert_eq!((same, retryable), (*code, code.retryable()));
                assert!(message.ends_with('.') && message.contains(". "), "{message}");
                for word in ["page", "Reload", "tab", "Add ", "browser"] {
                    assert!(!message.contains(word), "{message}");
                }
            }
        }
    }

    #[test]
    fn words_that_someone_chose_are_left_alone() {
        let own = Failure::new(ErrorCode::TargetExists, "notes.txt is already there. Move it.");
        assert_eq!(of_transfer(own.clone(), Role::Receiver, Cause::ThisEnd), own);
        assert_eq!(cause(&own, Role::Receiver, true, false), Cause::ThisEnd);
    }

    #[test]
    fn what_the_other_side_says_is_its_doing() {
        let said: Failure = ErrorCode::TargetExists.into();
        assert_eq!(cause(&said, Role::Sender, true, false), Cause::OtherEnd);
        assert!(of_transfer(said.clone(), Role::Sender, Cause::OtherEnd).message.starts_with("The receiver has"));
        assert_eq!(cause(&said, Role::Sender, false, false), Cause::ThisEnd, "nobody was there to say it");
        assert_eq!(cause(&ErrorCode::Cancelled.into(), Role::Sender, true, true), Cause::Interrupted);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_the_senders() {
        let named = "“notes.txt” could not be read on the sending device. It may have been moved or deleted. Add it again and send it once more.";
        let named = Failure::new(ErrorCode::FileUnreadable, named);
        for (role, expected, end) in [
            (Role::Sender, Cause::ThisEnd, "deleted. Send it once more."),
            (Role::Receiver, Cause::OtherEnd, "deleted. Ask the sender to send it once more."),
        ] {
            assert_eq!(cause(&named, role, true, false), expected);
            let message = of_transfer(named.clone(), role, expected).message;
            assert!(message.starts_with("“notes.txt”") && message.ends_with(end), "{message}");
        }
        let folder = Failure::new(ErrorCode::FileUnreadable, "Files cannot be saved in /proc. Choose another folder.");
        assert_eq!(cause(&folder, Role::Receiver, true, false), Cause::ThisEnd);
    }

    #[test]
    fn a_sender_that_cannot_be_unlocked_is_not_told_to() {
        assert!(!of_transfer(protection::locked(), Role::Sender, Cause::ThisEnd).message.contains("nlock"));
    }
}

//! What people are told when the proof of a password, or of a link's secret, does not come about. Pure.

use perkoon_protocol::ErrorCode;

use crate::Failure;

/// The receiver's password was wrong, and may be tried so many times more.
pub fn wrong_password(left: u32) -> Failure {
    match left {
        0 => ErrorCode::PasswordLocked.into(),
        left => {
            let sentence = ErrorCode::WrongPassword.sentence();
            Failure::in_words(ErrorCode::WrongPassword, &format!("{sentence} {}.", tries(left)))
        }
    }
}

/// The secret of the receiver's link was wrong.
pub fn wrong_link() -> Failure {
    Failure::in_words(
        ErrorCode::WrongPassword,
        "The secret in this link does not fit. Open the full link again. If it was the full link, someone may be in between. Nothing was \
         transferred.",
    )
}

/// Whoever is at the sender's end does not know the password, or asks for none: the receiver's may well be right.
pub fn false_sender() -> Failure {
    Failure::in_words(
        ErrorCode::WrongPassword,
        "The other end could not prove that it knows the password: it may be someone else. Nothing was transferred. Ask the sender for a \
         new link.",
    )
}

/// The receiver has broken off, because it knows of a password or a secret that this sender does not ask for.
pub fn refused_by_receiver() -> Failure {
    Failure::in_words(
        ErrorCode::WrongPassword,
        "The other device expects a password. Nothing was transferred. Send it the link of this session.",
    )
}

/// The sender's session is locked.
pub fn locked() -> Failure {
    Failure::in_words(
        ErrorCode::PasswordLocked,
        "Five wrong passwords were tried, so this session is locked. Unlock it if you know who it was, or start a new session.",
    )
}

/// The sender is told that the receiver has tried a wrong one.
pub fn wrong_at_receiver(left: u32) -> String {
    format!("Someone tried a wrong password. {}; then this session is locked.", tries(left))
}

/// A password is too long.
pub fn too_long() -> Failure {
    Failure::in_words(ErrorCode::InvalidRequest, "A password may have 1,000 characters at most. Take a shorter one.")
}

fn tries(left: u32) -> String {
    if left == 1 { "One try is left".to_owned() } else { format!("{left} tries are left") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_says_how_many_tries_are_left() {
        assert!(wrong_password(4).message.ends_with(" 4 tries are left."));
        assert!(wrong_password(1).message.ends_with(" One try is left."));
        assert_eq!((wrong_password(1).code, wrong_password(1).retryable), (ErrorCode::WrongPassword, true));
        assert_eq!(wrong_password(0), ErrorCode::PasswordLocked.into());
    }

    #[test]
    fn a_session_is_locked_after_as_many_as_it_says() {
        assert!(perkoon_protocol::limits::PASSWORD_ATTEMPTS == 5 && locked().message.starts_with("Five "));
    }

    #[test]
    fn every_failure_is_a_sentence_that_says_what_to_do() {
        for failure in [wrong_link(), false_sender(), refused_by_receiver(), locked(), too_long()] {
            assert!(failure.message.ends_with('.') && failure.message.contains(". ") && !failure.message.contains('!'));
        }
    }
}

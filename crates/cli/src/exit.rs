//! Exit codes: one table.

use std::process::ExitCode;

use perkoon_protocol::ErrorCode;

/// How the program ends when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The arguments make no sense.
    BadArguments = 1,
    /// A file or folder is missing or cannot be used.
    NoSuchFile = 2,
    /// The network does not do what is needed, or the other side does not.
    Network = 3,
    /// The password, or the sender key, is wrong.
    WrongPassword = 4,
    /// Nobody came in time.
    Timeout = 5,
    /// Whoever runs the program has ended it: 128 and the number of SIGINT.
    Interrupted = 130,
}

impl Exit {
    /// How a transfer ends that has failed. Arguments and files that are bad are this end's, so that nobody looks for them here in vain.
    pub(crate) const fn of(code: ErrorCode, cause: Cause) -> Self {
        match (code, code.exit_code()) {
            (ErrorCode::Cancelled, _) if matches!(cause, Cause::Interrupted) => Self::Interrupted,
            (_, 1 | 2) if matches!(cause, Cause::OtherEnd) => Self::Network,
            (_, 1) => Self::BadArguments,
            (_, 2) => Self::NoSuchFile,
            (_, 4) => Self::WrongPassword,
            (_, 5) => Self::Timeout,
            _ => Self::Network,
        }
    }

    /// The number itself.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// Whose doing a transfer's failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nobody's in particular.
    ThisEnd,
    /// The other side has said so.
    OtherEnd,
    /// Whoever runs the program has ended it.
    Interrupted,
}

/// Why the program fails, and how it ends.
#[derive(Debug)]
pub(crate) struct Failure {
    pub exit: Exit,
    pub error: anyhow::Error,
}

/// Gives an error its exit code.
pub(crate) trait OrExit<T> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T> OrExit<T> for anyhow::Result<T> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure { exit, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_ends_as_the_common_table_says() {
        for code in ErrorCode::ALL {
            assert_eq!(Exit::of(*code, Cause::ThisEnd).number(), code.exit_code(), "{code}");
        }
    }

    #[test]
    fn only_what_was_ended_from_outside_ends_with_130() {
        assert_eq!(Exit::of(ErrorCode::Cancelled, Cause::Interrupted).number(), 130);
        assert_eq!(Exit::of(ErrorCode::Cancelled, Cause::OtherEnd).number(), 3);
        assert_eq!(Exit::of(ErrorCode::TargetExists, Cause::Interrupted).number(), 2, "it came first");
    }

    #[test]
    fn the_other_ends_files_and_arguments_are_not_this_ends() {
        for code in [ErrorCode::TargetExists, ErrorCode::FileUnreadable, ErrorCode::FileChanged, ErrorCode::InvalidRequest] {
            assert_eq!(Exit::of(code, Cause::OtherEnd), Exit::Network, "{code}");
        }
        assert_eq!(Exit::of(ErrorCode::WrongPassword, Cause::OtherEnd), Exit::WrongPassword);
    }
}

//! What the tools take, with the schema that agents read.

use std::time::Duration;

use perkoon_peer::Failure;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use super::words;

/// Seconds to wait for the other side when nobody says.
const PATIENCE: u64 = 300;

/// Seconds to wait for the other side, at most: a week, the longest that a session lives.
const LONGEST_PATIENCE: u64 = 604_800;

/// A file to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendFile {
    /// The file, below the home or the working folder: an absolute path, one relative to the working folder, or one that begins with ~/.
    pub file_path: String,
    /// A password that the receiver has to know, told over another way than the link. Without one, whoever has the link gets the file.
    pub password: Option<String>,
    /// Seconds to wait for a receiver. People may need some time to open the link: 1800 is a good choice.
    #[schemars(with = "Option<i32>", range(min = 1, max = 604_800), extend("default" = 300))]
    pub timeout: Option<u64>,
    /// Whether to wait until the transfer is over. With false the link is answered at once, and the file is sent in the background.
    #[serde(default = "yes")]
    pub wait: bool,
}

/// Files to be received.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiveFile {
    /// The sender's whole link, which names the server and may hold a secret behind a #; or the code in it, such as K7MX4QPR9W2N.
    pub session_code: String,
    /// The folder for the files, below the home or the working folder, made when it is missing. Files that are there are not replaced.
    #[schemars(extend("default" = "./received"))]
    pub output_dir: Option<String>,
    /// The password, if the sender has set one.
    pub password: Option<String>,
    /// Seconds to wait for the sender, and for its offer.
    #[schemars(with = "Option<i32>", range(min = 1, max = 604_800), extend("default" = 300))]
    pub timeout: Option<u64>,
}

/// Which session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckSession {
    /// The session's link, or its code, such as K7MX4QPR9W2N, in any case, with spaces and dashes or without.
    pub session_code: String,
}

const fn yes() -> bool {
    true
}

/// How long to wait for the other side.
pub(super) fn patience(timeout: Option<u64>) -> Result<Duration, Failure> {
    match timeout.unwrap_or(PATIENCE) {
        seconds @ 1..=LONGEST_PATIENCE => Ok(Duration::from_secs(seconds)),
        _ => Err(words::refused(format!("timeout is a number of seconds between 1 and {LONGEST_PATIENCE}. Give another one."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_between_a_second_and_a_week() {
        assert_eq!(patience(None), Ok(Duration::from_secs(300)));
        assert_eq!(patience(Some(604_800)), Ok(Duration::from_secs(604_800)));
        for seconds in [0, 604_801, u64::MAX] {
            assert!(patience(Some(seconds)).is_err_and(|failure| failure.message.contains("between 1 and 604800")));
        }
    }
}

//! The one table of error codes, used by every surface: page, REST, sockets, CLI.

use std::fmt;

use crate::json::named_on_the_wire;

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $sentence:literal, $http:literal, $exit:literal, $retryable:literal;)+) => {
        /// Why something failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code's name on every surface, such as `SESSION_NOT_FOUND`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What a person is told: what happened, whether anything was lost, what to do next.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),+ }
            }

            /// The HTTP status that carries this code in a REST answer.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http),+ }
            }

            /// The exit code of the command-line programs.
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$variant => $exit),+ }
            }

            /// Whether the same attempt may work later without changing anything.
            pub const fn retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),+ }
            }
        }
    };
}

error_codes! {
    /// The text is not a session code.
    InvalidCode = "INVALID_CODE", "That is not a Perkoon code. Codes have 12 letters and digits, like K7MX 4QPR 9W2N. Check it with the sender.", 400, 1, false;
    /// The request is malformed.
    InvalidRequest = "INVALID_REQUEST", "The request was not understood. Reload the page and try again.", 400, 1, false;
    /// No session has this code.
    SessionNotFound = "SESSION_NOT_FOUND", "There is no session with this code. It may be mistyped or closed. Ask the sender for a new link.", 404, 3, false;
    /// The session's time is over.
    SessionExpired = "SESSION_EXPIRED", "This link has expired. Nothing was transferred. Ask the sender for a new one.", 410, 3, false;
    /// Another receiver, or sender, holds the seat.
    SessionFull = "SESSION_FULL", "Someone else is using this link right now. This page tries again by itself until it is free.", 409, 3, true;
    /// The sender key does not belong to this session.
    WrongSenderKey = "WRONG_SENDER_KEY", "This page does not hold the key to send in this session. Open the sender's own link, or start a new session.", 403, 4, false;
    /// The same sender opened the session somewhere else.
    Replaced = "REPLACED", "This session was opened in another tab or window, which has taken over. Go on there.", 409, 3, false;
    /// The password does not match the sender's.
    WrongPassword = "WRONG_PASSWORD", "That is not the sender's password. Check it and try again.", 403, 4, true;
    /// Too many wrong passwords.
    PasswordLocked = "PASSWORD_LOCKED", "Too many wrong passwords. The sender has to unlock this session.", 403, 4, false;
    /// The other person closed the page or disappeared.
    PeerLeft = "PEER_LEFT", "The other device left before everything arrived. Unfinished files were not kept. Open the link on both devices to start again.", 409, 3, true;
    /// The receiver said no.
    PeerRejected = "PEER_REJECTED", "The receiver declined the files. Nothing was transferred.", 409, 3, false;
    /// One of the two cancelled.
    Cancelled = "CANCELLED", "The transfer was cancelled. Unfinished files were not kept.", 409, 3, true;
    /// No path between the two devices.
    ConnectionFailed = "CONNECTION_FAILED", "No path was found between the two networks. A firewall or VPN may be in the way: try another network, turn the VPN off, or ask whoever runs this server for a relay.", 502, 3, true;
    /// The signalling server cannot be reached.
    SignalingLost = "SIGNALING_LOST", "The Perkoon server cannot be reached. Check your connection and try again. No file was lost.", 503, 3, true;
    /// The receiver has no room.
    InsufficientStorage = "INSUFFICIENT_STORAGE", "There is not enough free space on the receiving device. Free some space there and start again.", 507, 3, true;
    /// The browser lacks something the transfer needs.
    BrowserUnsupported = "BROWSER_UNSUPPORTED", "This browser cannot make direct connections (WebRTC is missing or switched off). Open the link in a current Chrome, Edge, Firefox or Safari.", 501, 1, false;
    /// A file was changed while it was being sent.
    FileChanged = "FILE_CHANGED", "A file changed while it was being sent, so the transfer stopped. Add the file again and send it once more.", 409, 2, true;
    /// A file could not be read.
    FileUnreadable = "FILE_UNREADABLE", "A file could not be read on the sending device. It may have been moved or deleted. Add it again and send it once more.", 409, 2, true;
    /// The target exists and must not be overwritten.
    TargetExists = "TARGET_EXISTS", "A file with this name is already there and was left untouched. Choose another folder or allow overwriting.", 409, 2, false;
    /// Bytes do not match their hash.
    IntegrityMismatch = "INTEGRITY_MISMATCH", "The data that arrived does not match what was sent, so it was thrown away. Start the transfer again.", 422, 3, true;
    /// The peer broke the protocol.
    ProtocolError = "PROTOCOL_ERROR", "The other device sent something this page does not understand. Reload both pages and try again.", 400, 3, false;
    /// The peers speak different versions.
    VersionMismatch = "VERSION_MISMATCH", "The two devices run different versions of Perkoon. Reload both pages and try again.", 409, 3, false;
    /// Too many requests.
    RateLimited = "RATE_LIMITED", "Too many requests from your network. Wait a minute and try again.", 429, 3, true;
    /// Nobody came, or nothing moved, in time.
    Timeout = "TIMEOUT", "The other device did not answer in time. Check that the page is still open there and try again.", 504, 5, true;
    /// A fault of ours.
    Internal = "INTERNAL", "Something went wrong on our side. Reload the page and try again.", 500, 3, true;
}

named_on_the_wire!(ErrorCode);

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_together() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(code).expect("a name"), format!("\"{}\"", code.as_str()));
            assert!((400..600).contains(&code.http_status()), "{code}");
            assert!((1..=5).contains(&code.exit_code()), "{code}");
            assert!(code.sentence().ends_with('.') && !code.sentence().contains('!'), "{code}");
        }
    }
}

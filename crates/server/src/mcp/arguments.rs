//! What the tools take, with the schema that agents read.

use perkoon_protocol::rest::CreateSession;
use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

/// A new session, as wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// A label for your own use, at most 100 characters. The receiver does not see it.
    #[schemars(length(max = 100))]
    name: Option<String>,
    /// Whether the sender is going to set a password in its browser: a hint for the receiver's page. The password itself never comes here.
    password_protected: bool,
    /// Seconds that the session lives. Left out, the server decides (a day, unless its operator says otherwise).
    #[schemars(with = "Option<i32>", range(min = 60, max = 604_800))]
    ttl_s: Option<u64>,
}

impl From<Wanted> for CreateSession {
    fn from(Wanted { name, password_protected, ttl_s }: Wanted) -> Self {
        Self { name, password_protected, ttl_s }
    }
}

/// Which session.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The session's code, such as K7MX4QPR9W2N. Case, spaces and dashes do not matter.
    pub session_code: String,
}

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Nothing {}

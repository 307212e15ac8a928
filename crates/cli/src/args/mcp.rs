//! What `perkoon mcp` is told.

use clap::Args;

/// `perkoon mcp`.
#[derive(Args, Debug)]
pub(crate) struct McpArguments {
    /// Address of the Perkoon server; a link brings its own.
    #[arg(long, env = "PERKOON_URL", value_name = "URL", default_value = "http://127.0.0.1:8787")]
    pub server: String,
}

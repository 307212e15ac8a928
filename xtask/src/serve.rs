//! `cargo xtask serve`: everything a newcomer needs, in one command.

use std::net::SocketAddr;

use anyhow::Result;
use clap::Args;

use crate::command::{command, succeed};
use crate::{build, workspace};

/// Where to serve.
#[derive(Args)]
pub struct Options {
    /// The address to listen at.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// More options for `perkoon serve`, after `--`.
    #[arg(last = true, value_name = "OPTION")]
    more: Vec<String>,
}

/// Builds everything and serves it until it is stopped.
pub fn run(options: &Options) -> Result<()> {
    build::install()?;
    build::build()?;
    let mut server = command(workspace::perkoon());
    server.args(["serve", "--listen", &options.listen.to_string()]).args(&options.more);
    succeed(&mut server)
}

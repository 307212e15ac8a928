//! What agents are told when something cannot be done.

use std::io;

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, Role};

use super::transfers::AT_ONCE;
use crate::{exit::Cause, words};

/// Something else than a host of MCP servers is at the other end.
pub(super) const NO_HOST: &str = "perkoon mcp is for programs that speak the Model Context Protocol on its standard input. Name it in the \
    settings of one, or use perkoon send and perkoon receive.";

/// Advice to those who type commands, and the same to those who call tools.
const OF_COMMANDS: [(&str, &str); 2] = [
    ("Choose another folder or allow overwriting.", "Choose another output_dir."),
    ("Name another folder with --output, or allow --overwrite.", "Choose another output_dir."),
];

/// What an agent reads in place of an answer: what happened, what to do, and the code for those who look for it.
pub(super) fn of_tool(failure: Failure) -> String {
    let Failure { code, message, .. } = words::of_transfer(failure, Role::Receiver, Cause::ThisEnd);
    format!("{} ({code})", OF_COMMANDS.iter().fold(message, |message, (command, tool)| message.replace(command, tool)))
}

/// The arguments of a tool make no sense.
pub(super) fn refused(message: impl Into<String>) -> Failure {
    Failure { code: ErrorCode::InvalidRequest, message: message.into(), retryable: false }
}

/// As many transfers as there may be are under way.
pub(super) fn too_many() -> Failure {
    let message = format!(
        "{AT_ONCE} transfers are under way, which is as many as there may be. Wait until one of them is over, and try again."
    );
    Failure::new(ErrorCode::RateLimited, message)
}

/// The system does not give what a transfer needs.
pub(super) fn out_of_resources(error: &io::Error) -> Failure {
    let message = format!("This machine is out of something that a transfer needs ({error}). Try again later.");
    Failure::new(ErrorCode::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_told_what_happened_what_to_do_and_the_code() {
        for (failure, ends) in [
            (too_many(), "Wait until one of them is over, and try again. (RATE_LIMITED)"),
            (ErrorCode::SessionNotFound.into(), "Ask the sender for a new link. (SESSION_NOT_FOUND)"),
        ] {
            assert!(of_tool(failure).ends_with(ends));
        }
    }

    #[test]
    fn nobody_is_told_of_options_that_a_tool_does_not_have() {
        let taken = Failure::new(
            ErrorCode::TargetExists,
            "/here/a.txt is already there and was left untouched. Choose another folder or allow overwriting.",
        );
        for failure in [taken, ErrorCode::TargetExists.into()] {
            let said = of_tool(failure);
            assert!(said.contains("output_dir") && !said.contains("overwrit"), "{said}");
        }
    }
}

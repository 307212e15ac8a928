//! The tools.

use std::sync::LazyLock;

use axum::http::request::Parts;
use perkoon_protocol::{ErrorCode, SessionCode, rest::Problem};
use rmcp::{
    ServerHandler,
    handler::server::{
        tool::{Extension, ToolRouter},
        wrapper::{Json, Parameters},
    },
    model::{Implementation, ServerCapabilities, ServerConfig},
    tool, tool_handler, tool_router,
};

use super::{
    answers::{Description, SUMMARY, Session, Status},
    arguments::{Nothing, Wanted, Which},
};
use crate::{client::Client, refusal::Refusal, sessions, state::AppState};

/// How to use the tools, for agents that ask for it once, before they see them.
const INSTRUCTIONS: &str = "Call create_session to send files to somebody, and check_session to see how a session stands. Files never pass \
     through these tools: they go from browser to browser, and both pages stay open until the transfer is complete. Call describe for more.";

static TOOLS: LazyLock<ToolRouter<Tools>> = LazyLock::new(Tools::tool_router);

/// What a request's tool works with.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    state: AppState,
}

impl Tools {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }
}

#[tool_router]
impl Tools {
    #[tool(
        title = "Make a session to send files in",
        description = "Makes a session in which one sender gives files to one receiver at a time. Answers a link for the sender (secret), a \
                       link for the receiver, and what to do next. Nothing is sent until both are open in a browser.",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = true)
    )]
    async fn create_session(
        &self,
        Extension(request): Extension<Parts>,
        Parameters(wanted): Parameters<Wanted>,
    ) -> Result<Json<Session>, String> {
        let created = sessions::create(&self.state, client(&request), &wanted.into()).await;
        let created = created.map_err(|refusal| in_words(&refusal))?;
        Ok(Json(created.into()))
    }

    #[tool(
        title = "See how a session stands",
        description = "Tells whether a session is waiting, active, complete or expired, and how many are in it.",
        annotations(read_only_hint = true, open_world_hint = true)
    )]
    async fn check_session(
        &self,
        Extension(request): Extension<Parts>,
        Parameters(which): Parameters<Which>,
    ) -> Result<Json<Status>, String> {
        let code: SessionCode = which.session_code.parse().map_err(|_| in_words(&ErrorCode::InvalidCode.into()))?;
        let status = sessions::status(&self.state, client(&request), code).await;
        let status = status.map_err(|refusal| in_words(&refusal))?;
        Ok(Json(status.into()))
    }

    #[tool(
        title = "What this server does",
        description = "Tells what Perkoon is, how files are sent and received through it, where its guide is, and what one network address \
                       may do in a minute.",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    fn describe(&self, Parameters(Nothing {}): Parameters<Nothing>) -> Json<Description> {
        Json(Description::of(&self.state))
    }
}

#[tool_handler(router = TOOLS)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let mut server = Implementation::new("perkoon", env!("CARGO_PKG_VERSION"));
        server.title = Some("Perkoon".to_owned());
        server.description = Some(SUMMARY.to_owned());
        server.website_url = Some(self.state.origin.clone());
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }
}

/// Whose request it is.
fn client(request: &Parts) -> Client {
    *request.extensions.get::<Client>().expect("every request that was let in has it")
}

/// What an agent reads in place of an answer: what happened, what to do, and the code for those who look for it.
fn in_words(refusal: &Refusal) -> String {
    let Problem { detail, code, retry_after, .. } = refusal.problem();
    match retry_after {
        Some(seconds) => format!("{detail} Try again in {seconds} s. ({code})"),
        None => format!("{detail} ({code})"),
    }
}

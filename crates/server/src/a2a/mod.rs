//! `POST /a2a`: the Agent2Agent protocol, for agents that have HTTP and perhaps nothing else. JSON-RPC 2.0, in A2A 0.3 and 1.0.
//!
//! Every message is answered at once with a message, and nothing is remembered but the session that it may have made.

mod answers;
mod card;
mod fault;
mod message;
mod method;
mod rpc;
mod skills;
mod version;

use std::time::Duration;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, Request as HttpRequest, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use serde_json::Value;

pub(crate) use self::card::Card;
use self::{fault::Fault, message::Incoming, method::Operation, rpc::Request, version::Version};
use crate::{
    client::Client,
    limit::Budget,
    refusal::Refusal,
    sessions,
    state::{AppState, Shared},
};

/// Bytes in a request's body, at most. The seed's have a few hundred.
const BODY_BYTES: usize = 16 << 10;

/// The endpoint and the card. A request, its body included, may take as long as `patience`.
pub(crate) fn routes(patience: Duration) -> Router<AppState> {
    Router::new()
        .route("/a2a", post(answer))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(patience, in_time))
        .route(card::PATH, get(card::get))
        .route(card::FORMER_PATH, get(card::get))
        .method_not_allowed_fallback(not_allowed)
}

async fn not_allowed() -> Refusal {
    Refusal::invalid(StatusCode::METHOD_NOT_ALLOWED, "A2A is spoken with POST at /a2a, and its card is read with GET.")
}

async fn in_time(State(patience): State<Duration>, request: HttpRequest, next: Next) -> Response {
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => rpc::response(Value::Null, Err(Fault::too_slow())),
    }
}

async fn answer(
    State(state): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = body.map_err(|rejection| (Value::Null, Fault::of_body(&rejection))).and_then(|body| Request::parse(&body));
    match request {
        Ok(Request { id, method, params }) => {
            let answer = match Version::of(&headers, query.as_deref()) {
                Ok(version) => call(&state, client, version, &method, params).await,
                Err(fault) => Err(fault),
            };
            rpc::response(id, answer)
        }
        Err((id, fault)) => rpc::response(id, Err(fault)),
    }
}

/// Each call of a method counts as the making of a session, whatever comes of it.
async fn call(state: &Shared, client: Client, version: Version, method: &str, params: rpc::Object) -> Result<Value, Fault> {
    sessions::admit(state, Budget::Create, client).await?;
    match Operation::named(version, method)? {
        Operation::Send => {
            let incoming = Incoming::read(version, params)?;
            let answer = skills::perform(state, &incoming.data).await?;
            Ok(incoming.answer(version, answer))
        }
        other => method::about_tasks(version, other, &params),
    }
}

//! What the interface says of itself: the OpenAPI document. Calls are described where they are; here is what they share.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    http::{HeaderValue, header},
    response::IntoResponse,
};
use perkoon_protocol::rest::Problem;
use utoipa::{
    IntoParams, IntoResponses, Modify, OpenApi,
    openapi::{
        Content, HeaderBuilder, Object, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The document without the calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Perkoon",
        description = "Sessions in which a sender and a receiver meet. Files go straight from one to the other and never through here.\n\n\
            Errors are problem details (RFC 9457) with a `code` that stays as it is. For one client address there are limits a minute, \
            of new sessions, joins and status checks each; past them the answer is 429.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "This server")),
    tags((name = "Sessions")),
    components(schemas(Problem)),
    modifiers(&SenderKey)
)]
struct Interface;

/// How `DELETE` knows the sender.
struct SenderKey;

impl Modify for SenderKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The sender_key that the session was made with."))
            .build();
        document.components.get_or_insert_default().add_security_scheme("sender_key", SecurityScheme::Http(scheme));
    }
}

/// The path's parameter.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used: the code itself is read by request::Code")]
pub(super) struct SessionPath {
    /// The session's code. Any case will do, with spaces and dashes anywhere.
    #[param(pattern = "^[ -]*([2-9A-HJKMNP-TV-Za-hjkmnp-tv-z][ -]*){12}$", example = "K7MX4QPR9W2N")]
    code: String,
}

/// An answer that is no success: its status, and what it means.
type Said = (u16, &'static str);

const MALFORMED: Said = (400, "The code is not one, or the body is not what this call takes.");
const NOT_A_CODE: Said = (400, "The code is not one.");
const NOT_A_BODY: Said = (400, "The body is not what this call takes.");
const WRONG_KEY: Said = (403, "The key is not that of this session.");
const NO_SESSION: Said = (404, "There is no session with this code.");
const TOO_SLOW: Said = (408, "The request took too long to arrive.");
const TAKEN: Said = (409, "Somebody else has the seat right now.");
const EXPIRED: Said = (410, "The session has expired.");
const TOO_LARGE: Said = (413, "The body is too large.");
const LIMITED: Said = (429, "Too many requests from this address, or the server is full. Wait for as long as it says.");
const AWAY: Said = (503, "The server has lost touch with where it keeps sessions. Wait for as long as it says.");

/// Names what a call may answer in place of a success.
macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident: $($said:ident),+;)+) => {$(
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
                [$($said),+].into_iter().map(described).collect()
            }
        }
    )+};
}

refusals! {
    /// When a session is not made.
    CreateRefusals: NOT_A_BODY, TOO_SLOW, TOO_LARGE, LIMITED, AWAY;
    /// When nobody is let in.
    JoinRefusals: MALFORMED, WRONG_KEY, NO_SESSION, TOO_SLOW, TAKEN, EXPIRED, TOO_LARGE, LIMITED, AWAY;
    /// When nothing is said of a session.
    StatusRefusals: NOT_A_CODE, NO_SESSION, LIMITED, AWAY;
    /// When a session is not ended.
    CloseRefusals: NOT_A_CODE, WRONG_KEY, NO_SESSION, AWAY;
}

fn described((status, description): Said) -> (String, RefOr<utoipa::openapi::Response>) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let mut response = ResponseBuilder::new().description(description).content("application/problem+json", problem);
    if [LIMITED, AWAY].contains(&(status, description)) {
        let seconds = HeaderBuilder::new().schema(Some(Object::with_type(Type::Integer)));
        let seconds = seconds.description(Some("Seconds to wait; retry_after in the body says the same."));
        response = response.header("Retry-After", seconds.build());
    }
    (status.to_string(), response.build().into())
}

/// A body that may be left out is described as one that may be `null`, which it may not.
fn say_no_null(call: &mut Operation) {
    let Some(RefOr::T(body)) = &mut call.request_body else { return };
    if body.required == Some(Required::True) {
        return;
    }
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(either))) = &content.schema
        {
            content.schema = either.items.iter().find(|schema| matches!(schema, RefOr::Ref(_))).cloned();
        }
    }
}

/// The document with these calls, ready to be served. They are named from the server's root, as they are asked for.
pub(super) fn document(mut calls: utoipa::openapi::OpenApi) -> impl IntoResponse + Clone {
    calls.paths.paths.values_mut().filter_map(|path| path.post.as_mut()).for_each(say_no_null);
    let text = Interface::openapi().nest("/api", calls).to_json().expect("a document has string keys");
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], Bytes::from(text))
}

//! JSON-RPC 2.0, as far as A2A uses it: one request, one answer.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::fault::{Fault, Kind};

/// An object's members.
pub(super) type Object = Map<String, Value>;

/// A request whose envelope is in order.
#[derive(Debug)]
pub(super) struct Request {
    /// Sent back as it came.
    pub id: Value,
    pub method: String,
    pub params: Object,
}

/// What is wrong with a request, and the id to say it to: null where none could be read.
pub(super) type Unanswerable = (Value, Fault);

impl Request {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Unanswerable> {
        let envelope: Value =
            serde_json::from_slice(body).map_err(|_| (Value::Null, Fault::new(Kind::Parse, "The body is not JSON.")))?;
        let invalid = |id: &Value, sentence| (id.clone(), Fault::new(Kind::InvalidRequest, sentence));
        let mut envelope = match envelope {
            Value::Object(envelope) => envelope,
            Value::Array(_) => return Err(invalid(&Value::Null, "Batches are not supported. Send one request at a time.")),
            _ => return Err(invalid(&Value::Null, "A request is a JSON object.")),
        };
        let id = match envelope.remove("id") {
            Some(id @ (Value::String(_) | Value::Number(_) | Value::Null)) => id,
            Some(_) => return Err(invalid(&Value::Null, "id must be a string or a number.")),
            None => return Err(invalid(&Value::Null, "id is missing. Every call here has an answer: none is a notification.")),
        };
        if envelope.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(invalid(&id, "jsonrpc must be \"2.0\"."));
        }
        let Some(Value::String(method)) = envelope.remove("method") else {
            return Err(invalid(&id, "method is missing, or no string."));
        };
        match envelope.remove("params") {
            Some(Value::Object(params)) => Ok(Self { id, method, params }),
            None => Ok(Self { id, method, params: Object::new() }),
            Some(_) => Err((id, Fault::of_field("params", "must be an object"))),
        }
    }
}

/// The answer as HTTP. A fault of the request's content is an answer like any other; one of the transport has its status.
pub(super) fn response(id: Value, answered: Result<Value, Fault>) -> Response {
    match answered {
        Ok(result) => json_body(&json!({ "jsonrpc": "2.0", "id": id, "result": result })),
        Err(fault) => {
            let mut response = json_body(&json!({ "jsonrpc": "2.0", "id": id, "error": fault.to_json() }));
            *response.status_mut() = fault.status;
            if let Some(seconds) = fault.retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

fn json_body(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], value.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were() {
        for id in [json!("1"), json!(7), json!(-1), json!(null), json!("é\u{0}")] {
            let request = Request::parse(json!({ "jsonrpc": "2.0", "id": id, "method": "x" }).to_string().as_bytes());
            assert_eq!(request.expect("in order").id, id);
        }
    }

    #[test]
    fn what_is_no_request_is_refused_to_the_id_that_it_has() {
        for (body, id, code) in [
            ("", json!(null), -32700),
            ("{", json!(null), -32700),
            (r#"{"jsonrpc":"2.0","id":1,"method":"x"} more"#, json!(null), -32700),
            (&"[".repeat(10_000), json!(null), -32700),
            ("[]", json!(null), -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"x"}]"#, json!(null), -32600),
            ("1", json!(null), -32600),
            ("{}", json!(null), -32600),
            (r#"{"jsonrpc":"2.0","method":"x"}"#, json!(null), -32600),
            (r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, json!(null), -32600),
            (r#"{"id":1,"method":"x"}"#, json!(1), -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, json!(1), -32600),
            (r#"{"jsonrpc":"2.0","id":"a"}"#, json!("a"), -32600),
            (r#"{"jsonrpc":"2.0","id":"a","method":1}"#, json!("a"), -32600),
            (r#"{"jsonrpc":"2.0","id":"a","method":"x","params":[]}"#, json!("a"), -32602),
            (r#"{"jsonrpc":"2.0","id":"a","method":"x","params":null}"#, json!("a"), -32602),
        ] {
            let (answered, fault) = Request::parse(body.as_bytes()).expect_err(body);
            assert_eq!((answered, fault.kind.code()), (id, code), "{body:.60}");
        }
    }
}

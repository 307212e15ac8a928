//! Messages: what a client's asks for, in any of the forms that there are, and how the answer to it is written.
//!
//! 1.0 is read to the letter. 0.3 is read with what came before it: a message may lack `kind`, `role` and `messageId`, and a part may
//! have `type`, or nothing at all, in place of `kind`.

use serde_json::{Value, json};

use super::{
    answers::Answer,
    fault::{Fault, Kind},
    rpc::Object,
    version::Version,
};
use crate::random;

/// Parts of a message, at most.
const PARTS: usize = 16;

/// Bytes of a context's id, which is sent back, at most.
const CONTEXT_BYTES: usize = 256;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// What a message asks.
#[derive(Debug)]
pub(super) struct Incoming {
    /// What its data part holds.
    pub data: Object,
    context: Option<String>,
    /// Whether the client takes data, and whether it takes text.
    accepts: (bool, bool),
}

impl Incoming {
    pub(super) fn read(version: Version, mut params: Object) -> Result<Self, Fault> {
        let accepts = check_configuration(params.get("configuration"))?;
        let mut message = match params.remove("message") {
            Some(Value::Object(message)) => message,
            _ => return Err(Fault::of_field("message", "must be an object")),
        };
        check_envelope(version, &message)?;
        if text(&message, "taskId", "message.taskId")?.is_some() {
            return Err(Fault::new(
                Kind::TaskNotFound,
                "There is no such task: this agent answers every message at once and keeps no tasks.",
            ));
        }
        let context = text(&message, "contextId", "message.contextId")?.map(str::to_owned);
        if context.as_ref().is_some_and(|context| context.len() > CONTEXT_BYTES) {
            return Err(Fault::of_field("message.contextId", "has more than 256 bytes"));
        }
        let parts = match message.remove("parts") {
            Some(Value::Array(parts)) => parts,
            _ => return Err(Fault::of_field("message.parts", "must be an array")),
        };
        Ok(Self { data: only_data(version, parts)?, context, accepts })
    }

    /// The result that carries `answer`: a message, since there is nothing to wait for.
    pub(super) fn answer(&self, version: Version, answer: Answer) -> Value {
        let (data, text) = self.accepts;
        let data = data.then(|| match version {
            Version::V0_3 => json!({ "kind": "data", "data": answer.data }),
            Version::V1_0 => json!({ "data": answer.data, "mediaType": JSON }),
        });
        let text = text.then(|| match version {
            Version::V0_3 => json!({ "kind": "text", "text": answer.text }),
            Version::V1_0 => json!({ "text": answer.text, "mediaType": TEXT }),
        });
        let parts: Vec<Value> = data.into_iter().chain(text).collect();
        let mut message = json!({ "messageId": random::participant_id(), "parts": parts });
        if let Some(context) = &self.context {
            message["contextId"] = context.as_str().into();
        }
        match version {
            Version::V0_3 => {
                message["kind"] = "message".into();
                message["role"] = "agent".into();
                message
            }
            Version::V1_0 => {
                message["role"] = "ROLE_AGENT".into();
                json!({ "message": message })
            }
        }
    }
}

/// Which of data and text the client takes.
fn check_configuration(configuration: Option<&Value>) -> Result<(bool, bool), Fault> {
    let configuration = match configuration {
        None | Some(Value::Null) => return Ok((true, true)),
        Some(Value::Object(configuration)) => configuration,
        Some(_) => return Err(Fault::of_field("configuration", "must be an object")),
    };
    if ["pushNotificationConfig", "taskPushNotificationConfig"]
        .iter()
        .any(|name| configuration.get(*name).is_some_and(|config| !config.is_null()))
    {
        return Err(Fault::new(Kind::PushNotificationNotSupported, "This agent sends no push notifications."));
    }
    let modes = match configuration.get("acceptedOutputModes") {
        None | Some(Value::Null) => return Ok((true, true)),
        Some(Value::Array(modes)) if modes.is_empty() => return Ok((true, true)),
        Some(Value::Array(modes)) => modes,
        Some(_) => return Err(Fault::of_field("configuration.acceptedOutputModes", "must be an array")),
    };
    let takes = |mode: &str| modes.iter().filter_map(Value::as_str).any(|accepted| covers(accepted, mode));
    match (takes(JSON), takes(TEXT)) {
        (false, false) => Err(Fault::new(
            Kind::ContentTypeNotSupported,
            "This agent answers with application/json and text/plain, and the client takes neither.",
        )),
        accepts => Ok(accepts),
    }
}

/// Whether `accepted`, which may have wildcards, covers `mode`.
fn covers(accepted: &str, mode: &str) -> bool {
    let accepted = accepted.split(';').next().unwrap_or_default().trim();
    accepted.eq_ignore_ascii_case(mode)
        || accepted == "*/*"
        || accepted
            .strip_suffix("/*")
            .is_some_and(|kind| mode.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(kind)))
}

/// What stands around the parts.
fn check_envelope(version: Version, message: &Object) -> Result<(), Fault> {
    let id = text(message, "messageId", "message.messageId")?;
    let role = text(message, "role", "message.role")?;
    match version {
        Version::V0_3 => {
            if !matches!(text(message, "kind", "message.kind")?, None | Some("message")) {
                return Err(Fault::of_field("message.kind", "must be \"message\""));
            }
            if !matches!(role, None | Some("user" | "agent")) {
                return Err(Fault::of_field("message.role", "must be \"user\""));
            }
        }
        Version::V1_0 => {
            if id.is_none() {
                return Err(Fault::of_field("message.messageId", "is missing"));
            }
            if role != Some("ROLE_USER") {
                return Err(Fault::of_field("message.role", "must be \"ROLE_USER\""));
            }
        }
    }
    Ok(())
}

/// A string that may be missing; an empty one is none.
fn text<'a>(object: &'a Object, name: &str, path: &str) -> Result<Option<&'a str>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text.as_str())),
        Some(_) => Err(Fault::of_field(path, "must be a string")),
    }
}

/// What a part holds.
#[derive(Debug)]
enum Part {
    Data(Object),
    Text,
    File,
}

/// The one data part's data. Text beside it is for people.
fn only_data(version: Version, parts: Vec<Value>) -> Result<Object, Fault> {
    if parts.is_empty() || parts.len() > PARTS {
        return Err(Fault::of_field("message.parts", "must hold 1 to 16 parts"));
    }
    let mut data = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let path = format!("message.parts[{index}]");
        let Value::Object(part) = part else { return Err(Fault::of_field(&path, "must be an object")) };
        let part = match version {
            Version::V0_3 => part_of_0_3(part, &path)?,
            Version::V1_0 => part_of_1_0(part, &path)?,
        };
        match part {
            Part::Data(object) => data.push(object),
            Part::Text => {}
            Part::File => {
                let sentence =
                    "Files do not go through this server: send-files makes a session in which they go straight to the receiver.";
                return Err(Fault::new(Kind::ContentTypeNotSupported, sentence));
            }
        }
    }
    match (data.pop(), data.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Fault::of_field("message.parts", "must hold one data part, not several")),
        (None, _) => {
            let sentence =
                "This agent does not read text. Send a data part that names a skill, such as {\"skill\":\"describe\"}.";
            Err(Fault::new(Kind::ContentTypeNotSupported, sentence))
        }
    }
}

/// `kind` says what it is; before 0.3 that was `type`, or plain to see.
fn part_of_0_3(mut part: Object, path: &str) -> Result<Part, Fault> {
    let named = match text(&part, "kind", &format!("{path}.kind"))? {
        None => text(&part, "type", &format!("{path}.type"))?,
        named => named,
    };
    let seen = || ["data", "text", "file"].into_iter().find(|name| part.contains_key(*name));
    match named.or_else(seen) {
        Some("data") => object(part.remove("data"), path).map(Part::Data),
        Some("text") if part.get("text").is_some_and(Value::is_string) => Ok(Part::Text),
        Some("text") => Err(Fault::of_field(&format!("{path}.text"), "must be a string")),
        Some("file") => Ok(Part::File),
        _ => Err(Fault::of_field(&format!("{path}.kind"), "must be \"data\", \"text\" or \"file\"")),
    }
}

/// The one member that is there says what it is.
fn part_of_1_0(mut part: Object, path: &str) -> Result<Part, Fault> {
    let there = |name: &&str| part.get(*name).is_some_and(|value| !value.is_null());
    let mut contents = ["data", "text", "raw", "url"].into_iter().filter(there);
    match (contents.next(), contents.next()) {
        (Some("data"), None) => {
            let media = text(&part, "mediaType", &format!("{path}.mediaType"))?;
            if media.is_some_and(|media| !covers(media, JSON)) {
                return Err(Fault::new(
                    Kind::ContentTypeNotSupported,
                    "This agent reads data of the media type application/json only.",
                ));
            }
            object(part.remove("data"), path).map(Part::Data)
        }
        (Some("text"), None) if part["text"].is_string() => Ok(Part::Text),
        (Some("text"), None) => Err(Fault::of_field(&format!("{path}.text"), "must be a string")),
        (Some(_), None) => Ok(Part::File),
        _ => Err(Fault::of_field(path, "must have exactly one of data, text, raw and url")),
    }
}

fn object(data: Option<Value>, path: &str) -> Result<Object, Fault> {
    match data {
        Some(Value::Object(data)) => Ok(data),
        _ => Err(Fault::of_field(&format!("{path}.data"), "must be an object that names a skill")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(version: Version, params: Value) -> Result<Incoming, Fault> {
        let Value::Object(params) = params else { panic!("an object") };
        Incoming::read(version, params)
    }

    fn describe() -> Value {
        json!({ "skill": "describe" })
    }

    #[test]
    fn every_form_of_a_message_is_read() {
        let strict = json!({ "message": { "kind": "message", "role": "user", "messageId": "m", "parts": [{ "kind": "data", "data": describe() }] } });
        let loose = json!({ "message": { "parts": [{ "type": "data", "data": describe() }] } });
        let looser = json!({ "message": { "parts": [{ "data": describe() }, { "text": "please" }] } });
        let newer = json!({ "message": { "role": "ROLE_USER", "messageId": "m", "parts": [{ "text": "please" }, { "data": describe() }] } });
        for (version, params) in
            [(Version::V0_3, strict), (Version::V0_3, loose), (Version::V0_3, looser), (Version::V1_0, newer)]
        {
            assert_eq!(Value::Object(read(version, params.clone()).expect("a message").data), describe(), "{params}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let new = |part: Value| json!({ "message": { "role": "ROLE_USER", "messageId": "m", "parts": [part] } });
        let old = |part: Value| json!({ "message": { "parts": [part] } });
        for (version, params, code, named) in [
            (Version::V0_3, json!({}), -32602, "message"),
            (Version::V0_3, json!({ "message": [] }), -32602, "message"),
            (Version::V0_3, json!({ "message": {} }), -32602, "message.parts"),
            (Version::V0_3, json!({ "message": { "parts": [] } }), -32602, "message.parts"),
            (Version::V0_3, json!({ "message": { "parts": vec![json!({ "data": describe() }); 17] } }), -32602, "message.parts"),
            (Version::V0_3, json!({ "message": { "parts": vec![json!({ "data": describe() }); 2] } }), -32602, "message.parts"),
            (Version::V0_3, json!({ "message": { "kind": "task", "parts": [] } }), -32602, "message.kind"),
            (Version::V0_3, json!({ "message": { "role": "system", "parts": [] } }), -32602, "message.role"),
            (Version::V0_3, json!({ "message": { "messageId": 1, "parts": [] } }), -32602, "message.messageId"),
            (Version::V0_3, json!({ "message": { "contextId": "x".repeat(257), "parts": [] } }), -32602, "message.contextId"),
            (Version::V0_3, json!({ "message": { "taskId": "t", "parts": [] } }), -32001, "task"),
            (Version::V0_3, json!({ "message": {}, "configuration": 1 }), -32602, "configuration"),
            (
                Version::V0_3,
                json!({ "message": {}, "configuration": { "pushNotificationConfig": { "url": "http://x" } } }),
                -32003,
                "push",
            ),
            (
                Version::V0_3,
                json!({ "message": {}, "configuration": { "acceptedOutputModes": ["image/png"] } }),
                -32005,
                "neither",
            ),
            (Version::V0_3, old(json!("describe")), -32602, "message.parts[0]"),
            (Version::V0_3, old(json!({ "kind": "data", "data": "describe" })), -32602, "message.parts[0].data"),
            (Version::V0_3, old(json!({ "kind": "text" })), -32602, "message.parts[0].text"),
            (Version::V0_3, old(json!({ "kind": "video" })), -32602, "message.parts[0].kind"),
            (Version::V0_3, old(json!({})), -32602, "message.parts[0].kind"),
            (Version::V0_3, old(json!({ "kind": "text", "text": "hello" })), -32005, "skill"),
            (Version::V0_3, old(json!({ "kind": "file", "file": { "uri": "http://x" } })), -32005, "Files"),
            (Version::V1_0, json!({ "message": { "role": "ROLE_USER", "parts": [] } }), -32602, "message.messageId"),
            (Version::V1_0, json!({ "message": { "messageId": "m", "parts": [] } }), -32602, "message.role"),
            (Version::V1_0, json!({ "message": { "messageId": "m", "role": "user", "parts": [] } }), -32602, "message.role"),
            (Version::V1_0, new(json!({})), -32602, "message.parts[0]"),
            (Version::V1_0, new(json!({ "data": {}, "text": "both" })), -32602, "message.parts[0]"),
            (Version::V1_0, new(json!({ "data": [1] })), -32602, "message.parts[0].data"),
            (Version::V1_0, new(json!({ "data": {}, "mediaType": "application/xml" })), -32005, "application/json"),
            (Version::V1_0, new(json!({ "url": "http://x" })), -32005, "Files"),
            (Version::V1_0, new(json!({ "text": "hello" })), -32005, "skill"),
        ] {
            let fault = read(version, params.clone()).expect_err("refused");
            assert_eq!(fault.kind.code(), code, "{params}");
            assert!(fault.message.contains(named), "{} does not name {named}", fault.message);
        }
    }

    #[test]
    fn the_answer_has_the_version_of_the_request_and_the_modes_that_the_client_takes() {
        let message = |modes: Value| json!({ "message": { "contextId": "c", "role": "ROLE_USER", "messageId": "m", "parts": [{ "data": {} }] }, "configuration": { "acceptedOutputModes": modes } });
        let answer = || Answer { data: json!({ "a": 1 }), text: "b".to_owned() };
        let parts = |modes: Value| {
            read(Version::V1_0, message(modes)).expect("a message").answer(Version::V1_0, answer())["message"]["parts"].clone()
        };
        let (data, text) = (json!({ "data": { "a": 1 }, "mediaType": JSON }), json!({ "text": "b", "mediaType": TEXT }));
        assert_eq!(parts(json!([])), json!([data, text]));
        assert_eq!(parts(json!(["application/*"])), json!([data]));
        assert_eq!(parts(json!(["Text/Plain; charset=utf-8", "image/png"])), json!([text]));
        let old = json!({ "message": { "contextId": "c", "parts": [{ "data": {} }] } });
        let old = read(Version::V0_3, old).expect("a message").answer(Version::V0_3, answer());
        assert_eq!((&old["kind"], &old["role"], &old["contextId"]), (&json!("message"), &json!("agent"), &json!("c")));
        assert_eq!(old["parts"], json!([{ "kind": "data", "data": { "a": 1 } }, { "kind": "text", "text": "b" }]));
        assert!(old["messageId"].as_str().is_some_and(|id| !id.is_empty()));
    }
}

//! The four skills: what each takes, and what comes of it.

use perkoon_protocol::{
    ErrorCode, SessionCode,
    rest::{CreateSession, SessionState, SessionStatus},
};
use serde_json::Value;

use super::{
    answers::{self, Answer, Places},
    fault::Fault,
    rpc::Object,
};
use crate::{refusal::Refusal, sessions, state::Shared};

/// What this agent can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skill {
    Describe,
    SendFiles,
    ReceiveFiles,
    SessionStatus,
}

impl Skill {
    pub(super) const ALL: [Self; 4] = [Self::Describe, Self::SendFiles, Self::ReceiveFiles, Self::SessionStatus];

    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::SendFiles => "send-files",
            Self::ReceiveFiles => "receive-files",
            Self::SessionStatus => "session-status",
        }
    }

    fn named(data: &Object) -> Result<Self, Fault> {
        let named = match data.get("skill") {
            Some(Value::String(id)) => Self::ALL.into_iter().find(|skill| skill.id() == id),
            _ => None,
        };
        named.ok_or_else(|| Fault::of_field("skill", "must be one of describe, send-files, receive-files and session-status"))
    }
}

/// What a client can do for itself, as far as it says. It decides what comes first in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub shell: bool,
    pub node: bool,
    pub browser: bool,
}

impl Capabilities {
    fn of(data: &Object) -> Result<Self, Fault> {
        let said = match data.get("clientCapabilities") {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Object(said)) => said,
            Some(_) => return Err(Fault::of_field("clientCapabilities", "must be an object")),
        };
        let flag = |name: &str| flag(said, name, &format!("clientCapabilities.{name}"));
        Ok(Self { shell: flag("shellAccess")?, node: flag("nodeJs")?, browser: flag("browser")? })
    }
}

/// Does what the data part asks.
pub(super) async fn perform(state: &Shared, data: &Object) -> Result<Answer, Fault> {
    let (skill, capabilities, places) = (Skill::named(data)?, Capabilities::of(data)?, Places::of(state));
    Ok(match skill {
        Skill::Describe => answers::describe(places),
        Skill::SendFiles => {
            let created = sessions::open(state, &wanted(data)?).await?;
            answers::send_files(places, created, capabilities)
        }
        Skill::ReceiveFiles => answers::receive_files(places, &open_session(state, code(data)?).await?, capabilities),
        Skill::SessionStatus => answers::session_status(places, &sessions::look_up(state, code(data)?).await?),
    })
}

/// A session that still takes receivers in.
async fn open_session(state: &Shared, code: SessionCode) -> Result<SessionStatus, Refusal> {
    let session = sessions::look_up(state, code).await?;
    if session.status == SessionState::Expired {
        return Err(ErrorCode::SessionExpired.into());
    }
    Ok(session)
}

/// What `send-files` takes is what the REST interface takes.
fn wanted(data: &Object) -> Result<CreateSession, Fault> {
    let name = match data.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err(Fault::of_field("name", "must be a string")),
    };
    let ttl_s = match data.get("ttl_s") {
        None | Some(Value::Null) => None,
        Some(ttl) => Some(whole(ttl).ok_or_else(|| Fault::of_field("ttl_s", "must be a whole number of seconds"))?),
    };
    Ok(CreateSession { name, password_protected: flag(data, "password_protected", "password_protected")?, ttl_s })
}

/// Protocol buffers, which clients of A2A 1.0 keep data in, know only numbers with a fraction: 60 then comes as 60.0.
fn whole(number: &Value) -> Option<u64> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    let fraction = || number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..EXACT).contains(number));
    number.as_u64().or_else(|| fraction().map(|number| number as u64))
}

fn flag(object: &Object, name: &str, path: &str) -> Result<bool, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Fault::of_field(path, "must be true or false")),
    }
}

/// The code, in any form that people type.
fn code(data: &Object) -> Result<SessionCode, Fault> {
    match data.get("session_code") {
        Some(Value::String(code)) => code.parse().map_err(|_| Refusal::from(ErrorCode::InvalidCode).into()),
        _ => Err(Fault::of_field("session_code", "must be a string of 12 letters and digits")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn what_a_session_is_wanted_like_may_come_with_numbers_of_protocol_buffers() {
        let asked = object(json!({ "skill": "send-files", "name": "report", "ttl_s": 3600.0, "password_protected": true }));
        let wanted = wanted(&asked).expect("in order");
        assert_eq!(wanted, CreateSession { name: Some("report".to_owned()), password_protected: true, ttl_s: Some(3600) });
        for ttl in [json!(0.5), json!(-1), json!("60"), json!(1e300)] {
            let asked = object(json!({ "ttl_s": ttl }));
            assert!(super::wanted(&asked).expect_err("refused").message.starts_with("ttl_s"), "{ttl}");
        }
    }

    #[test]
    fn capabilities_are_what_the_client_says_and_no_more() {
        let of = |said: Value| Capabilities::of(&object(json!({ "clientCapabilities": said })));
        assert_eq!(of(json!(null)).expect("none"), Capabilities::default());
        assert_eq!(
            of(json!({ "shellAccess": true, "nodeJs": true, "browser": false, "os": "linux" })).expect("some"),
            Capabilities { shell: true, node: true, browser: false }
        );
        for wrong in [json!(true), json!([]), json!({ "shellAccess": "yes" })] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

//! The methods of both versions. This agent answers every message at once and keeps no tasks, which most of them are about: they say so.

use serde_json::{Value, json};

use super::{
    fault::{Fault, Kind},
    rpc::Object,
    version::Version,
};

/// What a method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Takes a message and answers it.
    Send,
    /// Is about a task, which there cannot be.
    Task,
    ListTasks,
    /// Would answer bit by bit.
    Stream,
    PushNotification,
    ExtendedCard,
}

const METHODS: [(Version, &str, Operation); 21] = [
    (Version::V0_3, "message/send", Operation::Send),
    (Version::V0_3, "message/stream", Operation::Stream),
    (Version::V0_3, "tasks/get", Operation::Task),
    (Version::V0_3, "tasks/cancel", Operation::Task),
    (Version::V0_3, "tasks/resubscribe", Operation::Stream),
    (Version::V0_3, "tasks/pushNotificationConfig/set", Operation::PushNotification),
    (Version::V0_3, "tasks/pushNotificationConfig/get", Operation::PushNotification),
    (Version::V0_3, "tasks/pushNotificationConfig/list", Operation::PushNotification),
    (Version::V0_3, "tasks/pushNotificationConfig/delete", Operation::PushNotification),
    (Version::V0_3, "agent/getAuthenticatedExtendedCard", Operation::ExtendedCard),
    (Version::V1_0, "SendMessage", Operation::Send),
    (Version::V1_0, "SendStreamingMessage", Operation::Stream),
    (Version::V1_0, "GetTask", Operation::Task),
    (Version::V1_0, "ListTasks", Operation::ListTasks),
    (Version::V1_0, "CancelTask", Operation::Task),
    (Version::V1_0, "SubscribeToTask", Operation::Stream),
    (Version::V1_0, "CreateTaskPushNotificationConfig", Operation::PushNotification),
    (Version::V1_0, "GetTaskPushNotificationConfig", Operation::PushNotification),
    (Version::V1_0, "ListTaskPushNotificationConfigs", Operation::PushNotification),
    (Version::V1_0, "DeleteTaskPushNotificationConfig", Operation::PushNotification),
    (Version::V1_0, "GetExtendedAgentCard", Operation::ExtendedCard),
];

impl Operation {
    /// What the method does in this version.
    pub(super) fn named(version: Version, name: &str) -> Result<Self, Fault> {
        let found = METHODS.into_iter().find(|(_, method, _)| *method == name);
        match found {
            Some((of, _, operation)) if of == version => Ok(operation),
            Some((of, ..)) => Err(Fault::new(Kind::MethodNotFound, &other_version(version, of))),
            None => Err(Fault::new(Kind::MethodNotFound, "There is no such method.")),
        }
    }
}

fn other_version(asked: Version, of: Version) -> String {
    format!(
        "This is a method of A2A {of}, and the request is in {asked}: send the header A2A-Version: {of} with it. Without the header a \
         request is in 0.3.",
        of = of.as_str(),
        asked = asked.as_str()
    )
}

/// The answer of a method that is about tasks.
pub(super) fn about_tasks(version: Version, operation: Operation, params: &Object) -> Result<Value, Fault> {
    match operation {
        Operation::ListTasks => no_tasks(params),
        Operation::Task => match params.get("id") {
            Some(Value::String(_)) => Err(Fault::new(
                Kind::TaskNotFound,
                "There is no such task: this agent answers every message at once and keeps no tasks.",
            )),
            _ => Err(Fault::of_field("id", "must be a string")),
        },
        Operation::PushNotification => {
            Err(Fault::new(Kind::PushNotificationNotSupported, "This agent sends no push notifications."))
        }
        Operation::ExtendedCard => Err(Fault::new(
            match version {
                Version::V0_3 => Kind::ExtendedCardNotConfigured,
                Version::V1_0 => Kind::UnsupportedOperation,
            },
            "This agent has no other card than the public one.",
        )),
        Operation::Send | Operation::Stream => {
            Err(Fault::new(Kind::UnsupportedOperation, "This agent does not stream: it answers every message at once."))
        }
    }
}

const PAGE_SIZE: u64 = 50;
const LARGEST_PAGE: u64 = 100;

fn no_tasks(params: &Object) -> Result<Value, Fault> {
    let size = match params.get("pageSize") {
        None | Some(Value::Null) => PAGE_SIZE,
        Some(size) => size
            .as_u64()
            .filter(|size| (1..=LARGEST_PAGE).contains(size))
            .ok_or_else(|| Fault::of_field("pageSize", "must be a whole number from 1 to 100"))?,
    };
    Ok(json!({ "tasks": [], "nextPageToken": "", "pageSize": size, "totalSize": 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_belongs_to_its_own_version_only() {
        for (version, name, operation) in METHODS {
            assert_eq!(Operation::named(version, name).ok(), Some(operation), "{name}");
            let other = if version == Version::V0_3 { Version::V1_0 } else { Version::V0_3 };
            let fault = Operation::named(other, name).expect_err(name);
            assert_eq!(fault.kind, Kind::MethodNotFound);
            assert!(fault.message.contains(version.as_str()), "{}", fault.message);
        }
        for name in ["", "message/Send", "sendMessage", "tasks/list", "constructor"] {
            assert!(Operation::named(Version::V0_3, name).is_err(), "{name}");
        }
    }
}

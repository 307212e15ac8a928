//! The DOM events on `document`: what scripts can listen to. The page uses these names, and the guide prints this table.

/// A DOM event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName {
    /// The event's type.
    pub name: &'static str,
    /// The part of `window.__perkoon` that is its `detail`.
    pub detail: &'static str,
    /// When it comes, as Markdown.
    pub when: &'static str,
}

macro_rules! event_names {
    ($($constant:ident = $name:literal, $detail:literal, $when:literal;)+) => {
        $(#[doc = $when] pub const $constant: &str = $name;)+

        /// Every event.
        pub const EVENT_NAMES: &[EventName] = &[$(EventName { name: $constant, detail: $detail, when: $when }),+];
    };
}

event_names! {
    SESSION_CREATED = "perkoon:session:created", "session", "The sender's session has its code and link.";
    PARTICIPANT_JOINED = "perkoon:participant:joined", "participants[i]", "Someone is there; also this page itself.";
    PARTICIPANT_LEFT = "perkoon:participant:left", "participants[i]", "Someone is gone.";
    TRANSFER_OFFERED = "perkoon:transfer:offered", "transfer", "The receiver is being asked.";
    TRANSFER_ACCEPTED = "perkoon:transfer:accepted", "transfer", "The receiver said yes.";
    TRANSFER_REJECTED = "perkoon:transfer:rejected", "transfer", "The receiver said no.";
    TRANSFER_PROGRESS = "perkoon:transfer:progress", "transfer", "Bytes moved; at most 10 times a second.";
    TRANSFER_PAUSED = "perkoon:transfer:paused", "transfer", "Someone paused.";
    TRANSFER_COMPLETE = "perkoon:transfer:complete", "transfer", "Every byte is verified, flushed and taken by the browser.";
    TRANSFER_ERROR = "perkoon:transfer:error", "transfer", "It failed or was cancelled; `transfer.error` and `transfer.status` say which.";
    FILE_READY = "perkoon:file:ready", "files[i]", "One file is verified and flushed.";
    FILE_ERROR = "perkoon:file:error", "files[i]", "One file will not come.";
}

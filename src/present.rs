//! What the page says about a [`View`]: the stage it is at, the line between the two devices, and the words. Pure, so that
//! every state's wording is tested on the host.

use perkoon_protocol::{ErrorCode, Role};

use crate::state::{Awaited, Connection, Failure, ParticipantView, PasswordStage, SessionStatus, TransferStatus, View};

mod words;

pub use words::{Words, words};

/// The one decision a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Sender: choosing files, sharing the code. Receiver: waiting for an offer.
    Preparing,
    /// Start pressed; the receiver is being reached or asked.
    Asking,
    /// Bytes move, or should.
    Running,
    /// Everything arrived.
    Complete,
    /// It ended some other way.
    Stopped,
}

/// The stage of a view.
pub const fn stage(view: &View) -> Stage {
    match view.transfer.status {
        TransferStatus::Idle | TransferStatus::Ready => Stage::Preparing,
        TransferStatus::Connecting | TransferStatus::Offered => Stage::Asking,
        TransferStatus::Complete => Stage::Complete,
        TransferStatus::Rejected | TransferStatus::Cancelled | TransferStatus::Error => Stage::Stopped,
        _ => Stage::Running,
    }
}

/// How the line between the two devices is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nobody at the other end: dotted.
    Waiting,
    /// Somebody is there, the connection is being made: dots on the move.
    Connecting,
    /// Connected: solid.
    Connected,
    /// Bytes move: filling.
    Filling,
    /// Held.
    Paused,
    /// Broken, being mended.
    Mending,
    /// Full.
    Complete,
    /// Ended before everything was there.
    Broken,
}

impl Line {
    /// The word for style sheets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Filling => "filling",
            Self::Paused => "paused",
            Self::Mending => "mending",
            Self::Complete => "complete",
            Self::Broken => "broken",
        }
    }
}

/// The line of a view.
pub fn line(view: &View) -> Line {
    match view.transfer.status {
        TransferStatus::Complete => Line::Complete,
        TransferStatus::Rejected | TransferStatus::Cancelled | TransferStatus::Error => Line::Broken,
        TransferStatus::Paused => Line::Paused,
        TransferStatus::Reconnecting => Line::Mending,
        TransferStatus::Accepted | TransferStatus::Transferring => Line::Filling,
        _ => match peer(view) {
            None => Line::Waiting,
            Some(peer) if peer.connected || connection(view).is_some() => Line::Connected,
            Some(_) => Line::Connecting,
        },
    }
}

/// The other participant.
pub fn peer(view: &View) -> Option<&ParticipantView> {
    view.participants.iter().find(|participant| !participant.own)
}

/// Whether a receiver is there to send to.
pub fn receiver_present(view: &View) -> bool {
    view.participants.iter().any(|participant| participant.role == Role::Receiver)
}

/// The session's code; empty while there is none.
pub fn code(view: &View) -> String {
    let code = view.session.as_ref().and_then(|session| session.code);
    code.map(|code| code.as_str().to_owned()).unwrap_or_default()
}

/// How the two devices are connected.
pub fn connection(view: &View) -> Option<Connection> {
    view.session.as_ref().and_then(|session| session.connection)
}

/// Whether the session is over for this page: left, replaced, expired or lost.
pub fn closed(view: &View) -> bool {
    view.session.as_ref().is_none_or(|session| session.status == SessionStatus::Closed)
}

/// What is known of whoever is at the other end, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shield {
    /// Nothing yet.
    None,
    /// A password is to be proven.
    Password,
    /// The secret of a link is to be proven.
    Link,
    /// Both ends have proved that they know it.
    Proven,
    /// Words are there to be compared.
    Words,
}

/// The shield of a view.
pub fn shield(view: &View) -> Shield {
    let protected = view.session.as_ref().filter(|session| session.password_protected);
    match protected {
        Some(_) if view.password == PasswordStage::Proven => Shield::Proven,
        Some(session) if session.role == Role::Sender && has_secret_link(view) => Shield::Link,
        Some(session) if session.role == Role::Sender => Shield::Password,
        Some(_) => Shield::None,
        None if view.words.is_some() && peer(view).is_some() => Shield::Words,
        None => Shield::None,
    }
}

/// What a shield says to people.
pub const fn shield_words(shield: Shield) -> &'static str {
    match shield {
        Shield::None => "",
        Shield::Password => "Protected by a password. Tell it to the other person, but not together with the link.",
        Shield::Link => "Protected by the secret in the link. Share the whole link: the code alone opens nothing.",
        Shield::Proven => "Both devices know the same secret: nobody is in between.",
        Shield::Words => "If they see other words, stop: someone is in between.",
    }
}

/// Whether the session's link carries a secret.
pub fn has_secret_link(view: &View) -> bool {
    view.session.as_ref().is_some_and(|session| session.share_url.contains('#'))
}

/// Receiver: whether the page asks for a password.
pub fn asks_password(view: &View) -> bool {
    let asked = matches!(view.password, PasswordStage::Asked | PasswordStage::Tried | PasswordStage::Wrong { .. });
    asked && !view.transfer.status.is_terminal() && peer(view).is_some()
}

/// Whether too many passwords were wrong, and the sender has to unlock the session.
pub fn is_locked(view: &View) -> bool {
    view.password == PasswordStage::Wrong { left: 0 }
}

/// What is wrong with a password, while the transfer has not ended for another reason.
pub fn password_failure(view: &View) -> Option<&Failure> {
    view.transfer.error.as_ref().filter(|_| !view.transfer.status.is_terminal())
}

/// What a person can do after a transfer that did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same attempt again.
    Retry,
    /// Back to the files, in the same session.
    BackToFiles,
    /// Load the page again.
    Reload,
    /// Make a new session.
    NewSession,
    /// Type another code.
    OtherCode,
    /// Nothing on this page helps.
    Nothing,
}

/// What went wrong, where something did. What the two people decided is told in other words.
pub fn failure(view: &View) -> Option<&Failure> {
    view.transfer.error.as_ref().filter(|_| view.transfer.status == TransferStatus::Error)
}

/// The most useful next step, the page's only strong button.
pub fn remedy(view: &View, role: Role) -> Remedy {
    let failure = failure(view);
    match failure.map(|failure| failure.code) {
        Some(ErrorCode::BrowserUnsupported) => Remedy::Nothing,
        Some(ErrorCode::VersionMismatch | ErrorCode::ProtocolError | ErrorCode::Internal | ErrorCode::InvalidRequest) => {
            Remedy::Reload
        }
        _ if failure.is_some_and(|failure| failure.retryable) => Remedy::Retry,
        _ if role == Role::Receiver => Remedy::OtherCode,
        _ if closed(view) || failure.is_some() => Remedy::NewSession,
        _ => Remedy::BackToFiles,
    }
}

/// What a sender is asked for whose page was loaded again.
pub fn awaited(Awaited { first, files, .. }: &Awaited) -> String {
    let (them, more) = match files {
        0 | 1 => ("file", String::new()),
        files => ("files", format!(" and {} more", crate::format::grouped(files - 1))),
    };
    format!(
        "This page was loaded again in the middle of a transfer. Add the same {them} to go on where it stopped: “{first}”{more}."
    )
}

/// The page's title: how far a transfer is, or what the page is.
pub fn title(view: &View, page: &str) -> String {
    let state = match view.transfer.status {
        TransferStatus::Paused => "Paused".to_owned(),
        status if status.is_running() => crate::format::percent(view.transfer.percent()),
        TransferStatus::Complete => "Complete".to_owned(),
        TransferStatus::Error => "Stopped".to_owned(),
        _ => page.to_owned(),
    };
    if state.is_empty() { "Perkoon".to_owned() } else { format!("{state} · Perkoon") }
}

#[cfg(test)]
mod tests;

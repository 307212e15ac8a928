//! A heading and a sentence for every state.

use perkoon_protocol::{ErrorCode, Role};

use super::{Shield, asks_password, failure, has_secret_link, is_locked, peer, shield};
use crate::{
    format,
    state::{PasswordStage, SessionStatus, TransferStatus, View},
};

/// What a page says at the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What is happening.
    pub title: String,
    /// What it means, or what to do; may be empty.
    pub detail: String,
}

impl Words {
    fn new(title: &str, detail: impl Into<String>) -> Self {
        Self { title: title.to_owned(), detail: detail.into() }
    }
}

/// The words of a view, seen by one end.
pub fn words(view: &View, role: Role) -> Words {
    match view.transfer.status {
        TransferStatus::Idle | TransferStatus::Ready => match role {
            Role::Sender => sender_preparing(view),
            Role::Receiver => receiver_waiting(view),
        },
        TransferStatus::Connecting => connecting(view),
        TransferStatus::Offered => offered(view, role),
        TransferStatus::Accepted => Words::new("Starting", ""),
        TransferStatus::Transferring if let Some(bytes) = view.transfer.copied_bytes => copying(bytes, view),
        TransferStatus::Transferring => Words::new(if role == Role::Sender { "Sending" } else { "Receiving" }, keep_open()),
        TransferStatus::Paused => paused(view, role),
        TransferStatus::Reconnecting => {
            Words::new("Connection lost", "Both pages are trying to get it back. Nothing that has arrived is lost.")
        }
        TransferStatus::Complete => complete(view, role),
        TransferStatus::Rejected => rejected(role),
        TransferStatus::Cancelled => Words::new("Cancelled", "The transfer was cancelled. Unfinished files were not kept."),
        TransferStatus::Error => failed(view, role),
    }
}

fn sender_preparing(view: &View) -> Words {
    match (&view.session, peer(view), view.files.len()) {
        (None, ..) => Words::new("Getting a code", ""),
        (Some(session), ..) if session.status == SessionStatus::Creating => Words::new("Getting a code", ""),
        (_, None, 0) => {
            Words::new(share(view), "Whoever opens it gets your files. Add files now or later, and keep this page open.")
        }
        (_, None, _) => Words::new(share(view), "Whoever opens it is offered your files. Keep this page open."),
        (_, Some(_), 0) => Words::new("The other device is here", "Choose what to send."),
        (_, Some(_), count) => {
            Words::new("Ready to send", format!("{} for the other device, which is asked first.", format::files(count)))
        }
    }
}

fn share(view: &View) -> &'static str {
    if has_secret_link(view) { "Share the whole link" } else { "Share this code" }
}

/// The sender has pressed Start.
fn connecting(view: &View) -> Words {
    match peer(view) {
        Some(peer) if peer.connected && shield(view) == Shield::Password => {
            Words::new("Waiting for the password", "The other device is asked for it first, and then whether it accepts.")
        }
        _ => Words::new("Connecting", "The two devices are looking for a way to each other."),
    }
}

fn receiver_waiting(view: &View) -> Words {
    if asks_password(view) {
        return asking_password(view);
    }
    match (&view.session, peer(view)) {
        (None, _) => Words::new("Opening the session", ""),
        (Some(session), _) if session.status == SessionStatus::Creating => Words::new("Opening the session", ""),
        (_, None) => {
            Words::new("Waiting for the sender", "The sender's page is not open at the moment. This page goes on by itself.")
        }
        (_, Some(_)) => Words::new("The sender is choosing files", "You are asked before anything is saved."),
    }
}

fn asking_password(view: &View) -> Words {
    match view.password {
        PasswordStage::Tried => Words::new("Checking the password", ""),
        _ if is_locked(view) => Words::new("This session is locked", "You can try again as soon as the sender unlocks it."),
        _ => Words::new(
            "This session has a password",
            "Ask the sender for it. The two devices check it with each other; the server never sees it.",
        ),
    }
}

fn offered(view: &View, role: Role) -> Words {
    let what = format!("{}, {}", format::files(view.files.len()), format::bytes(total(view)));
    match role {
        Role::Sender => Words::new("Waiting for their answer", format!("The other device is asked to accept {what}.")),
        Role::Receiver if view.files.len() == 1 => Words::new("A file for you", what),
        Role::Receiver => Words::new("Files for you", what),
    }
}

fn paused(view: &View, role: Role) -> Words {
    let who = match view.transfer.paused_by {
        Some(by) if by != role => "The other device paused the transfer.",
        _ => "Nothing moves until you resume.",
    };
    Words::new("Paused", who)
}

/// Everything is here, and a person waits for it to be where it belongs.
fn copying(bytes: u64, view: &View) -> Words {
    let (bytes, all) = (format::bytes(bytes), format::bytes(total(view)));
    Words::new("Saving", format!("{bytes} of {all} copied to the place you chose. Keep this page open until it is done."))
}

fn complete(view: &View, role: Role) -> Words {
    let what = format!("{}, {}", format::files(view.files.len()), format::bytes(total(view)));
    let time = view.transfer.duration_ms.map(|time| format!(" in {}", format::duration(time))).unwrap_or_default();
    match role {
        Role::Sender => Words::new("Sent", format!("{what}{time}. Every byte arrived and was checked.")),
        Role::Receiver => Words::new("Received", format!("{what}{time}. Every byte was checked and saved.")),
    }
}

fn rejected(role: Role) -> Words {
    match role {
        Role::Sender => Words::new("They declined", "The receiver declined the files. Nothing was transferred."),
        Role::Receiver => Words::new("You declined", "Nothing was transferred. The sender has been told."),
    }
}

fn failed(view: &View, role: Role) -> Words {
    let code = failure(view).map(|failure| failure.code);
    let title = match (code, role) {
        (Some(ErrorCode::SessionNotFound), _) => "No such session",
        (Some(ErrorCode::SessionExpired), _) => "This link has expired",
        (Some(ErrorCode::SessionFull), _) => "Someone else is here",
        (Some(ErrorCode::Replaced), _) => "Open in another tab",
        (Some(ErrorCode::PeerLeft), _) => "The other device left",
        (Some(ErrorCode::ConnectionFailed), _) => "No connection",
        (Some(ErrorCode::SignalingLost), _) => "Perkoon cannot be reached",
        (Some(ErrorCode::BrowserUnsupported), _) => "This browser cannot do it",
        (Some(ErrorCode::InsufficientStorage), _) => "Not enough space",
        (Some(ErrorCode::WrongPassword), Role::Sender) => "The other device broke off",
        (Some(ErrorCode::WrongPassword), Role::Receiver) => "Stopped, to be safe",
        _ if view.transfer.bytes == 0 => "That did not work",
        (_, Role::Sender) => "Sending stopped",
        (_, Role::Receiver) => "Receiving stopped",
    };
    // The failure's own sentence is shown beside this; saying it twice helps nobody.
    Words::new(title, "")
}

fn keep_open() -> &'static str {
    "Keep both pages open until it is done."
}

fn total(view: &View) -> u64 {
    view.files.iter().map(|file| file.size).fold(0, u64::saturating_add)
}

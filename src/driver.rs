//! The run loop.

use futures::channel::mpsc;
use leptos::prelude::*;
use perkoon_protocol::SessionCode;

use crate::{session::Session, state::View};

/// Starts the loop and returns the components' handle on it.
pub fn start() -> Session {
    let (view, _) = signal_local(View::default());
    let (commands, _) = mpsc::unbounded();
    Session::new(view, false, commands)
}

/// The key to send in a session that this tab was the sender of before a reload.
pub fn stored_sender_key(_code: SessionCode) -> Option<String> {
    None
}

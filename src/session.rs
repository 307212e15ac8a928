//! The components' handle on the live session: a [`View`] to render and [`Command`]s to give.
//!
//! It sits in a Leptos context above the router, so that a navigation from `/create` to `/<CODE>` keeps the session.

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use perkoon_peer::secret::Secret;
use perkoon_protocol::{ErrorCode, SessionCode};

use crate::{
    components::from_root,
    state::{FileId, View},
};

/// What a person or script asks of the session.
pub enum Command {
    /// Make a session and take its sender's seat (the **Start** button on `/create`).
    Create(Protection),
    /// Take the sender's seat of a session made elsewhere.
    Adopt {
        /// The session.
        code: SessionCode,
        /// Proves the right to send.
        key: String,
        /// What the receiver is going to need.
        protection: Protection,
    },
    /// Take the sender's seat that this tab had before a reload.
    Return {
        /// The session.
        code: SessionCode,
        /// Proves the right to send.
        key: String,
        /// What the session was protected by.
        secret: Option<Secret>,
    },
    /// Take the receiver's seat.
    Join {
        /// The session.
        code: SessionCode,
    },
    /// Receiver: try this password.
    TryPassword(String),
    /// Sender: let passwords be tried again after too many wrong ones.
    Unlock,
    /// Sender: queue files.
    AddFiles(Vec<PickedFile>),
    /// Sender, whose page was loaded again: queue the files that were being sent, by their handles. The person has just clicked.
    AddSameFiles,
    /// Sender: drop a queued file.
    RemoveFile(FileId),
    /// Sender: offer the queued files (after any confirmation).
    StartTransfer,
    /// Sender, after the end: back to the queue, keeping the session, for the next files or the next receiver.
    SendMore,
    /// Receiver: take the files.
    Accept(Destination),
    /// Receiver: decline them.
    Reject,
    /// Either: hold.
    Pause,
    /// Either: go on.
    Resume,
    /// Either: stop for good.
    Cancel,
    /// After a retryable failure: try again.
    Retry,
    /// The page itself has found that it cannot go on: its address holds no valid code.
    Refuse(ErrorCode),
    /// Leave the session and forget it.
    Leave,
}

/// What a sender wants a session to be protected by.
#[derive(Clone, PartialEq, Eq)]
pub enum Protection {
    /// Nothing: people may compare words.
    None,
    /// A password, as it was typed.
    Password(String),
    /// A random secret in the link.
    Link,
}

/// A file chosen on the sender's device.
pub struct PickedFile {
    /// The browser's handle; its bytes are read only when the receiver asks.
    pub file: web_sys::File,
    /// Relative path, the name last; one part for a file picked on its own.
    pub path: Vec<String>,
}

/// Where a receiver wants the files.
pub enum Destination {
    /// Wherever the browser saves downloads.
    Downloads,
    /// A file or folder the person is about to pick: `showSaveFilePicker` for one file, `showDirectoryPicker` for several. The
    /// picker must be opened inside the click's own event handler, so the place's handle arrives as a future.
    Picked(LocalBoxFuture<'static, Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>>),
}

/// The handle. Cheap to copy into closures.
#[derive(Clone, Copy)]
pub struct Session {
    view: ReadSignal<View, LocalStorage>,
    agent: bool,
    commands: StoredValue<Box<dyn Fn(Command)>, LocalStorage>,
}

impl Session {
    /// Ties a handle to the driver's ends; `commands` takes what people and scripts ask for.
    pub fn new(view: ReadSignal<View, LocalStorage>, agent: bool, commands: impl Fn(Command) + 'static) -> Self {
        Self { view, agent, commands: StoredValue::new_local(Box::new(commands)) }
    }

    /// What to render.
    pub fn view(self) -> ReadSignal<View, LocalStorage> {
        self.view
    }

    /// Whether the page is driven by a program (`?agent=true`): no pickers, no confirmation, no animation.
    pub fn is_agent(self) -> bool {
        self.agent
    }

    /// Gives a command to the driver.
    pub fn send(self, command: Command) {
        self.commands.with_value(|commands| commands(command));
    }
}

/// The session in scope.
///
/// # Panics
/// Outside the application's component tree, which provides it at its root.
pub fn use_session() -> Session {
    from_root()
}

//! The `data-testid` hooks: what scripts find things by. The pages use these names, and the guide prints this table.

/// Who has a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The sender's pages.
    Sender,
    /// The receiver's pages.
    Receiver,
    /// Both.
    Both,
}

impl Side {
    /// The word in the guide.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Both => "both",
        }
    }
}

/// A hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The value of the `data-testid` attribute.
    pub id: &'static str,
    /// Whose pages have it.
    pub side: Side,
    /// What it is, as Markdown.
    pub element: &'static str,
}

macro_rules! hooks {
    ($($name:ident = $id:literal, $side:ident, $element:literal;)+) => {
        $(#[doc = $element] pub const $name: &str = $id;)+

        /// Every hook, in the order in which scripts meet them.
        pub const HOOKS: &[Hook] = &[$(Hook { id: $name, side: Side::$side, element: $element }),+];
    };
}

hooks! {
    TERMS_ACCEPT = "tos-accept", Sender, "The terms checkbox: native, always there, unchecked.";
    CREATE_PASSWORD = "create-password", Sender, "The optional password; empty is none.";
    CREATE_SECURE_LINK = "create-secure-link", Sender, "A checkbox: puts a random secret into the link in place of a password.";
    CREATE_START = "create-start", Sender, "**Start**; disabled until the terms are accepted.";
    SESSION = "p2p-session", Both, "Around a live session, with `data-session-code`, `data-role` and `data-status`.";
    SESSION_CODE = "session-code", Sender, "The code, in groups of four.";
    SHARE_URL = "share-url", Sender, "The link for the receiver.";
    COPY_LINK = "copy-link", Sender, "Copies the link.";
    SHARE_QR = "share-qr", Sender, "The link as a QR code.";
    FILE_INPUT = "file-input", Sender, "`<input type=file multiple>`, there from **Start** until the transfer starts; setting it again adds files.";
    FOLDER_INPUT = "folder-input", Sender, "The same for a folder.";
    DROP_ZONE = "drop-zone", Sender, "Takes dropped files and folders.";
    FILE_LIST = "file-list", Both, "The queued or offered files.";
    FILE_ROW = "file-row", Both, "One file.";
    FILE_REMOVE = "file-remove", Sender, "Takes a queued file off the list.";
    START_TRANSFER = "start-transfer", Sender, "Offers the files; disabled until there are files and a receiver.";
    CONFIRM_OK = "confirm-ok", Sender, "Agrees in a confirmation.";
    CONFIRM_CANCEL = "confirm-cancel", Sender, "Closes a confirmation.";
    CONFIRM_SKIP = "confirm-skip", Sender, "“Do not ask again” in a confirmation.";
    PASSWORD_INPUT = "password-input", Receiver, "The password, while the sender asks for one; disabled while the session is locked.";
    PASSWORD_SUBMIT = "password-submit", Receiver, "Tries it.";
    PASSWORD_UNLOCK = "password-unlock", Sender, "Lets passwords be tried again after five wrong ones.";
    TRANSFER_ACCEPT = "transfer-accept", Receiver, "Accepts the offer; appears once the sender has started.";
    TRANSFER_REJECT = "transfer-reject", Receiver, "Declines the offer.";
    TRANSFER_TERMS = "transfer-tos-checkbox", Receiver, "The terms checkbox, there with `transfer-accept` until the terms were accepted in this browser; `transfer-accept` is disabled until it is checked.";
    TRANSFER_PROGRESS = "transfer-progress", Both, "`role=progressbar`, with `aria-valuenow`.";
    TRANSFER_STATUS = "transfer-status", Both, "The status word, the same as `transfer.status`.";
    TRANSFER_PAUSE = "transfer-pause", Both, "Pauses.";
    TRANSFER_RESUME = "transfer-resume", Both, "Goes on.";
    TRANSFER_CANCEL = "transfer-cancel", Both, "Cancels.";
    ERROR_MESSAGE = "error-message", Both, "What went wrong, in a sentence; `data-code` holds the error's code.";
}

#[cfg(test)]
mod tests {
    use super::HOOKS;

    #[test]
    fn no_two_hooks_share_a_name() {
        for (index, hook) in HOOKS.iter().enumerate() {
            assert!(HOOKS[..index].iter().all(|earlier| earlier.id != hook.id), "{}", hook.id);
        }
    }
}

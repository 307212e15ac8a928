//! How the two ends come to trust each other: the password or the link's secret, and the words that people compare.

use std::rc::Rc;

use perkoon_peer::{protection, secret::Secret};
use perkoon_protocol::{
    ErrorCode, Role,
    signal::{ClientMessage, ReportState},
};
use perkoon_transfer::{Failures, Password, Receiver, ReceiverInput, Sender, SenderInput};
use wasm_bindgen_futures::spawn_local;

use super::{AGENT, Driver, LinkEnd, Message, clock, link::Stage};
use crate::{
    platform::{
        normalized, random, storage,
        tools::{PasswordExchange, Tools},
    },
    session::Protection,
    state::{Event, Failure, PasswordStage},
};

/// Between two tries to load what shows the words.
const WORDS_MS: u32 = 3_000;

/// How often that is tried.
const WORDS_TRIES: u32 = 20;

/// What a new session is going to be protected by, if anything.
pub(super) fn secret(protection: Protection) -> Option<Secret> {
    match protection {
        Protection::None => None,
        Protection::Password(text) => Some(Secret::Password(normalized(&text))),
        Protection::Link => Some(Secret::of_bytes(random())),
    }
}

/// What proves a password did not load.
fn not_loaded() -> Failure {
    Failure::in_words(
        ErrorCode::SignalingLost,
        "What checks passwords could not be loaded. Check your connection and try again. Nothing was transferred.",
    )
}

/// Makes a secret ready to be proven.
///
/// # Errors
/// When what proves it cannot be loaded.
pub(super) async fn ready(secret: &Secret, failures: &Failures) -> Result<Password, Failure> {
    let tools = Tools::load().await.map_err(|_| not_loaded())?;
    let exchange = PasswordExchange::new(tools, secret.text());
    Ok(match secret {
        Secret::Password(_) => Password::of_person(exchange, failures),
        Secret::Link(_) => Password::of_link(exchange, failures),
    })
}

impl Driver {
    /// A core that knows of nothing yet but what protects the session.
    pub(super) fn new_end(&mut self) -> Option<LinkEnd> {
        self.words = None;
        let code = self.view.session.as_ref()?.code?;
        Some(match self.role()? {
            Role::Sender => {
                let mut core = Sender::new(AGENT, code);
                if let Some(password) = &self.password {
                    core.handle(clock::now(), SenderInput::Password(password.clone()));
                }
                LinkEnd::Sender(core)
            }
            Role::Receiver => {
                let mut core = Receiver::new(AGENT, code);
                if self.guarded {
                    core.insist();
                }
                if let Some(password) = &self.password {
                    core.handle(clock::now(), ReceiverInput::Password(password.clone()));
                }
                LinkEnd::Receiver(core)
            }
        })
    }

    /// Receiver: the sender says whether it asks for a password.
    pub(super) fn protected(&mut self, protected: bool) {
        self.apply(Event::Protected(protected));
        if protected {
            self.guarded = true;
            load_soon();
        }
    }

    /// Receiver: a password is wanted. The secret of a link is at hand; it is wanted again when the sender has unlocked the session.
    pub(super) fn password_asked(&mut self) {
        match self.password.clone() {
            Some(password) => self.give(password),
            None => self.apply(Event::PasswordAsked),
        }
    }

    /// Receiver: the person has typed one.
    pub(super) fn try_password(&mut self, typed: String) {
        if !matches!(self.view.password, PasswordStage::Asked | PasswordStage::Wrong { left: 1.. }) {
            return;
        }
        let secret = match Secret::typed(typed) {
            Ok(Some(Secret::Password(text))) => Secret::Password(normalized(&text)),
            Err(_) => return self.apply(Event::PasswordUntried(protection::too_long())),
            Ok(_) => return,
        };
        self.apply(Event::PasswordTried);
        let (session, messages, failures) = (self.session, self.messages.clone(), self.failures.clone());
        spawn_local(async move {
            let result = ready(&secret, &failures).await;
            let _ = messages.unbounded_send(Message::Password { session, result });
        });
    }

    pub(super) fn password_ready(&mut self, result: Result<Password, Failure>) {
        match result {
            Ok(password) => self.give(password),
            Err(failure) => self.apply(Event::PasswordUntried(failure)),
        }
    }

    /// Hands it to the core, also to one that waits for its next connection.
    fn give(&mut self, password: Password) {
        let end = self.link.as_mut().map(|link| &mut link.end).or(self.former.as_mut());
        if let Some(LinkEnd::Receiver(core)) = end {
            core.handle(clock::now(), ReceiverInput::Password(password));
            self.apply(Event::PasswordTried);
            self.drain();
        }
    }

    /// A password was wrong, and so many more may be tried.
    pub(super) fn password_wrong(&mut self, left: u32) {
        self.keep_tries();
        let failure = match self.role() {
            Some(Role::Sender) => (left == 0).then(protection::locked),
            // The same secret stays wrong, but not that a session is locked.
            _ if self.password.is_some() && left > 0 => return self.break_off(protection::wrong_link()),
            _ => Some(protection::wrong_password(left)),
        };
        self.apply(Event::PasswordWrong { left, failure });
    }

    /// Sender: the person allows passwords to be tried again.
    pub(super) fn unlock(&mut self) {
        self.failures.forgive();
        self.keep_tries();
        self.sender_input(SenderInput::Unlock);
        self.apply(Event::Unlocked);
    }

    /// Remembers how many wrong passwords may yet be tried: whoever guesses must get no more of them out of a page that is loaded again.
    fn keep_tries(&self) {
        if let (Some(Role::Sender), Some(code)) = (self.role(), self.view.session.as_ref().and_then(|session| session.code)) {
            storage::keep_tries(code, self.failures.left());
        }
    }

    /// Both ends know the password: there is nothing to compare.
    pub(super) fn proven(&mut self) {
        self.keep_tries();
        self.words = None;
        self.apply(Event::Proven);
    }

    /// There is no password, and these are to be compared.
    pub(super) fn compare(&mut self, words: [u8; 4]) {
        self.words = Some(words);
        self.show_words();
    }

    /// The two ends trust each other: now files may be offered. Ends that know each other from before have told no words.
    pub(super) fn greeted(&mut self) {
        if let Some(link) = &mut self.link {
            link.trusted = true;
        }
        self.show_words();
        self.offer_queued();
    }

    fn show_words(&self) {
        let Some(bytes) = self.words else { return };
        let (link, messages) = (self.links, self.messages.clone());
        spawn_local(async move {
            for _ in 0..WORDS_TRIES {
                if let Ok(tools) = Tools::load().await {
                    let words = tools.words(bytes).unwrap_or_default().into();
                    return drop(messages.unbounded_send(Message::Words { link, bytes, words }));
                }
                gloo::timers::future::TimeoutFuture::new(WORDS_MS).await;
            }
        });
    }

    pub(super) fn words_ready(&mut self, number: u32, bytes: [u8; 4], words: Rc<[String]>) {
        let current = self.link.as_ref().is_some_and(|link| link.number == number);
        if current && self.words == Some(bytes) {
            self.apply(Event::Words(words));
        }
    }

    /// One end cannot trust the other.
    pub(super) fn distrusted(&mut self) {
        if self.role() == Some(Role::Sender) {
            self.spend_link();
            return self.ended(Event::Failed(protection::refused_by_receiver()), ReportState::Rejected);
        }
        self.break_off(protection::false_sender());
    }

    /// Receiver: has nothing more to do with whoever is at the other end, until a person wants to try again.
    fn break_off(&mut self, failure: Failure) {
        self.spend_link();
        self.ended(Event::Failed(failure), ReportState::Rejected);
        if let Some(room) = self.room.take() {
            room.send(&ClientMessage::Leave);
        }
        self.apply(Event::Closed);
    }

    /// The core takes no more: the next attempt needs a new connection, and a person's wish for one.
    pub(super) fn spend_link(&mut self) {
        if let Some(link) = self.link.as_mut().filter(|link| link.stage != Stage::Lost) {
            link.stage = Stage::Spent;
        }
    }
}

/// Loads what passwords are proven with while the person still thinks.
pub(super) fn load_soon() {
    spawn_local(async { drop(Tools::load().await) });
}

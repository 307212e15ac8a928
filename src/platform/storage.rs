//! What a tab remembers over a reload: its sender's seat, the secret of its link, and the settings its address had.

use std::cell::RefCell;

use perkoon_peer::secret::Secret;
use perkoon_protocol::{
    SessionCode,
    control::{Entry, TransferId},
    json::{self, Fields, FromValue, Value},
    limits::PASSWORD_ATTEMPTS,
};
use serde::Serialize;
use web_sys::Storage;

use crate::dom;

/// Characters of an offer that are remembered at most: browsers give an origin about five million.
const OFFER_CHARACTERS: usize = 1_000_000;

const OFFER: &str = "perkoon_offer";
const SENDER: &str = "perkoon_sender";
const AGENT: &str = "perkoon_agent";

/// A sender's seat as a tab remembers it: what protects it and the key are remembered, or forgotten, together.
#[derive(Serialize)]
struct StoredSender {
    code: SessionCode,
    key: String,
    password: Option<String>,
    link_secret: Option<String>,
}

impl FromValue for StoredSender {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(Self {
            code: fields.take("code")?,
            key: fields.take("key")?,
            password: fields.take("password")?,
            link_secret: fields.take("link_secret")?,
        })
    }
}

/// An accepted offer as the sender's tab remembers it while its bytes move. `public/handles.js` reads it, too.
#[derive(Serialize)]
pub struct StoredOffer {
    /// The session.
    pub code: SessionCode,
    /// The transfer.
    pub transfer: TransferId,
    /// Its files.
    pub files: Vec<Entry>,
}

impl FromValue for StoredOffer {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(Self { code: fields.take("code")?, transfer: fields.take("transfer")?, files: fields.take("files")? })
    }
}

fn session_storage() -> Option<Storage> {
    super::window().session_storage().ok()?
}

/// What the tab remembers under `key`.
fn stored<T: FromValue>(key: &str) -> Option<T> {
    json::decode(&session_storage()?.get_item(key).ok()??)
}

fn store(key: &str, value: &impl Serialize) {
    store_text(key, &json::encode(value));
}

fn store_text(key: &str, text: &str) {
    if let Some(storage) = session_storage() {
        // A browser that refuses storage only forgets at a reload.
        let _ = storage.set_item(key, text);
    }
}

fn forget(key: &str) {
    if let Some(storage) = session_storage() {
        let _ = storage.remove_item(key);
    }
}

/// Remembers that this tab sends in session `code`, with this secret.
pub fn keep_sender_seat(code: SessionCode, key: &str, secret: Option<&Secret>) {
    let of_kind =
        |is_link| secret.filter(|secret| matches!(secret, Secret::Link(_)) == is_link).map(|secret| secret.text().to_owned());
    // What is refused must not leave an older seat behind, which may have had no password.
    forget(SENDER);
    store(SENDER, &StoredSender { code, key: key.to_owned(), password: of_kind(false), link_secret: of_kind(true) });
}

/// The key and the secret this tab remembers for session `code`.
pub fn sender_seat(code: SessionCode) -> Option<(String, Option<Secret>)> {
    let stored: StoredSender = stored(SENDER)?;
    let secret = stored.password.map(Secret::Password).or(stored.link_secret.map(Secret::Link));
    (stored.code == code).then_some((stored.key, secret))
}

/// Forgets the sender's seat.
pub fn forget_sender_seat() {
    forget(SENDER);
}

thread_local! {
    /// The secret in the address that was opened last, for browsers that refuse to store it.
    static LINK_SECRET: RefCell<Option<(SessionCode, Secret)>> = const { RefCell::new(None) };
}

/// Remembers the secret of the link to session `code`.
pub fn keep_link_secret(code: SessionCode, secret: &Secret) {
    LINK_SECRET.set(Some((code, secret.clone())));
    store_text(&link_secret_key(code), secret.text());
}

/// The secret of the link to session `code`, if this tab was opened with one.
pub fn link_secret(code: SessionCode) -> Option<Secret> {
    let kept = LINK_SECRET.with_borrow(|kept| kept.as_ref().filter(|(of, _)| *of == code).map(|(_, secret)| secret.clone()));
    kept.or_else(|| session_storage()?.get_item(&link_secret_key(code)).ok()?.map(Secret::Link))
}

fn link_secret_key(code: SessionCode) -> String {
    ["perkoon_secret_", code.as_str()].concat()
}

/// Remembers how many wrong passwords may yet be tried in this tab's session.
pub fn keep_tries(code: SessionCode, left: u32) {
    store_text(&tries_key(code), &left.to_string());
}

/// How many wrong passwords may yet be tried in this tab's session. What cannot be read allows none.
pub fn tries(code: SessionCode) -> u32 {
    let kept = session_storage().and_then(|storage| storage.get_item(&tries_key(code)).ok()?);
    kept.map_or(PASSWORD_ATTEMPTS, |left| left.parse().unwrap_or_default())
}

fn tries_key(code: SessionCode) -> String {
    ["perkoon_tries_", code.as_str()].concat()
}

/// Remembers what was accepted. Of more files than there is room for nothing is remembered.
pub fn keep_offer(offer: &StoredOffer) {
    let text = json::encode(offer);
    if text.len() <= OFFER_CHARACTERS {
        store_text(OFFER, &text);
    }
}

/// The offer that was being sent in session `code` when the page was loaded again.
pub fn offer(code: SessionCode) -> Option<StoredOffer> {
    stored(OFFER).filter(|offer: &StoredOffer| offer.code == code)
}

/// Forgets the offer.
pub fn forget_offer() {
    forget(OFFER);
}

/// Settings given in the page's address, kept for the tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentSettings {
    /// `?agent=true`: no pickers, no modals, no animations, one ordinary download a file.
    pub agent: bool,
    /// `&sink=opfs`: keep received files in the origin private file system first.
    pub prefer_opfs: bool,
    /// `?relay=true`: connect through a relay (TURN) only, to test one.
    pub relay_only: bool,
}

impl FromValue for AgentSettings {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(Self {
            agent: fields.take("agent")?,
            prefer_opfs: fields.take("prefer_opfs")?,
            relay_only: fields.take("relay_only")?,
        })
    }
}

/// Reads the settings from the address, or from what the tab remembers, and drops them from the address bar, so that the address is
/// always a clean share link.
pub fn take_agent_settings() -> AgentSettings {
    let location = super::window().location();
    let query = location.search().unwrap_or_default();
    let Ok(parameters) = web_sys::UrlSearchParams::new_with_str(&query) else { return AgentSettings::default() };
    let mut settings: AgentSettings = stored(AGENT).unwrap_or_default();
    let (agent, relay) = (parameters.get("agent"), parameters.get("relay"));
    if agent.is_none() && relay.is_none() {
        return settings;
    }
    if let Some(agent) = agent {
        settings.agent = agent == "true";
        settings.prefer_opfs = parameters.get("sink").as_deref() == Some("opfs");
    }
    if let Some(relay) = relay {
        settings.relay_only = relay == "true";
    }
    store(AGENT, &settings);
    for taken in ["agent", "sink", "relay"] {
        parameters.delete(taken);
    }
    replace_query(&location, &String::from(parameters.to_string()));
    settings
}

fn replace_query(location: &web_sys::Location, query: &str) {
    let path = location.pathname().unwrap_or_default();
    let question = if query.is_empty() { "" } else { "?" };
    let fragment = location.hash().unwrap_or_default();
    dom::replace_address(&[path.as_str(), question, query, &fragment].concat());
}

//! What this browser remembers of a person's choices. Storage may be refused; then nothing is remembered.

use web_sys::Storage;

const TERMS_ACCEPTED: &str = "perkoon_tos_accepted";
const THEME: &str = "perkoon_theme";

/// Whether the terms have been accepted in this browser.
pub fn terms_accepted() -> bool {
    read(TERMS_ACCEPTED).as_deref() == Some("1")
}

/// Remembers that the terms have been accepted.
pub fn accept_terms() {
    write(TERMS_ACCEPTED, "1");
}

/// Whether a confirmation is not to be asked again.
pub fn skips_confirmation(name: &str) -> bool {
    read(&confirmation_key(name)).as_deref() == Some("true")
}

/// Remembers not to ask again.
pub fn skip_confirmation(name: &str) {
    write(&confirmation_key(name), "true");
}

/// Remembers the chosen theme, `light` or `dark`; the page applies it before its first paint.
pub fn choose_theme(theme: &str) {
    write(THEME, theme);
}

fn confirmation_key(name: &str) -> String {
    format!("perkoon_skip_confirm_{name}")
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or refused storage costs only the memory of the choice.
        let _ = storage.set_item(key, value);
    }
}

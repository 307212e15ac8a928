//! `/create` and `/<CODE>`: one route, so that a live session's elements stay when the address becomes its code.

use leptos::prelude::*;
use perkoon_peer::secret::Secret;
use perkoon_protocol::{ErrorCode, Role, SessionCode};

use super::{
    InvalidCode, NotFound,
    create::{Gate, ProtectionWish},
    receiver::Receiver,
    sender::Sender,
};
use crate::{
    components::{dynamic, effect, memo, watch},
    dom, driver,
    navigation::use_address,
    present,
    routes::{Place, sender_key, session_path},
    session::{Command, Session, use_session},
    state::{SessionStatus, TransferStatus, View},
};

/// What is on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    /// The gate to a new session.
    Create,
    /// The gate to a session made elsewhere.
    Adopt,
    Sender,
    Receiver,
    InvalidCode,
    NotFound,
}

/// Where the page is.
#[derive(Clone, Copy)]
struct Here(Memo<String>);

impl Here {
    fn get(self) -> Place {
        self.0.with(|segment| Place::of(segment))
    }
}

/// What this page has been asked to do, before the session's view shows it.
#[derive(Clone, Copy)]
struct Entry {
    /// **Start** was pressed on `/create`, where there may have been a session before.
    started: RwSignal<bool>,
    /// The code of that session; empty when there was none.
    before: RwSignal<String>,
    /// The key to a session made elsewhere, taken from the address; empty when there is none.
    key: RwSignal<String>,
    /// That session's code.
    adopted: RwSignal<String>,
    /// Whether the seat asked for is the sender's.
    sends: RwSignal<bool>,
    /// What the gate asks for besides.
    wish: ProtectionWish,
}

/// The sender's or the receiver's page.
#[component]
pub fn SessionPage() -> impl IntoView {
    let address = use_address();
    let place = Here(memo(move || address.segment()));
    let (flag, text) = (|| RwSignal::new(false), || RwSignal::new(String::new()));
    let entry =
        Entry { started: flag(), before: text(), key: text(), adopted: text(), sends: flag(), wish: ProtectionWish::new() };
    follow_address(place, entry);
    follow_session(place, entry);

    let session = use_session();
    let number = watch(move |view| (screen(view, place.get(), entry) as u8).to_string());
    let current = move || {
        number.with(|_| ());
        untrack(|| session.view().with(|view| screen(view, place.get(), entry)))
    };
    dynamic(move || match current() {
        Screen::Create => gate("Send files", entry, create),
        Screen::Adopt => gate("Send files to this session", entry, adopt),
        Screen::Sender => view! { <Sender /> }.into_any(),
        Screen::Receiver => view! { <Receiver /> }.into_any(),
        Screen::InvalidCode => view! { <InvalidCode /> }.into_any(),
        Screen::NotFound => view! { <NotFound /> }.into_any(),
    })
}

fn gate(title: &'static str, entry: Entry, start: fn(Entry)) -> AnyView {
    view! { <Gate title wish=entry.wish on_start=Callback::new(move |()| start(entry)) /> }.into_any()
}

fn screen(view: &View, place: Place, entry: Entry) -> Screen {
    let session = view.session.as_ref();
    match place {
        Place::Create if entry.started.get() && !could_not_create(view) => Screen::Sender,
        Place::Create => Screen::Create,
        Place::Session(code) | Place::Misspelled(code) => {
            if !entry.key.with(String::is_empty) && entry.adopted.get() == code.as_str() {
                return Screen::Adopt;
            }
            let live = session.filter(|session| session.code == Some(code));
            let sends = live.map_or_else(|| entry.sends.get(), |session| session.role == Role::Sender);
            if sends { Screen::Sender } else { Screen::Receiver }
        }
        Place::InvalidCode => Screen::InvalidCode,
        Place::Nowhere => Screen::NotFound,
    }
}

fn could_not_create(view: &View) -> bool {
    let code = view.session.as_ref().and_then(|session| session.code);
    code.is_none() && view.transfer.status == TransferStatus::Error
}

/// Goes where the address says: corrects a code's spelling, takes a key out of the address, joins.
fn follow_address(place: Here, entry: Entry) {
    let session = use_session();
    let address = use_address();
    effect(move || {
        address.track_changes();
        let place = place.get();
        take_key(place, entry);
        if let (true, Place::Session(code)) = (take_secret(place), place)
            && session.view().with_untracked(is_receiving)
        {
            // The whole link of a session that its code alone has opened.
            session.send(Command::Join { code });
        }
        match place {
            Place::Misspelled(code) => {
                let query = window().location().search().unwrap_or_default();
                address.replace(&format!("{}{query}{}", session_path(code), dom::fragment()));
            }
            Place::Session(code) => {
                entry.started.set(false);
                entry.wish.forget();
                if entry.key.with_untracked(String::is_empty) {
                    enter(session, code, entry);
                }
            }
            Place::InvalidCode => session.send(Command::Refuse(ErrorCode::InvalidCode)),
            Place::Create if failed_before(session, entry) => session.send(Command::Leave),
            Place::Create | Place::Nowhere => {}
        }
    });
}

/// Whether the view still shows a failure that has nothing to do with the session about to be made.
fn failed_before(session: Session, entry: Entry) -> bool {
    let failed = session.view().with_untracked(|view| view.session.is_none() && view.transfer.status == TransferStatus::Error);
    failed && !entry.started.get_untracked()
}

/// A key in the address must not stay there: addresses are copied, kept in histories and seen over shoulders.
fn take_key(place: Place, entry: Entry) {
    let fragment = dom::fragment();
    let (Some(key), Some(code)) = (sender_key(&fragment), place.code()) else { return };
    entry.adopted.set(code.to_string());
    entry.key.set(key.to_owned());
    drop_fragment();
}

/// Nor must the secret of a link. It is for the receiver's seat; says whether there was one.
fn take_secret(place: Place) -> bool {
    let (Some(secret), Some(code)) = (Secret::in_fragment(&dom::fragment()), place.code()) else { return false };
    driver::keep_link_secret(code, &secret);
    drop_fragment();
    true
}

fn drop_fragment() {
    let location = window().location();
    dom::replace_address(&(location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()));
}

/// Whether this page has a receiver's seat in which nothing is under way.
fn is_receiving(view: &View) -> bool {
    let live = view.session.as_ref().is_some_and(|session| session.role == Role::Receiver);
    live && !present::closed(view) && !view.transfer.status.is_running()
}

/// Takes the seat this tab had before a reload, or the receiver's.
fn enter(session: Session, code: SessionCode, entry: Entry) {
    let open = session.view().with_untracked(|view| {
        let open = view.session.as_ref().filter(|session| session.status != SessionStatus::Closed);
        open.map(|session| session.code)
    });
    match open {
        Some(Some(live)) if live == code => return,
        Some(_) => session.send(Command::Leave),
        None => {}
    }
    if driver::take_sender_seat_again(session, code) {
        entry.sends.set(true);
    } else {
        entry.sends.set(false);
        session.send(Command::Join { code });
    }
}

/// Puts a new session's code into the address.
fn follow_session(place: Here, entry: Entry) {
    let code = watch(present::code);
    let address = use_address();
    effect(move || {
        let (Ok(code), true) = (code.get().parse::<SessionCode>(), entry.started.get()) else { return };
        if untrack(|| place.get()) == Place::Create && entry.before.get_untracked() != code.as_str() {
            address.replace(&session_path(code));
        }
    });
}

fn create(entry: Entry) {
    let session = use_session();
    entry.before.set(session.view().with_untracked(present::code));
    if session.view().with_untracked(|view| view.session.is_some()) {
        session.send(Command::Leave);
    }
    entry.started.set(true);
    session.send(Command::Create(entry.wish.protection()));
}

fn adopt(entry: Entry) {
    let (key, Ok(code)) = (entry.key.get_untracked(), entry.adopted.get_untracked().parse()) else { return };
    entry.sends.set(true);
    use_session().send(Command::Adopt { code, key, protection: entry.wish.protection() });
    entry.wish.forget();
    entry.key.set(String::new());
}

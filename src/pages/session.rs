//! `/create` and `/<CODE>`: one route, so that a live session's elements stay when the address becomes its code.

use leptos::prelude::*;
use perkoon_protocol::{ErrorCode, Role, SessionCode};

use super::{InvalidCode, NotFound, create::Gate, receiver::Receiver, sender::Sender};
use crate::{
    components::{dynamic, effect, memo, watch},
    dom, driver,
    navigation::use_address,
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

/// What this page has been asked to do, before the session's view shows it.
#[derive(Clone, Copy)]
struct Entry {
    /// **Start** was pressed on `/create`; inside, the session there was before.
    started: RwSignal<Option<Option<SessionCode>>>,
    /// The key to a session made elsewhere, taken from the address.
    key: RwSignal<Option<(SessionCode, String)>>,
    /// The seat asked for.
    seat: RwSignal<Role>,
}

/// The sender's or the receiver's page.
#[component]
pub fn SessionPage() -> impl IntoView {
    let address = use_address();
    let place = memo(move || Place::of(&address.segment()));
    let entry = Entry { started: RwSignal::new(None), key: RwSignal::new(None), seat: RwSignal::new(Role::Receiver) };
    follow_address(place, entry);
    follow_session(place, entry);

    let screen = watch(move |view| screen(view, place.get(), entry));
    dynamic(move || match screen.get() {
        Screen::Create => view! { <Gate title="Send files" on_start=Callback::new(move |()| create(entry)) /> }.into_any(),
        Screen::Adopt => {
            view! { <Gate title="Send files to this session" on_start=Callback::new(move |()| adopt(entry)) /> }.into_any()
        }
        Screen::Sender => view! { <Sender /> }.into_any(),
        Screen::Receiver => view! { <Receiver /> }.into_any(),
        Screen::InvalidCode => view! { <InvalidCode /> }.into_any(),
        Screen::NotFound => view! { <NotFound /> }.into_any(),
    })
}

fn screen(view: &View, place: Place, entry: Entry) -> Screen {
    let session = view.session.as_ref();
    match place {
        Place::Create if entry.started.get().is_some() && !could_not_create(view) => Screen::Sender,
        Place::Create => Screen::Create,
        Place::Session(code) | Place::Misspelled(code) => {
            if entry.key.with(|key| key.as_ref().is_some_and(|(of, _)| *of == code)) {
                return Screen::Adopt;
            }
            let live = session.filter(|session| session.code == Some(code));
            match live.map_or_else(|| entry.seat.get(), |session| session.role) {
                Role::Sender => Screen::Sender,
                Role::Receiver => Screen::Receiver,
            }
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
fn follow_address(place: Memo<Place>, entry: Entry) {
    let session = use_session();
    let address = use_address();
    effect(move || {
        address.track_changes();
        let place = place.get();
        take_key(place, entry);
        match place {
            Place::Misspelled(code) => {
                let query = window().location().search().unwrap_or_default();
                address.replace(&format!("{}{query}{}", session_path(code), dom::fragment()));
            }
            Place::Session(code) => {
                entry.started.set(None);
                if entry.key.with_untracked(Option::is_none) {
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
    failed && entry.started.with_untracked(Option::is_none)
}

/// A key in the address must not stay there: addresses are copied, kept in histories and seen over shoulders.
fn take_key(place: Place, entry: Entry) {
    let fragment = dom::fragment();
    let (Some(key), Some(code)) = (sender_key(&fragment), place.code()) else { return };
    entry.key.set(Some((code, key.to_owned())));
    let location = window().location();
    let path = location.pathname().unwrap_or_else(|_| session_path(code));
    dom::replace_address(&format!("{path}{}", location.search().unwrap_or_default()));
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
    if let Some(key) = driver::stored_sender_key(code) {
        entry.seat.set(Role::Sender);
        session.send(Command::Adopt { code, key });
    } else {
        entry.seat.set(Role::Receiver);
        session.send(Command::Join { code });
    }
}

/// Puts a new session's code into the address.
fn follow_session(place: Memo<Place>, entry: Entry) {
    let code = watch(|view| view.session.as_ref().and_then(|session| session.code));
    let address = use_address();
    effect(move || {
        let (Some(code), Some(before)) = (code.get(), entry.started.get()) else { return };
        if place.get_untracked() == Place::Create && before != Some(code) {
            address.replace(&session_path(code));
        }
    });
}

fn create(entry: Entry) {
    let session = use_session();
    let before = session.view().with_untracked(|view| view.session.as_ref().map(|session| session.code));
    if before.is_some() {
        session.send(Command::Leave);
    }
    entry.started.set(Some(before.flatten()));
    session.send(Command::Create);
}

fn adopt(entry: Entry) {
    let Some((code, key)) = entry.key.get_untracked() else { return };
    entry.seat.set(Role::Sender);
    use_session().send(Command::Adopt { code, key });
    entry.key.set(None);
}

use std::rc::Rc;

use super::*;
use crate::state::{Failure, FileId, FileStatus, FileView, SessionView};

fn participant(own: bool, role: Role, connected: bool) -> ParticipantView {
    ParticipantView { id: role.as_str().to_owned(), role, own, connected }
}

fn view(role: Role, status: TransferStatus) -> View {
    let mut view = View {
        session: Some(SessionView {
            code: "K7MX4QPR9W2N".parse().ok(),
            role,
            status: SessionStatus::Connected,
            share_url: String::new(),
            expires_at: String::new(),
            password_protected: false,
            connection: None,
        }),
        participants: vec![participant(true, role, true), participant(false, role.other(), false)],
        files: vec![Rc::new(FileView {
            id: FileId(1),
            name: "a".to_owned(),
            path: "a".to_owned(),
            saved_as: None,
            size: 2048,
            status: FileStatus::Queued,
            bytes: 0,
            blake3: None,
            method: None,
        })],
        ..View::default()
    };
    view.transfer.status = status;
    view
}

fn failed(role: Role, code: ErrorCode) -> View {
    let mut view = view(role, TransferStatus::Error);
    view.transfer.error = Some(Failure::from(code));
    view
}

#[test]
fn every_state_has_plain_words_for_both_ends() {
    for role in [Role::Sender, Role::Receiver] {
        for status in TransferStatus::ALL {
            let words = words(&view(role, status), role);
            assert!(!words.title.is_empty(), "{role:?} {status:?}");
            assert!(!words.title.ends_with('.'), "{}", words.title);
            assert!(!format!("{} {}", words.title, words.detail).contains('!'), "{words:?}");
        }
    }
}

#[test]
fn while_files_are_copied_to_a_picked_place_the_page_says_how_far_it_is() {
    let mut view = view(Role::Receiver, TransferStatus::Transferring);
    view.transfer.copied_bytes = Some(1024);
    let words = words(&view, Role::Receiver);
    assert_eq!(
        (words.title.as_str(), words.detail.split(". ").next()),
        ("Saving", Some("1.00 KiB of 2.00 KiB copied to the place you chose"))
    );
}

#[test]
fn a_failure_is_not_told_twice() {
    assert!(words(&failed(Role::Sender, ErrorCode::PeerLeft), Role::Sender).detail.is_empty());
    let mut cancelled = view(Role::Sender, TransferStatus::Cancelled);
    cancelled.transfer.error = Some(Failure::from(ErrorCode::Cancelled));
    assert!(!words(&cancelled, Role::Sender).detail.is_empty() && failure(&cancelled).is_none());
}

#[test]
fn the_line_follows_the_peer_until_bytes_move() {
    let mut view = view(Role::Sender, TransferStatus::Ready);
    assert_eq!(line(&view), Line::Connecting);
    view.participants[1].connected = true;
    assert_eq!(line(&view), Line::Connected);
    view.participants.pop();
    assert_eq!(line(&view), Line::Waiting);
    view.transfer.status = TransferStatus::Transferring;
    assert_eq!(line(&view), Line::Filling);
}

#[test]
fn a_receiver_is_told_from_a_sender() {
    assert!(receiver_present(&view(Role::Sender, TransferStatus::Ready)));
    let mut alone = view(Role::Sender, TransferStatus::Ready);
    alone.participants.pop();
    assert!(!receiver_present(&alone));
}

fn protected(role: Role, password: PasswordStage) -> View {
    let mut view = View { password, ..view(role, TransferStatus::Ready) };
    if let Some(session) = &mut view.session {
        session.password_protected = true;
    }
    view
}

#[test]
fn a_password_is_asked_for_while_the_sender_is_there_and_nothing_has_ended() {
    for password in [PasswordStage::Asked, PasswordStage::Tried, PasswordStage::Wrong { left: 0 }] {
        let mut view = protected(Role::Receiver, password);
        assert!(asks_password(&view), "{password:?}");
        view.transfer.status = TransferStatus::Reconnecting;
        assert!(asks_password(&view), "{password:?}: the connection went while it was checked");
        view.transfer.status = TransferStatus::Error;
        assert!(!asks_password(&view), "{password:?}");
        view.transfer.status = TransferStatus::Ready;
        view.participants.pop();
        assert!(!asks_password(&view), "{password:?}");
    }
    for password in [PasswordStage::Untried, PasswordStage::Proven] {
        assert!(!asks_password(&protected(Role::Receiver, password)), "{password:?}");
    }
}

#[test]
fn what_is_wrong_with_a_password_is_told_apart_from_how_a_transfer_ended() {
    let mut view = protected(Role::Receiver, PasswordStage::Wrong { left: 4 });
    view.transfer.error = Some(ErrorCode::WrongPassword.into());
    assert!(password_failure(&view).is_some() && failure(&view).is_none());
    view.transfer.status = TransferStatus::Error;
    assert!(password_failure(&view).is_none() && failure(&view).is_some());
}

#[test]
fn words_are_shown_where_there_is_no_password_and_somebody_to_compare_them_with() {
    let words: Option<Rc<[String]>> = Some(["one".to_owned()].into());
    let mut open = View { words: words.clone(), ..view(Role::Sender, TransferStatus::Ready) };
    assert_eq!(shield(&open), Shield::Words);
    open.participants.pop();
    assert_eq!(shield(&open), Shield::None);
    assert_eq!(shield(&View { words, ..protected(Role::Receiver, PasswordStage::Asked) }), Shield::None);
}

#[test]
fn a_protected_session_says_so_and_how() {
    let mut view = protected(Role::Sender, PasswordStage::Wrong { left: 3 });
    assert_eq!(shield(&view), Shield::Password);
    view.session.as_mut().expect("a session").share_url = "https://perkoon.example/K7MX4QPR9W2N#s=abc".into();
    assert_eq!(shield(&view), Shield::Link);
    for role in [Role::Sender, Role::Receiver] {
        assert_eq!(shield(&protected(role, PasswordStage::Proven)), Shield::Proven);
    }
}

#[test]
fn a_sender_who_has_started_waits_for_the_password() {
    let mut view = protected(Role::Sender, PasswordStage::Untried);
    view.transfer.status = TransferStatus::Connecting;
    assert_eq!(words(&view, Role::Sender).title, "Connecting");
    view.participants[1].connected = true;
    assert_eq!(words(&view, Role::Sender).title, "Waiting for the password");
}

#[test]
fn the_next_step_fits_the_failure() {
    let cases = [
        (Role::Sender, ErrorCode::PeerLeft, Remedy::Retry),
        (Role::Sender, ErrorCode::Replaced, Remedy::NewSession),
        (Role::Sender, ErrorCode::Internal, Remedy::Reload),
        (Role::Receiver, ErrorCode::SessionNotFound, Remedy::OtherCode),
        (Role::Receiver, ErrorCode::SessionFull, Remedy::Retry),
        (Role::Receiver, ErrorCode::BrowserUnsupported, Remedy::Nothing),
    ];
    for (role, code, expected) in cases {
        assert_eq!(remedy(&failed(role, code), role), expected, "{code}");
    }
    assert_eq!(remedy(&view(Role::Sender, TransferStatus::Rejected), Role::Sender), Remedy::BackToFiles);
    assert_eq!(remedy(&view(Role::Receiver, TransferStatus::Rejected), Role::Receiver), Remedy::OtherCode);
}

#[test]
fn titles_carry_progress() {
    let mut running = view(Role::Sender, TransferStatus::Transferring);
    running.transfer.bytes = 430;
    running.transfer.total_bytes = 1000;
    assert_eq!(title(&running, "Send files"), "43 % · Perkoon");
    assert_eq!(title(&View::default(), "Send files"), "Send files · Perkoon");
    assert_eq!(title(&View::default(), ""), "Perkoon");
}

#[test]
fn a_sender_is_told_which_files_are_needed_again() {
    let asked = |files| awaited(&Awaited { first: "a.bin".into(), files, reopenable: false });
    assert!(asked(1).ends_with("Add the same file to go on where it stopped: “a.bin”."));
    assert!(asked(13).ends_with("Add the same files to go on where it stopped: “a.bin” and 12 more."));
}

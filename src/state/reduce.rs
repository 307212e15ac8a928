//! The only place that changes a View.

use std::rc::Rc;

use perkoon_protocol::ErrorCode;

use super::{
    Event, Failure, FileStatus, FileView, PasswordStage, Progress, SaveMethod, SessionStatus, SessionView, TransferStatus,
    TransferView, View,
};
use perkoon_peer::protection;

/// Speeds kept for the graph: half a minute.
const SPEED_SAMPLES: usize = 60;

/// Applies what happened.
pub fn reduce(view: &mut View, event: Event) {
    match event {
        Event::Entering { role, code } => {
            view.participants.clear();
            let share_url = String::new();
            let expires_at = String::new();
            let status = SessionStatus::Creating;
            view.session =
                Some(SessionView { code, role, status, share_url, expires_at, password_protected: false, connection: None });
            (view.password, view.words) = (PasswordStage::Untried, None);
            reset_transfer(view, TransferStatus::Idle);
        }
        Event::Entered { code, share_url, expires_at, password_protected } => {
            if let Some(session) = &mut view.session {
                *session = SessionView {
                    code: Some(code),
                    status: SessionStatus::Waiting,
                    share_url,
                    expires_at,
                    password_protected,
                    ..session.clone()
                };
            }
            let receiving = view.session.as_ref().is_some_and(|session| session.role == perkoon_protocol::Role::Receiver);
            let ready = receiving || !view.files.is_empty();
            reset_transfer(view, if ready { TransferStatus::Ready } else { TransferStatus::Idle });
        }
        Event::Participants(participants) => {
            let alone = participants.iter().all(|participant| participant.own);
            view.participants = participants;
            set_session(view, if alone { SessionStatus::Waiting } else { SessionStatus::Connected });
        }
        Event::Path(connection) => change_session(view, |session| session.connection = Some(connection)),
        Event::Unlinked => {
            change_session(view, |session| session.connection = None);
            view.words = None;
            if view.password == PasswordStage::Proven {
                view.password = PasswordStage::Untried;
            }
        }
        Event::Protected(protected) => change_session(view, |session| session.password_protected = protected),
        Event::PasswordAsked => password(view, PasswordStage::Asked, None),
        Event::PasswordTried => password(view, PasswordStage::Tried, None),
        Event::PasswordUntried(failure) => password(view, PasswordStage::Asked, Some(failure)),
        Event::PasswordWrong { left, failure } => password(view, PasswordStage::Wrong { left }, failure),
        Event::Unlocked => password(view, PasswordStage::Untried, None),
        Event::Proven => password(view, PasswordStage::Proven, None),
        Event::Words(words) => view.words = Some(words),
        Event::Closed => {
            view.participants.clear();
            set_session(view, SessionStatus::Closed);
        }
        Event::Left => *view = View::default(),
        Event::FilesAdded(files) => {
            view.files.extend(files.into_iter().map(Rc::new));
            requeue(view);
        }
        Event::FileRemoved(id) => {
            view.files.retain(|file| file.id != id);
            requeue(view);
        }
        Event::Awaiting(awaited) => view.awaited = awaited,
        Event::Requeued => requeue(view),
        Event::Emptied => {
            view.files.clear();
            requeue(view);
        }
        Event::Starting => reset_transfer(view, TransferStatus::Connecting),
        Event::Offered { transfer, files, bytes } => offered(view, transfer, files, bytes),
        Event::Earlier { bytes } => view.transfer.earlier_bytes = bytes,
        Event::Accepted { method } => accepted(view, method),
        Event::Rejected => end(view, TransferStatus::Rejected, ErrorCode::PeerRejected.into()),
        Event::Progress(progress) => progressed(&mut view.transfer, progress),
        Event::FileProgress { file, bytes } => change_file(view, file, |file| file.bytes = bytes),
        Event::FileDone { file, blake3 } => change_file(view, file, |file| {
            file.bytes = file.size;
            file.status = FileStatus::Complete;
            file.blake3 = Some(blake3);
        }),
        Event::Copied { bytes } => view.transfer.copied_bytes = Some(bytes),
        Event::Paused { by } => {
            view.transfer.status = TransferStatus::Paused;
            view.transfer.paused_by = Some(by);
            view.transfer.speed = 0.0;
            view.transfer.eta = None;
        }
        Event::Interrupted => {
            view.transfer.status = TransferStatus::Reconnecting;
            view.transfer.paused_by = None;
            view.transfer.speed = 0.0;
            view.transfer.eta = None;
        }
        Event::Resumed | Event::Continued => {
            view.transfer.status = moving(&view.transfer);
            view.transfer.paused_by = None;
        }
        Event::Complete { duration_ms } => complete(&mut view.transfer, duration_ms),
        Event::Cancelled => end(view, TransferStatus::Cancelled, ErrorCode::Cancelled.into()),
        Event::Failed(failure) => end(view, TransferStatus::Error, failure),
    }
}

fn set_session(view: &mut View, status: SessionStatus) {
    change_session(view, |session| session.status = status);
}

fn change_session(view: &mut View, change: impl FnOnce(&mut SessionView)) {
    if let Some(session) = &mut view.session {
        change(session);
    }
}

/// A password that is wrong is a failure of its own: the transfer stands as it did, and one that has ended ended for its own reason.
fn password(view: &mut View, stage: PasswordStage, failure: Option<Failure>) {
    view.password = stage;
    if !view.transfer.status.is_terminal() {
        view.transfer.error = failure;
    }
}

fn reset_transfer(view: &mut View, status: TransferStatus) {
    let total_bytes = view.files.iter().map(|file| file.size).sum();
    // A session that is locked stays so, whatever is queued in it.
    let error = (view.password == PasswordStage::Wrong { left: 0 }).then(protection::locked);
    view.transfer = TransferView { status, total_bytes, error, ..TransferView::default() };
}

/// Back to a queue: every file as it was picked. Before there is a session a queue is already shown, but not ready to go.
fn requeue(view: &mut View) {
    for index in 0..view.files.len() {
        change_file(view, index, |file| {
            if file.status != FileStatus::Queued {
                *file = FileView { status: FileStatus::Queued, bytes: 0, blake3: None, ..file.clone() };
            }
        });
    }
    let ready = view.session.is_some() && !view.files.is_empty();
    reset_transfer(view, if ready { TransferStatus::Ready } else { TransferStatus::Idle });
}

fn offered(view: &mut View, transfer: String, files: Option<Vec<FileView>>, bytes: u64) {
    if let Some(files) = files {
        view.files = files.into_iter().map(Rc::new).collect();
    }
    for index in 0..view.files.len() {
        change_file(view, index, |file| *file = FileView { status: FileStatus::Offered, bytes: 0, blake3: None, ..file.clone() });
    }
    view.transfer =
        TransferView { id: Some(transfer), status: TransferStatus::Offered, total_bytes: bytes, ..TransferView::default() };
}

fn accepted(view: &mut View, method: Option<SaveMethod>) {
    view.transfer.status = TransferStatus::Accepted;
    for index in 0..view.files.len() {
        change_file(view, index, |file| {
            file.status = FileStatus::Transferring;
            file.method = method;
        });
    }
}

fn progressed(transfer: &mut TransferView, progress: Progress) {
    transfer.bytes = progress.bytes.min(transfer.total_bytes);
    transfer.speed = progress.speed;
    transfer.eta = progress.eta;
    if transfer.status == TransferStatus::Accepted {
        transfer.status = moving(transfer);
    }
    if progress.sample {
        if transfer.speed_history.len() == SPEED_SAMPLES {
            transfer.speed_history.remove(0);
        }
        transfer.speed_history.push(progress.speed);
    }
}

fn moving(transfer: &TransferView) -> TransferStatus {
    if transfer.bytes == 0 { TransferStatus::Accepted } else { TransferStatus::Transferring }
}

fn complete(transfer: &mut TransferView, duration_ms: u64) {
    transfer.status = TransferStatus::Complete;
    transfer.bytes = transfer.total_bytes;
    transfer.eta = Some(0.0);
    transfer.paused_by = None;
    transfer.duration_ms = Some(duration_ms);
    // From here on the speed is that of the whole transfer.
    transfer.speed = transfer.total_bytes as f64 * 1000.0 / duration_ms.max(1) as f64;
}

fn end(view: &mut View, status: TransferStatus, failure: Failure) {
    view.transfer.status = status;
    view.transfer.error = Some(failure);
    view.transfer.speed = 0.0;
    view.transfer.eta = None;
    view.transfer.paused_by = None;
    for index in 0..view.files.len() {
        change_file(view, index, |file| {
            let under_way = matches!(file.status, FileStatus::Offered | FileStatus::Transferring);
            if under_way || is_unsaved(file) {
                file.status = FileStatus::Failed;
            }
        });
    }
}

/// Whether a file is all there but in the browser's own storage, which it leaves only when every other one is there too.
fn is_unsaved(file: &FileView) -> bool {
    let unsaved = matches!(file.method, Some(SaveMethod::Opfs | SaveMethod::CopiedToPlace | SaveMethod::MemoryBuffer));
    file.status == FileStatus::Complete && unsaved
}

/// Changes a file, making a new shared entry only when something differs.
fn change_file(view: &mut View, index: usize, change: impl FnOnce(&mut FileView)) {
    let Some(entry) = view.files.get_mut(index) else { return };
    let mut changed = FileView::clone(entry);
    change(&mut changed);
    if changed != **entry {
        *entry = Rc::new(changed);
    }
}

#[cfg(test)]
mod tests {
    use perkoon_protocol::Role;

    use super::*;
    use crate::state::{FileId, ParticipantView};

    fn file(id: u32, size: u64) -> FileView {
        FileView {
            id: FileId(id),
            name: format!("{id}.bin"),
            path: format!("{id}.bin"),
            saved_as: None,
            size,
            status: FileStatus::Queued,
            bytes: 0,
            blake3: None,
            method: None,
        }
    }

    fn after(events: impl IntoIterator<Item = Event>) -> View {
        let mut view = View::default();
        events.into_iter().for_each(|event| reduce(&mut view, event));
        view
    }

    fn entered(role: Role) -> Vec<Event> {
        let code = "K7MX4QPR9W2N".parse().expect("valid");
        vec![
            Event::Entering { role, code: Some(code) },
            Event::Entered {
                code,
                share_url: "https://example/K7MX4QPR9W2N".into(),
                expires_at: String::new(),
                password_protected: false,
            },
        ]
    }

    fn offer() -> Event {
        Event::Offered { transfer: "ab".into(), files: None, bytes: 30 }
    }

    fn progress(bytes: u64) -> Event {
        Event::Progress(Progress { bytes, speed: 5.0, eta: Some(1.0), sample: true })
    }

    fn sending() -> Vec<Event> {
        let mut events = entered(Role::Sender);
        events.extend([
            Event::FilesAdded(vec![file(0, 10), file(1, 20)]),
            Event::Starting,
            offer(),
            Event::Accepted { method: None },
        ]);
        events
    }

    #[test]
    fn a_sender_goes_from_idle_to_complete() {
        let mut view = View::default();
        let mut statuses = Vec::new();
        let rest = [progress(10), Event::FileDone { file: 0, blake3: "00".into() }, Event::Complete { duration_ms: 1000 }];
        for event in sending().into_iter().chain(rest) {
            reduce(&mut view, event);
            statuses.push(view.transfer.status.as_str());
        }
        statuses.dedup();
        assert_eq!(statuses, ["idle", "ready", "connecting", "offered", "accepted", "transferring", "complete"]);
        assert_eq!((view.transfer.bytes, view.transfer.percent(), view.transfer.speed), (30, 100.0, 30.0));
        assert_eq!(view.files[0].status, FileStatus::Complete);
    }

    #[test]
    fn a_receiver_is_ready_once_it_has_its_seat() {
        assert_eq!(after(entered(Role::Receiver)).transfer.status, TransferStatus::Ready);
    }

    #[test]
    fn files_added_before_there_is_a_session_wait_for_it() {
        let mut events = vec![Event::FilesAdded(vec![file(0, 10)])];
        assert_eq!(after(events.clone()).transfer.status, TransferStatus::Idle);
        events.extend(entered(Role::Sender));
        let view = after(events);
        assert_eq!((view.transfer.status, view.transfer.total_bytes), (TransferStatus::Ready, 10));
    }

    #[test]
    fn removing_the_last_file_is_idle_again() {
        let mut events = entered(Role::Sender);
        events.extend([Event::FilesAdded(vec![file(7, 10)]), Event::FileRemoved(FileId(7))]);
        assert_eq!(after(events).transfer.status, TransferStatus::Idle);
    }

    #[test]
    fn percent_is_never_100_before_the_end() {
        let view = after(sending().into_iter().chain([progress(30)]));
        assert_eq!((view.transfer.percent(), view.transfer.status), (99.9, TransferStatus::Transferring));
    }

    #[test]
    fn a_failure_marks_what_arrived_and_was_not_saved() {
        let status_with = |method| {
            let accepted = Event::Accepted { method: Some(method) };
            let done = Event::FileDone { file: 0, blake3: "00".into() };
            let failed = Event::Failed(ErrorCode::Cancelled.into());
            after(sending().into_iter().chain([accepted, done, failed])).files[0].status
        };
        assert_eq!(status_with(SaveMethod::Opfs), FileStatus::Failed);
        assert_eq!(status_with(SaveMethod::MemoryBuffer), FileStatus::Failed);
        assert_eq!(status_with(SaveMethod::CopiedToPlace), FileStatus::Failed);
        assert_eq!(status_with(SaveMethod::SwDownload), FileStatus::Complete);
        assert_eq!(status_with(SaveMethod::FileSystemAccess), FileStatus::Complete);
    }

    #[test]
    fn a_failure_marks_what_did_not_arrive() {
        let done = Event::FileDone { file: 0, blake3: "00".into() };
        let view = after(sending().into_iter().chain([progress(10), done, Event::Failed(ErrorCode::PeerLeft.into())]));
        assert_eq!([view.files[0].status, view.files[1].status], [FileStatus::Complete, FileStatus::Failed]);
        assert_eq!(view.transfer.error.map(|error| error.code), Some(ErrorCode::PeerLeft));
    }

    #[test]
    fn whatever_ends_early_says_why() {
        for (event, code) in [(Event::Rejected, ErrorCode::PeerRejected), (Event::Cancelled, ErrorCode::Cancelled)] {
            let view = after(sending().into_iter().chain([event]));
            assert_eq!(view.transfer.error, Some(code.into()));
        }
    }

    #[test]
    fn pausing_before_the_first_byte_resumes_to_accepted() {
        let view = after(sending().into_iter().chain([Event::Paused { by: Role::Receiver }, Event::Resumed]));
        assert_eq!((view.transfer.status, view.transfer.paused_by), (TransferStatus::Accepted, None));
    }

    #[test]
    fn a_broken_connection_is_mended_and_the_transfer_goes_on() {
        let mut view = after(sending().into_iter().chain([progress(10), Event::Interrupted]));
        assert_eq!((view.transfer.status, view.transfer.eta), (TransferStatus::Reconnecting, None));
        assert_eq!(view.files[0].status, FileStatus::Transferring);
        reduce(&mut view, Event::Continued);
        assert_eq!(view.transfer.status, TransferStatus::Transferring);
    }

    #[test]
    fn an_entry_is_shared_until_its_file_changes() {
        let mut view = after(sending());
        let before = view.files.clone();
        reduce(&mut view, Event::FileProgress { file: 0, bytes: 5 });
        assert!(!Rc::ptr_eq(&before[0], &view.files[0]) && Rc::ptr_eq(&before[1], &view.files[1]));
    }

    #[test]
    fn the_session_is_connected_while_someone_else_is_there() {
        let own = ParticipantView { id: "a".into(), role: Role::Sender, own: true, connected: true };
        let other = ParticipantView { id: "b".into(), role: Role::Receiver, own: false, connected: false };
        let status = |participants| {
            after(entered(Role::Sender).into_iter().chain([Event::Participants(participants)])).session.map(|s| s.status)
        };
        assert_eq!(status(vec![own.clone(), other]), Some(SessionStatus::Connected));
        assert_eq!(status(vec![own]), Some(SessionStatus::Waiting));
    }

    #[test]
    fn a_wrong_password_is_an_error_that_leaves_the_transfer_as_it_stands() {
        let wrong = |left| Event::PasswordWrong { left, failure: Some(ErrorCode::WrongPassword.into()) };
        let mut view = after(entered(Role::Receiver).into_iter().chain([Event::PasswordAsked, Event::PasswordTried, wrong(4)]));
        assert_eq!((view.transfer.status, view.password), (TransferStatus::Ready, PasswordStage::Wrong { left: 4 }));
        assert_eq!(view.transfer.error, Some(ErrorCode::WrongPassword.into()));
        reduce(&mut view, Event::PasswordTried);
        assert_eq!(view.transfer.error, None, "while the next one is tried");
        reduce(&mut view, Event::Proven);
        assert_eq!((view.transfer.error, view.password), (None, PasswordStage::Proven));
    }

    #[test]
    fn a_locked_session_stays_locked_while_files_are_added() {
        let locked = Event::PasswordWrong { left: 0, failure: Some(protection::locked()) };
        let mut view = after(entered(Role::Sender).into_iter().chain([locked, Event::FilesAdded(vec![file(0, 10)])]));
        assert_eq!(view.transfer.error, Some(protection::locked()));
        reduce(&mut view, Event::Unlocked);
        assert_eq!((view.transfer.error, view.transfer.status), (None, TransferStatus::Ready));
    }

    #[test]
    fn a_password_does_not_change_why_a_transfer_ended() {
        let view = after(sending().into_iter().chain([Event::Cancelled, Event::Proven, Event::Unlocked]));
        assert_eq!(view.transfer.error, Some(ErrorCode::Cancelled.into()));
    }

    #[test]
    fn whoever_comes_next_has_proved_nothing_and_shares_no_words() {
        let words: Rc<[String]> = ["one".to_owned()].into();
        let view = after(entered(Role::Sender).into_iter().chain([Event::Proven, Event::Words(words), Event::Unlinked]));
        assert_eq!((view.password, view.words), (PasswordStage::Untried, None));
        let wrong = Event::PasswordWrong { left: 2, failure: None };
        let view = after(entered(Role::Sender).into_iter().chain([wrong, Event::Unlinked]));
        assert_eq!(view.password, PasswordStage::Wrong { left: 2 }, "the sender still sees that someone tried");
    }

    #[test]
    fn the_speed_graph_is_bounded() {
        let view = after(sending().into_iter().chain((0..200).map(|_| progress(1))));
        assert_eq!(view.transfer.speed_history.len(), SPEED_SAMPLES);
    }

    #[test]
    fn sending_again_starts_from_a_clean_queue() {
        let done = Event::FileDone { file: 0, blake3: "00".into() };
        let view = after(sending().into_iter().chain([done, Event::Complete { duration_ms: 1 }, Event::Requeued]));
        assert_eq!((view.transfer.status, view.files[0].status), (TransferStatus::Ready, FileStatus::Queued));
        assert_eq!(view.files[0].blake3, None);
    }
}

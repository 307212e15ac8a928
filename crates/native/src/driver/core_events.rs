//! What the core tells, and what follows from it.

use perkoon_peer::{Failure, protection};
use perkoon_protocol::{ErrorCode, Role, control::Entry, signal::ReportState};
use perkoon_transfer as core;

use super::{Driver, End, Status, random_transfer, words};
use crate::{Done, OfferedFile, Told};

impl Driver<'_> {
    pub(super) fn core_event(&mut self, event: core::Event) {
        let now = self.now();
        match event {
            core::Event::Protected(_) => {}
            core::Event::PasswordAsked => self.fail(words::password_asked()),
            core::Event::PasswordWrong { left } => self.password_wrong(left),
            core::Event::Proven => self.tell(Told::Proven),
            core::Event::Compare { words } => {
                self.told_connected();
                self.tell(Told::Words(perkoon_trust::words(words)));
            }
            core::Event::Greeted { .. } => {
                self.told_connected();
                self.trusted();
                self.offer();
            }
            core::Event::Offered { files, bytes, .. } => self.offered(files, bytes),
            core::Event::Accepted => {
                self.status = Status::Running;
                self.progress.start(now);
                self.report(ReportState::Accepted);
                self.tell(Told::Accepted);
            }
            core::Event::Progress { bytes } => {
                self.progress.moved(bytes);
                self.show_due();
            }
            core::Event::FileProgress { .. } => {}
            core::Event::FileDone { file, hash } => self.end.hashed(file, hash),
            core::Event::Paused { by } => {
                self.paused_by = Some(by);
                self.tell(Told::Paused { by });
            }
            core::Event::Resumed => {
                self.paused_by = None;
                self.progress.resume(now);
                self.tell(Told::Resumed);
            }
            core::Event::Interrupted => self.interrupted(),
            core::Event::Continued => self.continued(),
            core::Event::Complete => self.complete(),
            core::Event::Rejected => {
                self.report(ReportState::Rejected);
                self.fail(ErrorCode::PeerRejected);
            }
            core::Event::Cancelled { by } => {
                self.report(ReportState::Rejected);
                self.fail(if by == self.end.role() { ErrorCode::Cancelled.into() } else { words::cancelled_there() });
            }
            core::Event::Failed { code, message } => self.failed(code, message),
        }
    }

    fn offered(&mut self, files: Vec<Entry>, bytes: u64) {
        match &self.end {
            End::Receiver(..) => self.take_offer(files),
            End::Sender(..) => {
                self.status = Status::Offered;
                let files = self.end.done_files().into_iter().map(|file| OfferedFile { path: file.path, size: file.size });
                self.told_offer(files.collect(), bytes);
            }
        }
    }

    pub(super) fn told_offer(&mut self, files: Vec<OfferedFile>, bytes: u64) {
        self.progress.total = bytes;
        self.tell(Told::Offered { files, bytes });
    }

    /// Either side's word that a password was wrong.
    fn password_wrong(&mut self, left: u32) {
        match &self.end {
            End::Sender(..) if left == 0 => self.fail(protection::locked()),
            End::Sender(..) => self.tell(Told::PasswordRefused { left }),
            End::Receiver(_, incoming) if incoming.of_link && left > 0 => self.fail(protection::wrong_link()),
            End::Receiver(..) => self.fail(protection::wrong_password(left)),
        }
    }

    fn complete(&mut self) {
        let now = self.now();
        self.show_now();
        self.report(ReportState::Complete);
        let (duration, bytes) = (self.progress.duration(now), self.progress.total);
        self.over(Ok(Done { duration, bytes, files: self.end.done_files() }));
    }

    fn failed(&mut self, code: ErrorCode, message: String) {
        match &mut self.end {
            // Whoever was asked has gone without an answer: the next one is asked.
            End::Sender(_, outgoing) if self.status == Status::Offered && code == ErrorCode::PeerLeft => {
                outgoing.offering = Some(random_transfer());
                (self.status, self.waiting_since) = (Status::Waiting, self.now());
                return;
            }
            _ => {}
        }
        self.report(ReportState::Rejected);
        self.fail(match (code, self.end.role()) {
            (ErrorCode::WrongPassword, Role::Sender) => protection::refused_by_receiver(),
            (ErrorCode::WrongPassword, Role::Receiver) => protection::false_sender(),
            _ => words::of_command(Failure { code, message, retryable: code.retryable() }),
        });
    }

    pub(super) fn show_due(&mut self) {
        if let Some(progress) = self.progress.due(self.now()) {
            self.tell(Told::Progress(progress));
        }
    }

    fn show_now(&mut self) {
        let progress = self.progress.show(self.now());
        self.tell(Told::Progress(progress));
    }
}

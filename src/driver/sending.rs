//! The sender's side: the queue of files, and what its core asks for.

use std::collections::VecDeque;

use futures::channel::mpsc::UnboundedSender;
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    control::{Entry, TransferId},
};
use perkoon_transfer::{self as core, SenderInput, SenderOutput};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::{
    Driver, LinkEnd, Message, clock,
    link::{Link, Stage},
};
use crate::{
    platform::{
        self, handles,
        payload::Buffer,
        rtc::Peer,
        source,
        storage::{self, StoredOffer},
    },
    session::{Command, PickedFile},
    state::{Awaited, Event, FileId, FileStatus, FileView, TransferStatus},
};

/// The files to send, in the order of the View's list.
#[derive(Default)]
pub(super) struct Queue {
    files: Vec<QueuedFile>,
    next_id: u32,
    pub(super) reader: source::Reader,
    /// Start was pressed; the offer waits for the connection.
    pub(super) offering: Option<TransferId>,
    /// The offer that was made last.
    offered: Option<TransferId>,
    /// What was being sent when this page was loaded again: it goes on once its files are here.
    pub(super) awaited: Option<StoredOffer>,
}

struct QueuedFile {
    id: FileId,
    file: File,
    path: Vec<String>,
}

impl Queue {
    /// Forgets every file.
    pub(super) fn clear(&mut self) {
        self.files.clear();
        self.offering = None;
    }

    /// Puts the queued files into the order of these; false, and nothing is changed, unless they are the same.
    fn arrange(&mut self, wanted: &[Entry]) -> bool {
        let entries = self.entries();
        if entries.len() != wanted.len() {
            return false;
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        for (place, wanted) in wanted.iter().enumerate() {
            // Most often it is there already.
            let Some(found) = (place..order.len()).find(|found| entries[order[*found]] == *wanted) else { return false };
            order.swap(place, found);
        }
        let mut files: Vec<_> = std::mem::take(&mut self.files).into_iter().map(Some).collect();
        self.files = order.into_iter().filter_map(|index| files[index].take()).collect();
        true
    }

    fn views(&self) -> Vec<FileView> {
        self.files.iter().map(|QueuedFile { id, file, path }| queued_view(*id, file, path)).collect()
    }

    fn read(&mut self, index: u32, offset: u64, length: u32) -> Option<impl Future<Output = Result<Buffer, ErrorCode>> + use<>> {
        let queued = self.files.get(index as usize)?;
        Some(self.reader.read(index, &queued.file, offset, length))
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |queued: &QueuedFile| Entry {
            path: queued.path.clone(),
            size: queued.file.size() as u64,
            modified: Some(queued.file.last_modified() as i64),
        };
        self.files.iter().map(entry).collect()
    }
}

/// Carries out what the sender's core asks for.
pub(super) fn carry_out(
    output: SenderOutput<Buffer>,
    link: u32,
    peer: &Peer,
    queue: &mut Queue,
    messages: &UnboundedSender<Message>,
    events: &mut VecDeque<core::Event>,
) {
    match output {
        SenderOutput::Control(text) => peer.send_control(text),
        SenderOutput::Lane { lane, payload } => peer.send_lane(lane, &payload),
        SenderOutput::CloseLane { lane } => peer.close_lane(lane),
        SenderOutput::Event(event) => events.push_back(event),
        SenderOutput::Read { request, file, offset, length } => {
            let (read, messages) = (queue.read(file, offset, length), messages.clone());
            spawn_local(async move {
                let result = match read {
                    Some(read) => read.await,
                    None => Err(ErrorCode::FileUnreadable),
                };
                let _ = messages.unbounded_send(Message::Read { link, request, result });
            });
        }
    }
}

impl Driver {
    pub(super) fn add_files(&mut self, files: Vec<PickedFile>) {
        if self.status().is_running() || self.status() == TransferStatus::Offered || self.role() == Some(Role::Receiver) {
            return;
        }
        if self.status() == TransferStatus::Complete {
            self.queue.clear();
            self.apply(Event::Emptied);
        }
        let mut views = Vec::with_capacity(files.len());
        for PickedFile { file, path } in files {
            let id = FileId(self.queue.next_id);
            self.queue.next_id += 1;
            views.push(queued_view(id, &file, &path));
            self.queue.files.push(QueuedFile { id, file, path });
        }
        self.apply(Event::FilesAdded(views));
        self.go_on_with_queued();
    }

    /// The files of a transfer that was under way when this page was loaded again may be here.
    fn go_on_with_queued(&mut self) {
        let Some(awaited) = self.queue.awaited.take() else { return };
        if !self.queue.arrange(&awaited.files) {
            self.queue.awaited = Some(awaited);
            return;
        }
        let StoredOffer { transfer, files, .. } = awaited;
        let (now, bytes) = (clock::now(), files.iter().map(|file| file.size).sum());
        let views = self.queue.views();
        let Some(LinkEnd::Sender(mut core)) = self.new_end() else { return };
        core.handle(now, SenderInput::Restore { transfer, files });
        self.former = Some(LinkEnd::Sender(core));
        self.apply(Event::Awaiting(None));
        self.apply(Event::Emptied);
        self.apply(Event::FilesAdded(views));
        self.apply(Event::Offered { transfer: transfer.to_string(), files: None, bytes });
        self.apply(Event::Accepted { method: None });
        self.progress.start(now, bytes);
        self.apply(Event::Interrupted);
        self.recovery.start(now);
        self.connect_if_needed();
    }

    /// The receiver has accepted. A page that is loaded again is going to need the same files.
    pub(super) fn remember_offer(&self) {
        let code = self.view.session.as_ref().and_then(|session| session.code);
        if let (Some(code), Some(transfer), Some(Role::Sender)) = (code, self.queue.offered, self.role()) {
            storage::keep_offer(&StoredOffer { code, transfer, files: self.queue.entries() });
        }
    }

    /// What was being sent when this page was loaded again, if anything was.
    pub(super) fn await_files(&mut self, code: SessionCode) {
        self.queue.awaited = storage::offer(code).filter(|_| self.queue.files.is_empty());
        let awaited = self.queue.awaited.as_ref().map(|offer| Awaited {
            first: offer.files.first().and_then(|file| file.path.last()).cloned().unwrap_or_default(),
            files: offer.files.len(),
            reopenable: false,
        });
        self.apply(Event::Awaiting(awaited));
        if self.queue.awaited.is_some() {
            let (session, messages) = (self.session, self.messages.clone());
            spawn_local(async move {
                if handles::find().await {
                    let _ = messages.unbounded_send(Message::Reopenable { session });
                }
            });
        }
    }

    /// What was being sent can be found again.
    pub(super) fn reopenable(&mut self) {
        let awaited = self.view.awaited.clone().map(|awaited| Awaited { reopenable: true, ..awaited });
        self.apply(Event::Awaiting(awaited));
    }

    pub(super) fn add_same_files(&self) {
        let messages = self.messages.clone();
        spawn_local(async move {
            let files = handles::open().await;
            let _ = messages.unbounded_send(Message::Command(Command::AddFiles(files)));
        });
    }

    /// Nothing goes on that was being sent before.
    pub(super) fn forget_offer(&mut self) {
        self.queue.awaited = None;
        storage::forget_offer();
        self.apply(Event::Awaiting(None));
    }

    pub(super) fn remove_file(&mut self, id: FileId) {
        if !self.status().is_running() && self.status() != TransferStatus::Offered {
            self.queue.files.retain(|queued| queued.id != id);
            self.apply(Event::FileRemoved(id));
        }
    }

    pub(super) fn start_transfer(&mut self) {
        let busy = self.status().is_running() || matches!(self.status(), TransferStatus::Offered | TransferStatus::Connecting);
        if busy || self.queue.files.is_empty() || self.role() != Some(Role::Sender) {
            return;
        }
        self.forget_offer();
        self.queue.offering = Some(TransferId(platform::random()));
        self.apply(Event::Requeued);
        self.apply(Event::Starting);
        self.connect_if_needed();
        self.offer_queued();
    }

    /// Offers what is queued, once Start was pressed and the two ends trust each other.
    pub(super) fn offer_queued(&mut self) {
        let ready = self.link.as_ref().is_some_and(|link| link.stage == Stage::Open && link.trusted);
        if !ready || self.status() != TransferStatus::Connecting {
            return;
        }
        if let Some(transfer) = self.queue.offering.take() {
            self.queue.offered = Some(transfer);
            self.sender_input(SenderInput::Offer { transfer, files: self.queue.entries() });
        }
    }

    pub(super) fn read(&mut self, number: u32, request: u32, result: Result<Buffer, ErrorCode>) {
        if self.link.as_ref().is_some_and(|link| link.number == number) {
            self.sender_input(match result {
                Ok(payload) => SenderInput::Read { request, payload },
                Err(code) => SenderInput::ReadFailed { request, code },
            });
        }
    }

    /// Hands the core its input when this page sends, and carries out what it asks for.
    pub(super) fn sender_input(&mut self, input: SenderInput<Buffer>) {
        // A buffer that drains while there is nothing to send for a moment is not always told about.
        let number = self.links;
        self.lanes_drained();
        // What was sent then may have ended the transfer, and with it this connection.
        if let Some(Link { end: LinkEnd::Sender(core), .. }) = self.link.as_mut().filter(|link| link.number == number) {
            core.handle(clock::now(), input);
            self.drain();
        }
    }

    /// Tells the core what the lanes' send buffers hold, and sends what they have room for.
    pub(super) fn lanes_drained(&mut self) {
        if let Some(Link { end: LinkEnd::Sender(core), peer, .. }) = &mut self.link {
            for (lane, bytes) in peer.lanes_buffered() {
                core.handle(clock::now(), SenderInput::LaneBuffered { lane, bytes });
            }
            self.drain();
        }
    }

    pub(super) fn send_more(&mut self) {
        if self.role() == Some(Role::Sender) && self.status().is_terminal() {
            self.queue.clear();
            self.apply(Event::Emptied);
            self.connect_if_needed();
        }
    }
}

fn queued_view(id: FileId, file: &File, path: &[String]) -> FileView {
    FileView {
        id,
        name: path.last().cloned().unwrap_or_default(),
        path: path.join("/"),
        saved_as: None,
        size: file.size() as u64,
        status: FileStatus::Queued,
        bytes: 0,
        blake3: None,
        method: None,
    }
}

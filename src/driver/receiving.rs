//! The receiver's side: where the files go, and what its core asks for; and, for both sides, what the core tells.

use std::{collections::VecDeque, rc::Rc};

use perkoon_protocol::{
    ErrorCode,
    control::{Entry, Hash, TransferId},
    signal::ReportState,
};
use perkoon_transfer::{self as core, ReceiverInput, ReceiverOutput, names::safe_names};
use wasm_bindgen_futures::spawn_local;

use super::{Driver, LinkEnd, Message, clock, link::Stage};
use crate::{
    platform::{error_name, fold_case, payload::Buffer, rtc::Peer},
    session::Destination,
    sink::{
        self, Handover, ReceivedFile, Sink, SinkEvent, Target,
        choose::{Plan, Receive, Storage, choose, keeps_before_copying},
        folders::{ReceiveFolder, Unfinished},
    },
    state::{Event, Failure, FileId, FileStatus, FileView, TransferStatus, reduce},
};

/// Where the offered files are going to be saved, once that is settled.
pub(crate) enum ChosenTarget {
    Target(Target),
    /// The person closed the picker: the offer stays open.
    PickerClosed,
    /// There is no way to save them.
    None(ErrorCode),
}

/// What the receiver has.
#[derive(Default)]
pub(super) struct Receiving {
    files: Rc<[ReceivedFile]>,
    /// The transfer on offer, and the digest of its files.
    offer: Option<(TransferId, Hash)>,
    /// Counts up with every offer: a yes is for the one that it was said to.
    offers: u32,
    /// Counts up with every sink.
    sinks: u32,
    pub(super) sink: Option<Sink>,
    /// A place is being chosen.
    choosing: bool,
}

/// Carries out what the receiver's core asks for.
pub(super) fn carry_out(
    output: ReceiverOutput<Buffer>,
    peer: &Peer,
    receiving: &mut Receiving,
    events: &mut VecDeque<core::Event>,
) {
    match output {
        ReceiverOutput::Control(text) => peer.send_control(text),
        ReceiverOutput::OpenLane { lane } => peer.open_lane(lane),
        ReceiverOutput::CloseLane { lane } => peer.close_lane(lane),
        ReceiverOutput::Event(event) => events.push_back(event),
        ReceiverOutput::Discard => {
            receiving.sink = None;
            sink::kept::release_all();
        }
        ReceiverOutput::Shelve => {
            if let Some(sink) = receiving.sink.take() {
                sink.shelve();
            }
            sink::kept::release_all();
        }
        ReceiverOutput::Recall { file, offset, length } => receiving.with_sink(|sink| sink.recall(file, offset, length)),
        ReceiverOutput::Write { file, offset, payload } => receiving.with_sink(|sink| sink.write(file, offset, payload)),
        ReceiverOutput::Finish { file, .. } => receiving.with_sink(|sink| sink.finish(file)),
        ReceiverOutput::Publish => receiving.with_sink(Sink::publish),
    }
}

impl Receiving {
    fn with_sink(&self, order: impl FnOnce(&Sink)) {
        if let Some(sink) = &self.sink {
            order(sink);
        }
    }
}

impl Driver {
    pub(super) fn accept(&mut self, destination: Destination) {
        let free = self.status() == TransferStatus::Offered && !self.receiving.choosing;
        let Some(offer) = self.receiving.offer.filter(|_| free) else { return };
        self.receiving.choosing = true;
        let receive = Receive {
            agent: self.settings.agent,
            prefer_private_files: self.settings.prefer_opfs,
            files: self.receiving.files.len(),
            bytes: self.view.transfer.total_bytes,
            kept: 0,
        };
        let (number, messages, files) = (self.receiving.offers, self.messages.clone(), Rc::clone(&self.receiving.files));
        spawn_local(async move {
            let result = chosen_target(destination, receive, offer, &files).await;
            let _ = messages.unbounded_send(Message::Target { offer: number, result });
        });
    }

    pub(super) fn target_chosen(&mut self, number: u32, chosen: ChosenTarget) {
        if self.status() != TransferStatus::Offered || self.receiving.offers != number {
            return;
        }
        self.receiving.choosing = false;
        match chosen {
            ChosenTarget::PickerClosed => {}
            ChosenTarget::None(code) => {
                self.receiver_input(ReceiverInput::SinkFailed { code, message: code.sentence().to_owned() });
            }
            ChosenTarget::Target(target) => {
                let kept = target.kept();
                self.start_sink(target);
                self.receiver_input(ReceiverInput::Accept { kept });
            }
        }
    }

    fn start_sink(&mut self, target: Target) {
        let receiving = &mut self.receiving;
        sink::kept::release_all();
        receiving.sinks += 1;
        let (number, messages) = (receiving.sinks, self.messages.clone());
        let outlet = Rc::new(move |event| drop(messages.unbounded_send(Message::Sink { sink: number, event })));
        let id = self.view.transfer.id.clone().unwrap_or_default();
        receiving.sink = Some(Sink::start(target, &id, Rc::clone(&receiving.files), outlet));
    }

    pub(super) fn sink_event(&mut self, number: u32, event: SinkEvent) {
        if number != self.receiving.sinks || self.receiving.sink.is_none() {
            return;
        }
        self.receiver_input(match event {
            SinkEvent::Recalled { file, offset, payload } => ReceiverInput::Recalled { file, offset, payload },
            SinkEvent::Written { file, offset } => ReceiverInput::Written { file, offset },
            SinkEvent::Finished { file } => ReceiverInput::Finished { file },
            SinkEvent::Copied { bytes } => {
                reduce(&mut self.view, Event::Copied { bytes });
                return self.show_due();
            }
            SinkEvent::Published => ReceiverInput::Published,
            SinkEvent::Failed(error) => ReceiverInput::SinkFailed { code: error.code, message: error.message },
        });
    }

    fn receiver_input(&mut self, input: ReceiverInput<Buffer>) {
        if let Some(super::Link { end: LinkEnd::Receiver(core), .. }) = &mut self.link {
            core.handle(clock::now(), input);
            self.drain();
        }
    }

    /// What the core tells, on either side.
    pub(super) fn core_event(&mut self, event: core::Event) {
        let now = clock::now();
        match event {
            core::Event::Protected(protected) => self.protected(protected),
            core::Event::PasswordAsked => self.password_asked(),
            core::Event::PasswordWrong { left } => self.password_wrong(left),
            core::Event::Proven => self.proven(),
            core::Event::Compare { words } => self.compare(words),
            core::Event::Greeted { .. } => self.greeted(),
            core::Event::Offered { transfer, files, bytes } => self.offered(transfer, files, bytes),
            core::Event::Accepted => {
                self.progress.start(now, self.view.transfer.total_bytes);
                self.apply(Event::Accepted { method: self.receiving.sink.as_ref().map(Sink::method) });
                self.report(ReportState::Accepted);
                self.remember_offer();
            }
            core::Event::Progress { bytes } => {
                self.progress.moved(bytes);
                self.show_due();
            }
            core::Event::FileProgress { file, bytes } => self.progress.file_moved(file, bytes),
            core::Event::FileDone { file, hash } => self.apply(Event::FileDone { file: file as usize, blake3: hash.to_string() }),
            core::Event::Paused { by } => {
                self.show_now();
                self.apply(Event::Paused { by });
            }
            core::Event::Resumed => {
                self.progress.resume(now);
                self.apply(Event::Resumed);
            }
            core::Event::Interrupted => {
                // A lane may be gone, and the connection seem to be there.
                if let Some(link) = &mut self.link {
                    link.stage = Stage::Lost;
                    link.peer.close();
                }
                self.reconnecting();
            }
            core::Event::Continued => {
                self.progress.resume(now);
                self.apply(Event::Continued);
            }
            core::Event::Rejected => self.ended(Event::Rejected, ReportState::Rejected),
            core::Event::Complete => {
                let duration_ms = self.progress.duration(now);
                self.ended(Event::Complete { duration_ms }, ReportState::Complete);
            }
            core::Event::Cancelled { .. } => self.ended(Event::Cancelled, ReportState::Rejected),
            core::Event::Failed { code, message } => {
                if code == ErrorCode::WrongPassword {
                    return self.distrusted();
                }
                if matches!(code, ErrorCode::ProtocolError | ErrorCode::VersionMismatch) {
                    self.spend_link();
                }
                let failure = Failure { code, message, retryable: code.retryable() };
                self.ended(Event::Failed(failure), ReportState::Rejected);
            }
        }
    }

    fn offered(&mut self, transfer: TransferId, files: Vec<Entry>, bytes: u64) {
        self.receiving.choosing = false;
        let receiver = matches!(&self.link, Some(super::Link { end: LinkEnd::Receiver(_), .. }));
        let views = receiver.then(|| self.offered_files(&files));
        self.apply(Event::Offered { transfer: transfer.to_string(), files: views, bytes });
        if receiver {
            let offer = core::offer_digest(&files);
            self.receiving.offer = Some((transfer, offer));
            self.receiving.offers += 1;
            // The files have the numbers of those before them.
            sink::kept::release_all();
            let (number, messages) = (self.receiving.offers, self.messages.clone());
            spawn_local(async move {
                if let Some(earlier) = sink::folders::earlier(offer).await {
                    let _ = messages.unbounded_send(Message::Earlier { offer: number, earlier });
                }
            });
        }
    }

    /// A part of what is offered is here from an earlier attempt. The very transfer that a person has accepted before this page was
    /// loaded goes on by itself, unless a place has to be picked again; a program accepts it again, as it accepts every offer.
    pub(super) fn earlier_found(&mut self, number: u32, Unfinished { record, bytes, .. }: Unfinished) {
        if self.status() != TransferStatus::Offered || self.receiving.offers != number {
            return;
        }
        let accepted = self.receiving.offer.is_some_and(|(offered, _)| offered == record.transfer);
        if accepted && !record.picked && !self.settings.agent {
            self.accept(Destination::Downloads);
        } else {
            self.apply(Event::Earlier { bytes });
        }
    }

    fn offered_files(&mut self, files: &[Entry]) -> Vec<FileView> {
        let names = safe_names(files, fold_case);
        let received = names.iter().zip(files).map(|(name, entry)| ReceivedFile {
            path: name.path.clone(),
            saved_as: name.saved_as.clone(),
            size: entry.size,
            modified: entry.modified,
        });
        self.receiving.files = received.collect();
        let view = |(index, file): (usize, &ReceivedFile)| FileView {
            id: FileId(index as u32),
            name: file.path.rsplit('/').next().unwrap_or_default().to_owned(),
            path: file.path.clone(),
            saved_as: Some(file.saved_as.clone()),
            size: file.size,
            status: FileStatus::Offered,
            bytes: 0,
            blake3: None,
            method: None,
        };
        self.receiving.files.iter().enumerate().map(view).collect()
    }

    /// A terminal state is shown at once, after what moved before it. Then whoever waits in the room gets a connection.
    pub(super) fn ended(&mut self, event: Event, report: ReportState) {
        if self.status().is_running() {
            self.show_now();
        }
        self.apply(event);
        self.report(report);
        self.forget_offer();
        self.receiving.sink = None;
        self.queue.reader.forget();
        if self.link.as_ref().is_some_and(|link| matches!(link.stage, Stage::Lost | Stage::Stalled)) {
            self.drop_link();
        }
        if self.link.as_ref().is_none_or(|link| link.stage != Stage::Spent) {
            self.connect_if_needed();
        }
    }

    pub(super) fn tick(&mut self) {
        self.beat();
        if self.status() == TransferStatus::Reconnecting {
            self.recover();
        } else if self.status().is_running() && self.status() != TransferStatus::Paused {
            self.show_due();
        }
    }

    fn show_due(&mut self) {
        if let Some(due) = self.progress.due(clock::now()) {
            self.show(due);
        }
    }

    pub(super) fn show_now(&mut self) {
        let now = self.progress.show(clock::now());
        self.show(now);
    }

    fn show(&mut self, (progress, files): (crate::state::Progress, Vec<(u32, u64)>)) {
        for (file, bytes) in files {
            // Shown together with what follows, so that no one sees files and transfer disagree.
            reduce(&mut self.view, Event::FileProgress { file: file as usize, bytes });
        }
        self.apply(Event::Progress(progress));
    }
}

async fn chosen_target(
    destination: Destination,
    mut receive: Receive,
    (transfer, offer): (TransferId, Hash),
    files: &[ReceivedFile],
) -> ChosenTarget {
    let place = match destination {
        Destination::Downloads => None,
        Destination::Picked(picker) => match picker.await {
            Ok(place) => Some(place),
            Err(error) if error_name(&error) == "AbortError" => return ChosenTarget::PickerClosed,
            Err(_) => return ChosenTarget::None(ErrorCode::Internal),
        },
    };
    receive.kept = sink::folders::earlier(offer).await.map_or(0, |earlier| earlier.bytes);
    let capabilities = sink::capabilities().await;
    let folder = async |picked| ReceiveFolder::of(transfer, offer, files, picked).await;
    ChosenTarget::Target(match place {
        Some(place) if keeps_before_copying(receive, capabilities) => Target::Files(Handover::Copies(place, folder(true).await)),
        Some(place) => Target::Files(Handover::InPlace(place)),
        None => match choose(receive, capabilities) {
            Ok(Plan { storage: Storage::Stream, delivery }) => Target::Stream(delivery),
            Ok(Plan { storage: Storage::Memory, delivery }) => Target::Memory(delivery),
            Ok(Plan { storage: Storage::PrivateFiles, delivery }) => {
                Target::Files(Handover::Downloads(delivery, folder(false).await))
            }
            Err(code) => return ChosenTarget::None(code),
        },
    })
}

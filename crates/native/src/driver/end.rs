//! This end of the transfer: its core, and the files it has or wants.

use std::collections::VecDeque;

use perkoon_peer::Failure;
use perkoon_protocol::{
    ErrorCode, Role,
    control::{Entry, Hash, TransferId},
};
use perkoon_rtc::{Chunk, Peer};
use perkoon_transfer::{self as core, ReceiverInput, ReceiverOutput, SenderInput, SenderOutput};
use tokio::sync::mpsc::UnboundedSender;

use super::{Driver, Message};
use crate::{
    Destination, Done, DoneFile, OfferedFile, Source,
    sink::{Sink, SinkEvent},
};

/// The core of this end, with what is around it.
pub(super) enum End {
    Sender(core::Sender<Chunk>, Outgoing),
    Receiver(core::Receiver<Chunk>, Incoming),
}

/// What is sent.
pub(super) struct Outgoing {
    source: Source,
    entries: Vec<Entry>,
    hashes: Vec<Option<Hash>>,
    /// What the next offer is called; none while one is open.
    pub(super) offering: Option<TransferId>,
}

/// What is received.
pub(super) struct Incoming {
    destination: Destination,
    sink: Option<Sink>,
    /// Counts up with every sink.
    sinks: u32,
    offer: Vec<Entry>,
    hashes: Vec<Option<Hash>>,
    /// Whether the secret is that of the link.
    pub(super) of_link: bool,
}

impl Outgoing {
    pub(super) fn new(source: Source, transfer: TransferId) -> Self {
        let entries = source.entries();
        Self { hashes: vec![None; entries.len()], source, entries, offering: Some(transfer) }
    }
}

impl Incoming {
    pub(super) fn new(destination: Destination, of_link: bool) -> Self {
        Self { destination, sink: None, sinks: 0, offer: Vec::new(), hashes: Vec::new(), of_link }
    }

    fn with_sink(&self, order: impl FnOnce(&Sink)) {
        if let Some(sink) = &self.sink {
            order(sink);
        }
    }
}

impl End {
    pub(super) fn role(&self) -> Role {
        match self {
            Self::Sender(..) => Role::Sender,
            Self::Receiver(..) => Role::Receiver,
        }
    }

    /// Whether the other side owes bytes.
    pub(super) fn is_waiting(&self, peer: &Peer) -> bool {
        match self {
            Self::Sender(..) => peer.lanes_buffered().iter().any(|(_, bytes)| *bytes > 0),
            Self::Receiver(core, _) => core.is_waiting(),
        }
    }

    /// Whether all that is to be received is here.
    pub(super) fn has_everything(&self) -> bool {
        matches!(self, Self::Receiver(core, _) if core.has_everything())
    }

    /// A whole file is at the receiver.
    pub(super) fn hashed(&mut self, file: u32, hash: Hash) {
        let (Self::Sender(_, Outgoing { hashes, .. }) | Self::Receiver(_, Incoming { hashes, .. })) = self;
        if let Some(place) = hashes.get_mut(file as usize) {
            *place = Some(hash);
        }
    }

    /// The files, as they are told of once they are all there.
    pub(super) fn done_files(&self) -> Vec<DoneFile> {
        let digest = |hash: &Option<Hash>| hash.map(|hash| hash.to_string()).unwrap_or_default();
        match self {
            Self::Sender(_, Outgoing { entries, hashes, .. }) => {
                let file = |(entry, hash): (&Entry, &Option<Hash>)| DoneFile {
                    path: entry.path.join("/"),
                    saved_to: None,
                    size: entry.size,
                    blake3: digest(hash),
                };
                entries.iter().zip(hashes).map(file).collect()
            }
            Self::Receiver(_, Incoming { sink: Some(sink), offer, hashes, .. }) => {
                let files = sink.files().iter().zip(offer).zip(hashes);
                let file = |((saved, entry), hash): ((&crate::sink::SavedFile, &Entry), &Option<Hash>)| DoneFile {
                    path: saved.path.clone(),
                    saved_to: saved.saved_to.clone(),
                    size: entry.size,
                    blake3: digest(hash),
                };
                files.map(file).collect()
            }
            Self::Receiver(..) => Vec::new(),
        }
    }

    /// What an early end leaves of files that were being received may be of use to the next attempt.
    pub(super) fn put_away(&mut self, outcome: &Result<Done, Failure>) {
        if let Self::Receiver(_, incoming) = self
            && let Some(sink) = incoming.sink.take()
            && outcome.is_err()
        {
            sink.shelve();
        }
    }
}

impl Driver<'_> {
    /// Carries out what the core asks for until it asks for nothing more.
    pub(super) fn drain(&mut self) {
        let mut events = VecDeque::new();
        let (messages, number) = (&self.messages, self.links);
        let peer = self.link.as_ref().map(|link| &link.peer);
        match &mut self.end {
            End::Sender(core, outgoing) => {
                while let Some(output) = core.poll() {
                    send(output, number, peer, outgoing, messages, &mut events);
                }
            }
            End::Receiver(core, incoming) => {
                while let Some(output) = core.poll() {
                    receive(output, peer, incoming, &mut events);
                }
            }
        }
        for event in events {
            self.core_event(event);
        }
    }

    /// Sender: offers the files, once the two ends trust each other.
    pub(super) fn offer(&mut self) {
        let now = self.now();
        if let End::Sender(core, outgoing) = &mut self.end
            && let Some(transfer) = outgoing.offering.take()
        {
            core.handle(now, SenderInput::Offer { transfer, files: outgoing.entries.clone() });
            self.drain();
        }
    }

    /// Receiver: takes what is offered, unless there is no place for it.
    pub(super) fn take_offer(&mut self, offer: Vec<Entry>) {
        let (now, messages) = (self.now(), self.messages.clone());
        let End::Receiver(core, incoming) = &mut self.end else { return };
        incoming.sinks += 1;
        let number = incoming.sinks;
        let outlet = move |event| drop(messages.send(Message::Sink { sink: number, event }));
        match Sink::start(&mut incoming.destination, &offer, outlet) {
            Ok(sink) => {
                let kept = sink.kept();
                let files = sink.files().iter().zip(&offer);
                let files = files.map(|(saved, entry)| OfferedFile { path: saved.path.clone(), size: entry.size }).collect();
                let bytes = offer.iter().map(|entry| entry.size).sum();
                incoming.hashes = vec![None; offer.len()];
                (incoming.sink, incoming.offer) = (Some(sink), offer);
                self.told_offer(files, bytes);
                if let End::Receiver(core, _) = &mut self.end {
                    core.handle(now, ReceiverInput::Accept { kept });
                }
            }
            Err(Failure { code, message, .. }) => core.handle(now, ReceiverInput::SinkFailed { code, message }),
        }
        self.drain();
    }

    pub(super) fn sink_event(&mut self, number: u32, event: SinkEvent) {
        let now = self.now();
        let End::Receiver(core, incoming) = &mut self.end else { return };
        if number != incoming.sinks || incoming.sink.is_none() {
            return;
        }
        core.handle(
            now,
            match event {
                SinkEvent::Recalled { file, offset, payload } => ReceiverInput::Recalled { file, offset, payload },
                SinkEvent::Written { file, offset } => ReceiverInput::Written { file, offset },
                SinkEvent::Finished { file } => ReceiverInput::Finished { file },
                SinkEvent::Published => ReceiverInput::Published,
                SinkEvent::Failed(Failure { code, message, .. }) => ReceiverInput::SinkFailed { code, message },
            },
        );
        self.drain();
    }

    pub(super) fn read(&mut self, number: u32, request: u32, result: Result<Chunk, ErrorCode>) {
        if number == self.links {
            self.sender_input(match result {
                Ok(payload) => SenderInput::Read { request, payload },
                Err(code) => SenderInput::ReadFailed { request, code },
            });
        }
    }

    /// Hands the sender's core its input, after what its lanes hold, and carries out what it asks for.
    pub(super) fn sender_input(&mut self, input: SenderInput<Chunk>) {
        self.lanes_drained();
        let now = self.now();
        if let End::Sender(core, _) = &mut self.end {
            core.handle(now, input);
            self.drain();
        }
    }

    /// Tells the core what the lanes' send buffers hold, and sends what they have room for.
    pub(super) fn lanes_drained(&mut self) {
        let now = self.now();
        if let (End::Sender(core, _), Some(link)) = (&mut self.end, &self.link) {
            for (lane, bytes) in link.peer.lanes_buffered() {
                core.handle(now, SenderInput::LaneBuffered { lane, bytes });
            }
            self.drain();
        }
    }
}

/// Carries out what the sender's core asks for.
fn send(
    output: SenderOutput<Chunk>,
    link: u32,
    peer: Option<&Peer>,
    outgoing: &Outgoing,
    messages: &UnboundedSender<Message>,
    events: &mut VecDeque<core::Event>,
) {
    match (output, peer) {
        (SenderOutput::Event(event), _) => events.push_back(event),
        (SenderOutput::Control(text), Some(peer)) => peer.send_control(text),
        (SenderOutput::Lane { lane, payload }, Some(peer)) => peer.send_lane(lane, payload),
        (SenderOutput::CloseLane { lane }, Some(peer)) => peer.close_lane(lane),
        (SenderOutput::Read { request, file, offset, length }, _) => {
            let (read, messages) = (outgoing.source.read(file, offset, length), messages.clone());
            tokio::spawn(async move {
                let result = read.await;
                let _ = messages.send(Message::Read { link, request, result });
            });
        }
        // There is nobody to hear it.
        (SenderOutput::Control(_) | SenderOutput::Lane { .. } | SenderOutput::CloseLane { .. }, None) => {}
    }
}

/// Carries out what the receiver's core asks for.
fn receive(output: ReceiverOutput<Chunk>, peer: Option<&Peer>, incoming: &mut Incoming, events: &mut VecDeque<core::Event>) {
    match (output, peer) {
        (ReceiverOutput::Event(event), _) => events.push_back(event),
        (ReceiverOutput::Control(text), Some(peer)) => peer.send_control(text),
        (ReceiverOutput::OpenLane { lane }, Some(peer)) => peer.open_lane(lane),
        (ReceiverOutput::CloseLane { lane }, Some(peer)) => peer.close_lane(lane),
        (ReceiverOutput::Discard, _) => incoming.sink.take().into_iter().for_each(Sink::discard),
        (ReceiverOutput::Shelve, _) => incoming.sink.take().into_iter().for_each(Sink::shelve),
        (ReceiverOutput::Recall { file, offset, length }, _) => incoming.with_sink(|sink| sink.recall(file, offset, length)),
        (ReceiverOutput::Write { file, offset, payload }, _) => incoming.with_sink(|sink| sink.write(file, offset, payload)),
        (ReceiverOutput::Finish { file, .. }, _) => incoming.with_sink(|sink| sink.finish(file)),
        (ReceiverOutput::Publish, _) => incoming.with_sink(Sink::publish),
        // There is nobody to hear it.
        (ReceiverOutput::Control(_) | ReceiverOutput::OpenLane { .. } | ReceiverOutput::CloseLane { .. }, None) => {}
    }
}

//! An accepted transfer: pieces asked for, checked, written, and files finished in order.

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, Hash, TransferId};
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, PIECE_BYTES, REQUESTS_IN_FLIGHT, WINDOW_BYTES};
use perkoon_protocol::{ErrorCode, Role};

use super::piece::Piece;
use super::plan::Plan;
use super::{Outbox, ReceiverOutput};
use crate::digest::Digest;
use crate::fault::{Checked, Fault, ensure};
use crate::link::Hold;
use crate::manifest::Manifest;
use crate::{Event, Millis, Payload};

/// Written bytes are reported at the latest when they are a piece's worth, or after this long.
const REPORT_MILLIS: u64 = 100;

/// The transfer.
pub(super) struct Running<B> {
    pub id: TransferId,
    /// None while there is nothing to fetch over it.
    pub lane: Option<u16>,
    pub hold: Hold,
    plan: Plan,
    bytes: u64,
    /// Requested and not yet retired, in the order of the requests; the last one has the number before `next_request`.
    pieces: VecDeque<Piece<B>>,
    next_request: u32,
    /// How many of `pieces` the sink has been given.
    handed_over: usize,
    requested: u64,
    arrived: u64,
    written: u64,
    reported: u64,
    reported_at: Millis,
    /// Of the file whose pieces are being handed over.
    digest: Digest,
    /// Of files handed over in full.
    digests: VecDeque<Hash>,
    /// The file to be finished next.
    to_finish: usize,
    finishing: Vec<(u32, Hash)>,
    finished: usize,
    publishing: bool,
}

impl<B: Payload> Running<B> {
    pub fn new(manifest: Manifest, lane: Option<u16>, now: Millis) -> Self {
        Self {
            id: manifest.transfer,
            lane,
            hold: Hold::default(),
            plan: Plan::new(manifest.entries),
            bytes: manifest.bytes,
            pieces: VecDeque::new(),
            next_request: 0,
            handed_over: 0,
            requested: 0,
            arrived: 0,
            written: 0,
            reported: 0,
            reported_at: now,
            digest: Digest::new(),
            digests: VecDeque::new(),
            to_finish: 0,
            finishing: Vec::new(),
            finished: 0,
            publishing: false,
        }
    }

    /// Whether every byte is here and verified: the sender is not needed any more.
    pub fn has_everything(&self) -> bool {
        self.arrived == self.bytes && self.handed_over == self.pieces.len()
    }

    /// Whether the sink is publishing.
    pub fn is_publishing(&self) -> bool {
        self.publishing
    }

    /// A message of the sender about this transfer, other than those that end it.
    pub fn message(&mut self, message: ControlMessage, out: &mut Outbox<B>) -> Checked {
        match message {
            ControlMessage::Piece { request, hash, .. } => self.piece(request)?.promise(hash),
            ControlMessage::Unavailable { request, code, .. } => self.unavailable(request, code),
            ControlMessage::Pause { .. } => {
                out.tell(self.hold.set_by_peer(Role::Sender, true)?);
                Ok(())
            }
            ControlMessage::Resume { .. } => {
                out.tell(self.hold.set_by_peer(Role::Sender, false)?);
                Ok(())
            }
            _ => Err(Fault::protocol("a message out of place")),
        }
    }

    fn piece(&mut self, request: u32) -> Checked<&mut Piece<B>> {
        // Counted back from the newest request, so that numbers never asked for and those long done fall out of range.
        let back = self.next_request.wrapping_sub(request) as usize;
        let index = self.pieces.len().checked_sub(back).filter(|_| back > 0);
        let piece = index.and_then(|index| self.pieces.get_mut(index));
        piece.ok_or_else(|| Fault::protocol("a message about a request that is not open"))
    }

    fn unavailable(&mut self, request: u32, code: ErrorCode) -> Checked {
        ensure(matches!(code, ErrorCode::FileChanged | ErrorCode::FileUnreadable), "unavailable for no known reason")?;
        let piece = self.piece(request)?;
        piece.refuse()?;
        let file = piece.step.file;
        Err(Fault::file(code, self.plan.name(file)))
    }

    /// A message on the transfer's lane.
    pub fn lane_message(&mut self, lane: u16, payload: B, out: &mut Outbox<B>) -> Checked {
        ensure(payload.len() <= LANE_MESSAGE_BYTES, "a lane message that is too long")?;
        let awaited = self.pieces.iter_mut().find(|piece| piece.lane == lane && piece.is_awaited());
        let piece = awaited.ok_or_else(|| Fault::protocol("more bytes than asked for"))?;
        let (file, bytes) = (piece.step.file, payload.len() as u64);
        piece.take(payload, self.plan.size(file))?;
        if bytes > 0 {
            self.arrived += bytes;
            out.tell(Event::FileProgress { file, bytes: self.plan.arrived(file, bytes) });
            out.tell(Event::Progress { bytes: self.arrived });
        }
        Ok(())
    }

    /// The sink has written a piece.
    pub fn sink_wrote(&mut self, file: u32, offset: u64) {
        let handed_over = self.pieces.iter_mut().take(self.handed_over);
        let mut of_step = handed_over.filter(|piece| piece.step.file == file && piece.step.offset == offset);
        if let Some(piece) = of_step.next()
            && piece.written()
        {
            self.written += u64::from(piece.step.length);
        }
    }

    /// The sink has flushed a file.
    pub fn sink_finished(&mut self, now: Millis, file: u32, out: &mut Outbox<B>) {
        if let Some(index) = self.finishing.iter().position(|(number, _)| *number == file) {
            let (_, hash) = self.finishing.remove(index);
            self.finished += 1;
            self.report(now, out);
            out.say(&ControlMessage::FileDone { transfer: self.id, file, hash });
            out.tell(Event::FileDone { file, hash });
        }
    }

    /// Everything that has become possible.
    pub fn advance(&mut self, now: Millis, out: &mut Outbox<B>) {
        self.hand_over(out);
        self.retire();
        self.request(now, out);
        self.finish(out);
        let fresh = self.written - self.reported;
        if fresh >= u64::from(PIECE_BYTES) || now.since(self.reported_at) >= REPORT_MILLIS || self.pieces.is_empty() {
            self.report(now, out);
        }
        if self.finished == self.plan.len() && !self.publishing {
            self.publishing = true;
            out.push(ReceiverOutput::Publish);
        }
    }

    /// Gives verified pieces to the sink, in order.
    fn hand_over(&mut self, out: &mut Outbox<B>) {
        while let Some(piece) = self.pieces.get_mut(self.handed_over) {
            let Some(hash) = piece.verified() else { return };
            let (step, payload) = (piece.step, piece.hand_over());
            self.handed_over += 1;
            self.digest.push(hash);
            if step.offset + u64::from(step.length) == self.plan.size(step.file) {
                self.digests.push_back(std::mem::take(&mut self.digest).finish());
            }
            out.push(ReceiverOutput::Write { file: step.file, offset: step.offset, payload });
        }
    }

    fn retire(&mut self) {
        while self.pieces.front().is_some_and(Piece::is_written) {
            self.pieces.pop_front();
            self.handed_over -= 1;
        }
    }

    /// Asks for what the window allows, in bytes and, for small files, in number.
    fn request(&mut self, now: Millis, out: &mut Outbox<B>) {
        // When every byte is here, a pause has nothing left to hold back.
        while self.pieces.len() < REQUESTS_IN_FLIGHT && (self.hold.is_running() || self.arrived == self.bytes) {
            let Some(step) = self.plan.peek(self.finished + REQUESTS_IN_FLIGHT) else { return };
            let Some(lane) = self.lane else { return };
            let requested = self.requested + u64::from(step.length);
            if requested - self.written > WINDOW_BYTES {
                return;
            }
            if requested - self.reported > WINDOW_BYTES {
                // The sender counts what it was told.
                self.report(now, out);
            }
            self.requested = requested;
            let (transfer, request) = (self.id, self.next_request);
            self.next_request = request.wrapping_add(1);
            self.plan.advance(step);
            self.pieces.push_back(Piece::new(step, lane));
            out.say(&ControlMessage::Request {
                transfer,
                request,
                file: step.file,
                offset: step.offset,
                length: step.length,
                lane,
            });
        }
    }

    /// Lets the sink finish the files of which every piece is written.
    fn finish(&mut self, out: &mut Outbox<B>) {
        let open = self.pieces.front().map_or(self.plan.next_file(), |piece| piece.step.file as usize);
        while self.to_finish < open.min(self.plan.next_file()) {
            let file = u32::try_from(self.to_finish).expect("an offer's files are bounded");
            let merged = if self.plan.size(file) == 0 { None } else { self.digests.pop_front() };
            // Nothing was pushed for a file without bytes: the digest of nothing.
            let hash = merged.unwrap_or_else(|| Digest::new().finish());
            self.to_finish += 1;
            self.finishing.push((file, hash));
            out.push(ReceiverOutput::Finish { file, hash });
        }
    }

    /// Tells the sender what is written, unless it knows.
    fn report(&mut self, now: Millis, out: &mut Outbox<B>) {
        if self.written > self.reported {
            self.reported = self.written;
            self.reported_at = now;
            out.say(&ControlMessage::Written { transfer: self.id, bytes: self.written });
        }
    }
}

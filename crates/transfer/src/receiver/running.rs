//! An accepted transfer: pieces asked for, checked, written, and files finished in order.

use std::collections::VecDeque;

use blake3::Hasher;
use perkoon_protocol::control::{ControlMessage, Hash, Standing, StandingState, TransferId};
use perkoon_protocol::limits::{LANE_MESSAGE_BYTES, PIECE_BYTES, REQUESTS_IN_FLIGHT, WINDOW_BYTES};
use perkoon_protocol::{ErrorCode, Role};

use super::piece::Piece;
use super::plan::{Plan, Step};
use super::{Outbox, ReceiverOutput};
use crate::digest::Digest;
use crate::fault::{Checked, Fault, ensure};
use crate::link::Hold;
use crate::manifest::Manifest;
use crate::{Event, Millis, Payload};

/// Written bytes are reported at the latest when they are a piece's worth, or after this long.
const REPORT_MILLIS: u64 = 100;

/// Pieces of an earlier attempt that the sink may be reading back at once.
const RECALLS: usize = 4;

/// The transfer.
pub(super) struct Running<B> {
    pub id: TransferId,
    /// None while there is nothing to fetch over it.
    pub lane: Option<u16>,
    pub hold: Hold,
    /// Whether the sender takes part. While the connection is gone nothing is said, and what is here is still written.
    attached: bool,
    plan: Plan,
    bytes: u64,
    /// Planned and not yet retired, in the order of the plan.
    pieces: VecDeque<Piece<B>>,
    next_request: u32,
    /// How many of `pieces` the sink has been given.
    handed_over: usize,
    requested: u64,
    arrived: u64,
    /// Verified and in the order of the plan.
    verified: u64,
    /// Of the hashes of the pieces that are verified.
    pieces_verified: Hasher,
    written: u64,
    reported: u64,
    reported_at: Millis,
    /// Of the file whose pieces are being handed over.
    digest: Digest,
    /// Of files handed over in full.
    digests: VecDeque<Hash>,
    /// The file to be finished next.
    to_finish: usize,
    /// Files the sink has been told to finish, in order, and whether it has; they are told to the sender in order.
    finishing: VecDeque<(u32, Hash, bool)>,
    /// The digests of the files that are flushed.
    finished: Vec<Hash>,
    publishing: bool,
    published: bool,
}

impl<B: Payload> Running<B> {
    /// The sink has the first `kept` bytes of each file from an earlier attempt.
    pub fn new(manifest: Manifest, kept: Vec<u64>, lane: Option<u16>, now: Millis) -> Self {
        Self {
            id: manifest.transfer,
            lane,
            hold: Hold::default(),
            attached: true,
            plan: Plan::new(manifest.entries, kept),
            bytes: manifest.bytes,
            pieces: VecDeque::new(),
            next_request: 0,
            handed_over: 0,
            requested: 0,
            arrived: 0,
            verified: 0,
            pieces_verified: Hasher::new(),
            written: 0,
            reported: 0,
            reported_at: now,
            digest: Digest::new(),
            digests: VecDeque::new(),
            to_finish: 0,
            finishing: VecDeque::new(),
            finished: Vec::new(),
            publishing: false,
            published: false,
        }
    }

    /// Whether every byte is here and verified: the sender is not needed any more.
    pub fn has_everything(&self) -> bool {
        self.arrived == self.bytes && self.handed_over == self.pieces.len()
    }

    /// Whether bytes were asked for that have not arrived.
    pub fn is_waiting(&self) -> bool {
        self.attached && self.requested > self.arrived
    }

    /// Whether the sink is publishing.
    pub fn is_publishing(&self) -> bool {
        self.publishing
    }

    /// The sink has published.
    pub fn publish(&mut self) {
        self.published = true;
    }

    /// Whether the sink has published.
    pub fn is_published(&self) -> bool {
        self.published
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let state = if self.hold.is_held_by(Role::Receiver) { StandingState::Paused } else { StandingState::Open };
        let files = u32::try_from(self.finished.len()).expect("an offer's files are bounded");
        let pieces = (self.verified > 0).then(|| Hash(*self.pieces_verified.finalize().as_bytes()));
        Standing { transfer: self.id, state, bytes: self.verified, files, pieces }
    }

    /// Whether the sender takes part.
    pub fn is_attached(&self) -> bool {
        self.attached
    }

    /// The connection is gone, and what was on its way is lost.
    pub fn interrupt(&mut self) {
        self.attached = false;
        self.lane = None;
        self.pieces.truncate(self.handed_over);
        (self.requested, self.arrived) = (self.verified, self.verified);
        self.plan.rewind(self.verified);
    }

    /// A new connection, to the same sender. It goes on where `theirs` and the own [`Self::standing`] meet.
    pub fn reattach(&mut self, now: Millis, theirs: Standing, lane: Option<u16>, out: &mut Outbox<B>) -> Checked {
        ensure(theirs.bytes <= self.reported, "more bytes written than the receiver said")?;
        let done = usize::try_from(theirs.files).ok().filter(|files| *files <= self.finished.len());
        let done = done.ok_or_else(|| Fault::protocol("more files done than the receiver said"))?;
        (self.attached, self.lane, self.next_request, self.reported) = (true, lane, 0, theirs.bytes);
        out.tell(Event::Continued);
        if let Some(event) = self.hold.renew(Role::Sender, theirs.state == StandingState::Paused) {
            out.tell(event);
        }
        self.report(now, out);
        for (file, hash) in (0..).zip(&self.finished).skip(done) {
            out.say(&ControlMessage::FileDone { transfer: self.id, file, hash: *hash });
        }
        Ok(())
    }

    /// A message of the sender about this transfer, other than those that end it.
    pub fn message(&mut self, message: ControlMessage, out: &mut Outbox<B>) -> Checked {
        match message {
            ControlMessage::Piece { request, hash, .. } => {
                let piece = self.piece(request)?;
                piece.promise(hash)?;
                if piece.is_kept() {
                    let (file, bytes) = (piece.step.file, u64::from(piece.step.length));
                    self.arrived(file, bytes, out);
                }
                Ok(())
            }
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
        let piece = self.pieces.iter_mut().skip(self.handed_over).find(|piece| piece.request == request && piece.is_open());
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
        let awaited = self.pieces.iter_mut().filter(|piece| piece.is_awaited_on(lane));
        let next = self.next_request;
        let oldest = awaited.max_by_key(|piece| next.wrapping_sub(piece.request));
        let piece = oldest.ok_or_else(|| Fault::protocol("more bytes than asked for"))?;
        let (file, bytes) = (piece.step.file, payload.len() as u64);
        piece.take(payload, self.plan.size(file))?;
        if bytes > 0 {
            self.arrived(file, bytes, out);
        }
        Ok(())
    }

    fn arrived(&mut self, file: u32, bytes: u64, out: &mut Outbox<B>) {
        self.arrived += bytes;
        out.tell(Event::FileProgress { file, bytes: self.plan.arrived(file, bytes) });
        out.tell(Event::Progress { bytes: self.arrived });
    }

    /// The sink has read back a piece of an earlier attempt, or could not.
    pub fn recalled(&mut self, file: u32, offset: u64, payload: Option<B>, out: &mut Outbox<B>) {
        let recalled = self.pieces.iter_mut().find(|piece| piece.step.file == file && piece.step.offset == offset);
        let Some(piece) = recalled.filter(|piece| piece.is_recalling()) else { return };
        if let Some(hash) = piece.read_back(payload, self.plan.size(file)) {
            let (transfer, request, length) = (self.id, self.next_request, piece.step.length);
            piece.request = request;
            self.next_request = request.wrapping_add(1);
            out.say(&ControlMessage::Check { transfer, request, file, offset, length, hash });
        }
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
        if let Some((.., flushed)) = self.finishing.iter_mut().find(|(number, ..)| *number == file) {
            *flushed = true;
        }
        while let Some((file, hash, _)) = self.finishing.pop_front_if(|(.., flushed)| *flushed) {
            self.finished.push(hash);
            self.report(now, out);
            if self.attached {
                out.say(&ControlMessage::FileDone { transfer: self.id, file, hash });
            }
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
        if self.finished.len() == self.plan.len() && !self.publishing {
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
            self.verified += u64::from(step.length);
            self.pieces_verified.update(&hash.0);
            self.digest.push(hash);
            if step.end() == self.plan.size(step.file) {
                self.digests.push_back(std::mem::take(&mut self.digest).finish());
            }
            match payload {
                Some(payload) => out.push(ReceiverOutput::Write { file: step.file, offset: step.offset, payload }),
                None => self.written += u64::from(step.length),
            }
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
        // What the sink was to have and has not. The window has room for it already.
        while let (Some(lane), Some(index)) = (self.lane, self.pieces.iter().position(Piece::is_lost)) {
            let step = self.pieces[index].step;
            self.pieces[index] = self.requested_piece(step, lane, out);
        }
        // When every byte is here, a pause has nothing left to hold back.
        while self.pieces.len() < REQUESTS_IN_FLIGHT && (self.hold.is_running() || self.arrived == self.bytes) {
            let Some(step) = self.plan.peek(self.finished.len() + REQUESTS_IN_FLIGHT) else { return };
            let Some(lane) = self.lane else { return };
            let requested = self.requested + u64::from(step.length);
            let recalls = self.pieces.iter().filter(|piece| piece.is_recalling()).count();
            if requested - self.written > WINDOW_BYTES || (step.kept && recalls == RECALLS) {
                return;
            }
            self.requested = requested;
            // The sender counts what it was told, also when it is going to be asked only later.
            if requested - self.reported > WINDOW_BYTES {
                self.report(now, out);
            }
            self.plan.advance(step);
            let piece = if step.kept {
                out.push(ReceiverOutput::Recall { file: step.file, offset: step.offset, length: step.length });
                Piece::recalled(step)
            } else {
                self.requested_piece(step, lane, out)
            };
            self.pieces.push_back(piece);
        }
    }

    /// Asks for a piece that the window has room for.
    fn requested_piece(&mut self, step: Step, lane: u16, out: &mut Outbox<B>) -> Piece<B> {
        let (transfer, request) = (self.id, self.next_request);
        self.next_request = request.wrapping_add(1);
        let Step { file, offset, length, .. } = step;
        out.say(&ControlMessage::Request { transfer, request, file, offset, length, lane });
        Piece::requested(step, request, lane)
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
            self.finishing.push_back((file, hash, false));
            out.push(ReceiverOutput::Finish { file, hash });
        }
    }

    /// Tells the sender what is written, unless it knows.
    fn report(&mut self, now: Millis, out: &mut Outbox<B>) {
        if self.attached && self.written > self.reported {
            self.reported = self.written;
            self.reported_at = now;
            out.say(&ControlMessage::Written { transfer: self.id, bytes: self.written });
        }
    }
}

//! One requested piece on its way from the lane to the disk.

use blake3::Hasher;
use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::Hash;
use perkoon_protocol::limits::LANE_MESSAGE_MIN_BYTES;

use super::plan::Step;
use crate::Payload;
use crate::digest::{piece_hash, piece_hasher};
use crate::fault::{Checked, Fault, ensure};

/// A piece from its request until it is written.
pub(super) struct Piece<B> {
    pub step: Step,
    pub lane: u16,
    /// What the sender says it hashes to; may come before, between or after the bytes.
    promised: Option<Hash>,
    state: State<B>,
}

enum State<B> {
    /// Hashed as it comes, so that the messages need not be put together.
    Arriving {
        hasher: Option<Box<Hasher>>,
        parts: Vec<B>,
        missing: usize,
    },
    /// An empty message stands for it; the reason comes on control.
    Refused,
    Arrived {
        parts: Vec<B>,
        hash: Hash,
    },
    Writing,
    Written,
}

impl<B: Payload> Piece<B> {
    pub fn new(step: Step, lane: u16) -> Self {
        let state = State::Arriving { hasher: None, parts: Vec::new(), missing: step.length as usize };
        Self { step, lane, promised: None, state }
    }

    /// Whether the next message on its lane belongs to it.
    pub fn is_awaited(&self) -> bool {
        matches!(self.state, State::Arriving { .. } | State::Refused)
    }

    pub fn is_written(&self) -> bool {
        matches!(self.state, State::Written)
    }

    /// Its hash, once it is checked and not yet handed over.
    pub fn verified(&self) -> Option<Hash> {
        match &self.state {
            State::Arrived { hash, .. } => self.promised.filter(|promised| promised == hash),
            _ => None,
        }
    }

    /// A message of its lane.
    pub fn take(&mut self, payload: B, file_size: u64) -> Checked {
        let State::Arriving { hasher, parts, missing } = &mut self.state else {
            return Err(Fault::protocol("bytes after a piece that cannot be served"));
        };
        if payload.is_empty() {
            ensure(parts.is_empty() && self.promised.is_none(), "an empty message for a piece that was being served")?;
            self.state = State::Refused;
            return Ok(());
        }
        ensure(payload.len() <= *missing, "a message that goes beyond its piece")?;
        ensure(payload.len() >= LANE_MESSAGE_MIN_BYTES.min(*missing), "a lane message that is too short")?;
        *missing -= payload.len();
        let hasher = hasher.get_or_insert_with(|| Box::new(piece_hasher(self.step.offset)));
        payload.hash_into(hasher);
        parts.push(payload);
        if *missing > 0 {
            return Ok(());
        }
        let (hash, parts) = (piece_hash(hasher, file_size), std::mem::take(parts));
        self.state = State::Arrived { parts, hash };
        self.check()
    }

    /// The sender says what it hashes to.
    pub fn promise(&mut self, hash: Hash) -> Checked {
        ensure(self.promised.is_none(), "a piece's hash twice")?;
        ensure(!matches!(self.state, State::Refused), "the hash of a piece that cannot be served")?;
        self.promised = Some(hash);
        self.check()
    }

    /// The sender says that it cannot be served.
    pub fn refuse(&self) -> Checked {
        let untouched = match &self.state {
            State::Arriving { parts, .. } => parts.is_empty() && self.promised.is_none(),
            State::Refused => true,
            _ => false,
        };
        ensure(untouched, "a piece that was being served is unavailable")
    }

    fn check(&self) -> Checked {
        match (&self.state, self.promised) {
            (State::Arrived { hash, .. }, Some(promised)) if *hash != promised => {
                Err(Fault::new(ErrorCode::IntegrityMismatch, "a piece does not match its hash"))
            }
            _ => Ok(()),
        }
    }

    /// Gives its bytes to the sink.
    pub fn hand_over(&mut self) -> Vec<B> {
        match std::mem::replace(&mut self.state, State::Writing) {
            State::Arrived { parts, .. } => parts,
            _ => Vec::new(),
        }
    }

    /// The sink has written it; false when it was not about to.
    pub fn written(&mut self) -> bool {
        let writing = matches!(self.state, State::Writing);
        if writing {
            self.state = State::Written;
        }
        writing
    }
}

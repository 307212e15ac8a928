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
    /// The number of its request or check.
    pub request: u32,
    /// Where its bytes come, when they are asked for.
    lane: Option<u16>,
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
    /// The sink reads back what it has of an earlier attempt.
    Recalling,
    /// The sink has bytes of this hash; the sender says what it should be.
    Checking(Hash),
    /// The sink has it, and it is what the sender has.
    Kept(Hash),
    /// The sink cannot read it back, or has something else: it is to be asked for.
    Lost,
    Arrived {
        parts: Vec<B>,
        hash: Hash,
    },
    Writing,
    Written,
}

impl<B: Payload> Piece<B> {
    /// One that is asked for, on this lane.
    pub fn requested(step: Step, request: u32, lane: u16) -> Self {
        let state = State::Arriving { hasher: None, parts: Vec::new(), missing: step.length as usize };
        Self { step, request, lane: Some(lane), promised: None, state }
    }

    /// One that the sink has from an earlier attempt. It has no number yet.
    pub fn recalled(step: Step) -> Self {
        Self { step, request: 0, lane: None, promised: None, state: State::Recalling }
    }

    /// Whether a message on this lane may belong to it.
    pub fn is_awaited_on(&self, lane: u16) -> bool {
        self.lane == Some(lane) && matches!(self.state, State::Arriving { .. } | State::Refused)
    }

    /// Whether the sender was asked about it and has not answered in full.
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Arriving { .. } | State::Refused | State::Checking(_) => true,
            State::Arrived { .. } => self.promised.is_none(),
            _ => false,
        }
    }

    /// Whether the sink is reading it back.
    pub fn is_recalling(&self) -> bool {
        matches!(self.state, State::Recalling)
    }

    /// Whether it is to be asked for.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Whether the sink has it from an earlier attempt, and it is right.
    pub fn is_kept(&self) -> bool {
        matches!(self.state, State::Kept(_))
    }

    /// The sink has read it back; what to ask the sender, if it could.
    pub fn read_back(&mut self, payload: Option<B>, file_size: u64) -> Option<Hash> {
        let payload = payload.filter(|payload| payload.len() == self.step.length as usize);
        let hash = payload.map(|payload| {
            let mut hasher = piece_hasher(self.step.offset);
            payload.hash_into(&mut hasher);
            piece_hash(&hasher, file_size)
        });
        self.state = hash.map_or(State::Lost, State::Checking);
        hash
    }

    pub fn is_written(&self) -> bool {
        matches!(self.state, State::Written)
    }

    /// Its hash, once it is checked and not yet handed over.
    pub fn verified(&self) -> Option<Hash> {
        match &self.state {
            State::Arrived { hash, .. } => self.promised.filter(|promised| promised == hash),
            State::Kept(hash) => Some(*hash),
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
        if let State::Checking(kept) = self.state {
            self.state = if kept == hash { State::Kept(hash) } else { State::Lost };
            return Ok(());
        }
        ensure(!matches!(self.state, State::Refused), "the hash of a piece that cannot be served")?;
        self.promised = Some(hash);
        self.check()
    }

    /// The sender says that it cannot be served.
    pub fn refuse(&self) -> Checked {
        let untouched = match &self.state {
            State::Arriving { parts, .. } => parts.is_empty() && self.promised.is_none(),
            State::Refused | State::Checking(_) => true,
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

    /// Gives its bytes to the sink, which needs none of a piece that it has.
    pub fn hand_over(&mut self) -> Option<Vec<B>> {
        match std::mem::replace(&mut self.state, State::Writing) {
            State::Arrived { parts, .. } => Some(parts),
            _ => {
                self.state = State::Written;
                None
            }
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

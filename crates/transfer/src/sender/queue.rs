//! Requests on their way: read in the order asked, hashed, sent piece by piece on their lanes.

use std::collections::VecDeque;

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::Hash;
use perkoon_protocol::limits::REQUESTS_IN_FLIGHT;

use super::lanes::{Lane, Lanes};
use super::{READ_AHEAD_BYTES, SenderOutput};
use crate::Payload;
use crate::digest::{piece_hash, piece_hasher};
use crate::fault::{Checked, ensure};

/// What is asked for, as checked by the ledger.
pub(super) struct Asked {
    pub request: u32,
    pub file: u32,
    pub offset: u64,
    pub length: u32,
    pub reply: Reply,
}

/// How it is answered.
#[derive(Clone, Copy)]
pub(super) enum Reply {
    /// With its bytes, on this lane.
    Lane(u16),
    /// With its hash alone; the receiver has bytes of this hash.
    HashAlone(Hash),
}

impl Asked {
    fn lane(&self) -> Option<u16> {
        match self.reply {
            Reply::Lane(lane) => Some(lane),
            Reply::HashAlone(_) => None,
        }
    }
}

struct Job<B> {
    asked: Asked,
    /// Names the read; another transfer's late read never has the same.
    read: u32,
    state: JobState<B>,
}

enum JobState<B> {
    Waiting,
    Reading,
    Ready {
        payload: B,
        sent: usize,
    },
    /// Its hash is said, and nothing more is to come.
    Answered,
    Refused(ErrorCode),
}

impl<B: Payload> Job<B> {
    /// Bytes of read-ahead this takes up.
    fn held(&self) -> usize {
        match &self.state {
            JobState::Waiting | JobState::Answered | JobState::Refused(_) => 0,
            JobState::Reading => self.asked.length as usize,
            JobState::Ready { payload, sent } => payload.len() - sent,
        }
    }
}

/// A piece was read and hashed.
pub(super) struct Hashed {
    pub request: u32,
    pub file: u32,
    pub offset: u64,
    pub length: u32,
    pub hash: Hash,
    /// Whether the receiver has the same, if it asked for that.
    pub same: Option<bool>,
}

/// A piece's turn came and it cannot be served.
pub(super) struct Refusal {
    pub request: u32,
    pub file: u32,
    pub code: ErrorCode,
}

/// The requests not yet answered in full, in the order asked.
pub(super) struct Queue<B> {
    jobs: VecDeque<Job<B>>,
}

impl<B: Payload> Queue<B> {
    pub fn new() -> Self {
        Self { jobs: VecDeque::new() }
    }

    pub fn push(&mut self, asked: Asked, read: u32) -> Checked {
        ensure(self.jobs.len() < REQUESTS_IN_FLIGHT, "too many requests at once")?;
        self.jobs.push_back(Job { asked, read, state: JobState::Waiting });
        Ok(())
    }

    /// The lane is gone, and with it what was asked of it. The receiver notices by itself.
    pub fn drop_lane(&mut self, lane: u16) {
        self.jobs.retain(|job| job.asked.lane() != Some(lane));
    }

    /// Bytes were read. `None` when nobody waits for them, or when there are not as many as asked.
    pub fn read(&mut self, read: u32, payload: B, size_of: impl Fn(u32) -> u64) -> Option<Hashed> {
        let job = self.reading(read)?;
        if payload.len() != job.asked.length as usize {
            job.state = JobState::Refused(ErrorCode::FileChanged);
            return None;
        }
        let Asked { request, file, offset, length, reply } = job.asked;
        let mut hasher = piece_hasher(offset);
        payload.hash_into(&mut hasher);
        let hash = piece_hash(&hasher, size_of(file));
        let same = match reply {
            Reply::Lane(_) => {
                job.state = JobState::Ready { payload, sent: 0 };
                None
            }
            Reply::HashAlone(theirs) => {
                job.state = JobState::Answered;
                Some(theirs == hash)
            }
        };
        Some(Hashed { request, file, offset, length, hash, same })
    }

    pub fn read_failed(&mut self, read: u32, code: ErrorCode) {
        if let Some(job) = self.reading(read) {
            let changed = code == ErrorCode::FileChanged;
            job.state = JobState::Refused(if changed { code } else { ErrorCode::FileUnreadable });
        }
    }

    fn reading(&mut self, read: u32) -> Option<&mut Job<B>> {
        self.jobs.iter_mut().find(|job| job.read == read && matches!(job.state, JobState::Reading))
    }

    /// Hands over what the lanes have room for, in the order asked of each lane; how many bytes, and the piece whose turn came but
    /// that cannot be served.
    pub fn send(&mut self, lanes: &mut Lanes, outputs: &mut VecDeque<SenderOutput<B>>) -> (usize, Option<Refusal>) {
        lanes.iter_mut().for_each(|lane| lane.blocked = false);
        let mut bytes = 0;
        for job in &mut self.jobs {
            let refusal = |code| Refusal { request: job.asked.request, file: job.asked.file, code };
            let Some(lane) = job.asked.lane() else {
                match job.state {
                    JobState::Refused(code) => return (bytes, Some(refusal(code))),
                    _ => continue,
                }
            };
            let Some(lane) = lanes.get(lane).filter(|lane| !lane.blocked) else { continue };
            match &mut job.state {
                JobState::Ready { payload, sent } => {
                    bytes += send_piece(payload, sent, lane, outputs);
                    lane.blocked = *sent < payload.len();
                }
                JobState::Refused(code) => {
                    outputs.push_back(SenderOutput::Lane { lane: lane.number, payload: B::empty() });
                    return (bytes, Some(refusal(*code)));
                }
                JobState::Waiting | JobState::Reading => lane.blocked = true,
                JobState::Answered => {}
            }
        }
        self.jobs.retain(|job| match &job.state {
            JobState::Ready { payload, sent } => *sent < payload.len(),
            JobState::Answered => false,
            JobState::Waiting | JobState::Reading | JobState::Refused(_) => true,
        });
        (bytes, None)
    }

    /// Starts the reads that memory allows, in the order asked. A full lane does not starve another: each may have one piece ahead.
    pub fn read_ahead(&mut self, lanes: &mut Lanes, outputs: &mut VecDeque<SenderOutput<B>>) {
        lanes.iter_mut().for_each(|lane| (lane.held, lane.blocked) = (0, false));
        let (mut held, mut checking) = (0, false);
        for job in &self.jobs {
            held += job.held();
            match job.asked.lane() {
                None => checking |= job.held() > 0,
                Some(lane) => lanes.get(lane).into_iter().for_each(|lane| lane.held += job.held()),
            }
        }
        for job in self.jobs.iter_mut().filter(|job| matches!(job.state, JobState::Waiting)) {
            let length = job.asked.length as usize;
            if let Some(lane) = job.asked.lane() {
                let Some(lane) = lanes.get(lane).filter(|lane| !lane.blocked) else { continue };
                // Nothing overtakes on its lane: a later, smaller piece would hold the memory the earlier one needs to get going.
                // What is read to be checked waits for no lane, so that its memory is soon free.
                lane.blocked = (lane.held > 0 || checking) && held + length > READ_AHEAD_BYTES;
                if lane.blocked {
                    continue;
                }
                lane.held += length;
            } else if held + length > READ_AHEAD_BYTES {
                continue;
            }
            job.state = JobState::Reading;
            held += length;
            let Asked { file, offset, length, .. } = job.asked;
            outputs.push_back(SenderOutput::Read { request: job.read, file, offset, length });
        }
    }
}

/// Hands over messages of one piece while the lane has room.
fn send_piece<B: Payload>(payload: &B, sent: &mut usize, lane: &mut Lane, outputs: &mut VecDeque<SenderOutput<B>>) -> usize {
    let before = *sent;
    while *sent < payload.len() && lane.has_room() {
        let end = payload.len().min(*sent + lane.message_bytes());
        lane.add(end - *sent);
        outputs.push_back(SenderOutput::Lane { lane: lane.number, payload: payload.slice(*sent..end) });
        *sent = end;
    }
    *sent - before
}

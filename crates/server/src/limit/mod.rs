//! Limits: how often, by a sliding window for each client address and a bucket of credit for each socket; and how many at once.

mod bucket;
mod tally;
mod window;

pub(crate) use bucket::Bucket;
pub(crate) use tally::{Counted, Tally};
pub(crate) use window::{Budget, RequestLimiter, WINDOW};

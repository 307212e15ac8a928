//! Limits on how often: a sliding window for each client address, a bucket of credit for each socket.

mod bucket;
mod window;

pub(crate) use bucket::Bucket;
pub(crate) use window::{Budget, RequestLimiter};

//! What stands beside the private files of a receive that is not finished: enough to know the same files again, and to tell a person
//! what is there. Pure.

use perkoon_protocol::{
    control::{Hash, TransferId},
    json::{self, Fields, FromValue, Value},
};
use serde::Serialize;

/// Milliseconds after which nobody is expected to come back for the rest: three days.
const KEPT_MS: u64 = 3 * 24 * 60 * 60 * 1000;

/// Milliseconds after which a folder without a record is nobody's: it held files that were saved, which scripts may read for an hour.
const UNRECORDED_MS: u64 = 24 * 60 * 60 * 1000;

const FOLDER_PREFIX: &str = "perkoon-";

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The transfer that was accepted.
    pub transfer: TransferId,
    /// [`perkoon_transfer::offer_digest`] of its files.
    pub offer: Hash,
    /// The first file's name as it is saved here.
    pub first: String,
    /// How many files.
    pub files: u32,
    /// Bytes of all files.
    pub bytes: u64,
    /// When it was begun or taken up last, in milliseconds since 1970.
    pub begun: u64,
    /// Whether it is for a place that a person picked, which has to be picked again.
    pub picked: bool,
}

impl FromValue for Record {
    fn from_value(value: Value) -> Option<Self> {
        let mut fields = Fields::from_value(value)?;
        Some(Self {
            transfer: fields.take("transfer")?,
            offer: fields.take("offer")?,
            first: fields.take("first")?,
            files: fields.take("files")?,
            bytes: fields.take("bytes")?,
            begun: fields.take("begun")?,
            picked: fields.take("picked")?,
        })
    }
}

impl Record {
    /// As text.
    pub fn encode(&self) -> String {
        json::encode(self)
    }

    /// From its text; `None` when it is none, as after a crash while it was written.
    pub fn decode(text: &str) -> Option<Self> {
        json::decode(text)
    }
}

/// The name of a new folder: when it was made, in milliseconds since 1970, and for which transfer.
pub fn folder_name(now: u64, transfer: TransferId) -> String {
    format!("{FOLDER_PREFIX}{now}-{transfer}")
}

/// When a folder was made, in milliseconds since 1970; `None` for a name that is not one of those.
fn made(folder: &str) -> Option<u64> {
    folder.strip_prefix(FOLDER_PREFIX)?.split('-').next()?.parse().ok()
}

/// Whether what a folder holds is not wanted any more.
pub fn is_stale(folder: &str, record: Option<&Record>, now: u64) -> bool {
    let (since, kept) = match record {
        Some(record) => (Some(record.begun), KEPT_MS),
        None => (made(folder), UNRECORDED_MS),
    };
    since.is_some_and(|since| now.saturating_sub(since) > kept)
}

/// How many bytes of each file are there, when files are written one after the other: all of those before the last one begun, and
/// `last` bytes of that one. `begun` counts files that are there at all.
pub fn kept_bytes(sizes: impl Iterator<Item = u64>, begun: usize, last: u64) -> Vec<u64> {
    let kept = |(index, size): (usize, u64)| if index + 1 == begun { last.min(size) } else { size };
    sizes.take(begun).enumerate().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1000;

    fn record() -> Record {
        Record {
            transfer: TransferId([1; 16]),
            offer: Hash([2; 32]),
            first: "a \"b\".bin".to_owned(),
            files: 3,
            bytes: 1 << 53,
            begun: 1_000_000,
            picked: true,
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        assert_eq!(Record::decode(&record().encode()), Some(record()));
    }

    #[test]
    fn half_a_record_is_none() {
        let text = record().encode();
        assert_eq!(Record::decode(&text[..text.len() / 2]), None);
        assert_eq!(Record::decode(""), None);
    }

    #[test]
    fn unfinished_files_are_kept_for_three_days_and_saved_ones_for_one() {
        let folder = folder_name(1_000_000, TransferId([1; 16]));
        let stale = |record: Option<&Record>, hours| is_stale(&folder, record, 1_000_000 + hours * HOUR);
        assert!(!stale(Some(&record()), 71) && stale(Some(&record()), 73));
        assert!(!stale(None, 23) && stale(None, 25));
        let taken_up = Record { begun: 1_000_000 + 70 * HOUR, ..record() };
        assert!(!stale(Some(&taken_up), 73));
    }

    #[test]
    fn what_others_keep_here_is_left_alone() {
        for name in ["", "perkoon", "perkoon-", "perkoon-x-1", "other-1-2"] {
            assert!(!is_stale(name, None, u64::MAX), "{name}");
        }
    }

    #[test]
    fn files_before_the_last_begun_are_there_in_full() {
        let sizes = [5, 0, 7, 9];
        assert_eq!(kept_bytes(sizes.into_iter(), 3, 4), [5, 0, 4]);
        assert_eq!(kept_bytes(sizes.into_iter(), 3, 100), [5, 0, 7]);
        assert_eq!(kept_bytes(sizes.into_iter(), 0, 0), [0; 0]);
    }
}

//! Offers: what makes one valid, how it is cut into messages and put together again.

use perkoon_protocol::ErrorCode;
use perkoon_protocol::control::{ControlMessage, Entry, Hash, TransferId};
use perkoon_protocol::json;
use perkoon_protocol::limits::{
    CONTROL_MESSAGE_BYTES, ENTRIES_PER_MESSAGE, FILE_BYTES, OFFER_FILES, OFFER_PATH_COST, PATH_BYTES, PATH_DEPTH, PATH_PART_COST,
    PIECE_BYTES,
};

use crate::fault::{Checked, Fault, ensure};

/// JSON around the entries of one message, generously.
const ENVELOPE_BYTES: usize = 256;

/// JSON around the path of one entry: keys, braces, a size and a time, generously.
const ENTRY_BYTES: usize = 96;

/// An offer as far as it has arrived. Memory is taken for what has arrived, never for what was announced.
pub(crate) struct Manifest {
    pub transfer: TransferId,
    pub entries: Vec<Entry>,
    pub bytes: u64,
    files: usize,
    seen_bytes: u64,
    path_cost: usize,
}

impl Manifest {
    /// An announced offer without its entries yet.
    pub fn announced(transfer: TransferId, files: u32, bytes: u64) -> Checked<Self> {
        ensure(files > 0, "an offer without files")?;
        ensure(files <= OFFER_FILES, "an offer of too many files")?;
        ensure(bytes <= FILE_BYTES, "an offer of too many bytes")?;
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        Ok(Self { transfer, entries: Vec::new(), bytes, files, seen_bytes: 0, path_cost: 0 })
    }

    /// The own offer, checked like a peer's.
    pub fn own(transfer: TransferId, entries: Vec<Entry>) -> Checked<Self> {
        let bytes = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
        let files = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let mut manifest = Self::announced(transfer, files, bytes)?;
        for entry in entries {
            manifest.push(entry)?;
        }
        Ok(manifest)
    }

    /// The next entries; true once the offer is whole.
    pub fn extend(&mut self, first: u32, entries: Vec<Entry>) -> Checked<bool> {
        ensure(usize::try_from(first) == Ok(self.entries.len()), "entries out of order")?;
        ensure(!entries.is_empty() && entries.len() <= ENTRIES_PER_MESSAGE, "no entries, or too many in one message")?;
        for entry in entries {
            self.push(entry)?;
        }
        let whole = self.entries.len() == self.files;
        ensure(!whole || self.seen_bytes == self.bytes, "sizes do not add up to the offer's bytes")?;
        Ok(whole)
    }

    fn push(&mut self, entry: Entry) -> Checked {
        ensure(self.entries.len() < self.files, "more entries than files")?;
        self.path_cost += path_cost(&entry.path)?;
        ensure(self.path_cost <= OFFER_PATH_COST, "the paths are too long altogether")?;
        ensure(entry.size <= self.bytes - self.seen_bytes, "sizes do not add up to the offer's bytes")?;
        self.seen_bytes += entry.size;
        self.entries.push(entry);
        Ok(())
    }

    /// Says all this, one message after the other.
    pub fn announce(&self, mut say: impl FnMut(&ControlMessage)) {
        let transfer = self.transfer;
        let files = u32::try_from(self.files).expect("bounded by OFFER_FILES");
        say(&ControlMessage::Offer { transfer, files, bytes: self.bytes });
        let (mut first, mut rest) = (0, self.entries.as_slice());
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(batch_len(rest));
            say(&ControlMessage::Entries { transfer, first, entries: batch.to_vec() });
            first += u32::try_from(batch.len()).expect("bounded by ENTRIES_PER_MESSAGE");
            rest = others;
        }
    }
}

/// What tells whether two offers are of the same files: the BLAKE3 hash of their paths, sizes and times as JSON, a line a file.
#[must_use]
pub fn offer_digest(entries: &[Entry]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for entry in entries {
        hasher.update(json::encode(entry).as_bytes()).update(b"\n");
    }
    Hash(*hasher.finalize().as_bytes())
}

/// An own offer that is not valid is the caller's mistake, not the peer's.
pub(crate) fn own_mistake(fault: Fault) -> Fault {
    Fault::new(ErrorCode::InvalidRequest, fault.reason)
}

/// The length of the piece at `offset` of a file of this size; `None` where no piece begins.
pub(crate) fn piece_length(size: u64, offset: u64) -> Option<u32> {
    let piece = u64::from(PIECE_BYTES);
    if offset.is_multiple_of(piece) && offset < size { u32::try_from((size - offset).min(piece)).ok() } else { None }
}

/// Checks a path; its cost towards [`OFFER_PATH_COST`].
fn path_cost(path: &[String]) -> Checked<usize> {
    ensure(!path.is_empty(), "a file without a name")?;
    ensure(path.len() <= PATH_DEPTH, "a path of too many parts")?;
    ensure(path.iter().all(|part| !part.is_empty()), "a path with an empty part")?;
    let bytes: usize = path.iter().map(String::len).sum();
    ensure(bytes + path.len() - 1 <= PATH_BYTES, "a path that is too long")?;
    Ok(bytes + path.len() * PATH_PART_COST)
}

/// How many of the entries fit the next message: at least one, because the longest path does.
fn batch_len(entries: &[Entry]) -> usize {
    let mut bytes = ENVELOPE_BYTES;
    let fits = entries.iter().take(ENTRIES_PER_MESSAGE).take_while(|entry| {
        bytes += ENTRY_BYTES + entry.path.iter().map(|part| json_bytes(part)).sum::<usize>();
        bytes < CONTROL_MESSAGE_BYTES
    });
    fits.count().max(1)
}

/// Bytes of the text as a JSON string in a list.
fn json_bytes(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &[&str], size: u64, modified: Option<i64>) -> Entry {
        Entry { path: path.iter().map(|&part| part.to_owned()).collect(), size, modified }
    }

    #[test]
    fn offers_of_the_same_files_have_the_same_digest_and_others_do_not() {
        let offer = [entry(&["a", "b"], 1, Some(2)), entry(&["c"], 3, None)];
        assert_eq!(offer_digest(&offer), offer_digest(&offer.clone()));
        let others = [
            vec![entry(&["a/b"], 1, Some(2)), entry(&["c"], 3, None)],
            vec![entry(&["a", "b"], 2, Some(2)), entry(&["c"], 3, None)],
            vec![entry(&["a", "b"], 1, Some(3)), entry(&["c"], 3, None)],
            vec![entry(&["c"], 3, None), entry(&["a", "b"], 1, Some(2))],
            vec![entry(&["a", "b"], 1, Some(2))],
        ];
        for other in others {
            assert_ne!(offer_digest(&other), offer_digest(&offer), "{other:?}");
        }
    }
}

//! Which way a receive is kept and handed over: a pure decision.

use perkoon_protocol::ErrorCode;

/// Bytes above which a receive goes straight into a download, whatever the quota says: keeping a copy first would double the time.
const LARGE_BYTES: u64 = 4 << 30;

/// Bytes a receive may take when it can only be collected in memory.
const MEMORY_BYTES: u64 = 256 << 20;

/// Bytes left free beside a receive, so that the browser and the system go on working.
const MARGIN_BYTES: u64 = 32 << 20;

/// What this browser can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// A service worker controls this page's scope.
    pub service_worker: bool,
    /// The origin private file system, with a worker's synchronous access handles.
    pub private_files: bool,
    /// Bytes this origin may still store, as far as the browser says.
    pub free_bytes: Option<u64>,
}

/// What is about to be received, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// For a program: every file an ordinary download.
    pub agent: bool,
    /// The program asked for `sink=opfs`.
    pub prefer_private_files: bool,
    /// Files.
    pub files: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes of them that are in private files already, from an earlier attempt.
    pub kept: u64,
}

/// Where bytes are kept until the file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere: every verified piece goes straight into the browser's download.
    Stream,
    /// In the origin private file system.
    PrivateFiles,
    /// In memory.
    Memory,
}

/// How whole files reach the person or program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// One download each.
    EachFile,
    /// All in one ZIP archive.
    Archive,
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where bytes are kept.
    pub storage: Storage,
    /// How files are handed over.
    pub delivery: Delivery,
}

/// Decides.
///
/// # Errors
/// `INSUFFICIENT_STORAGE` when no way has room for it.
pub fn choose(receive: Receive, capabilities: Capabilities) -> Result<Plan, ErrorCode> {
    let delivery = if receive.agent || receive.files == 1 { Delivery::EachFile } else { Delivery::Archive };
    let storage = if receive.agent { for_program(receive, capabilities) } else { for_person(receive, capabilities) };
    storage.map(|storage| Plan { storage, delivery }).ok_or(ErrorCode::InsufficientStorage)
}

/// Whether a receive into a place that a person picked is kept in private files first, and copied there once it is whole: then it
/// outlives the page. What the browser keeps of a file that is written there directly goes with the page. A person who picks a place
/// waits for a copy of any size.
pub fn keeps_before_copying(receive: Receive, capabilities: Capabilities) -> bool {
    private_files(receive, capabilities).is_some()
}

fn for_program(receive: Receive, capabilities: Capabilities) -> Option<Storage> {
    if receive.prefer_private_files {
        return private_files(receive, capabilities);
    }
    stream(capabilities).or_else(|| private_files(receive, capabilities)).or_else(|| memory(receive))
}

fn for_person(receive: Receive, capabilities: Capabilities) -> Option<Storage> {
    let ordinary = (receive.bytes <= LARGE_BYTES).then_some(()).and_then(|()| private_files(receive, capabilities));
    ordinary.or_else(|| stream(capabilities)).or_else(|| private_files(receive, capabilities)).or_else(|| memory(receive))
}

fn stream(capabilities: Capabilities) -> Option<Storage> {
    capabilities.service_worker.then_some(Storage::Stream)
}

/// Counts two copies: the kept one and the browser's download of it, or the one in a picked place, lie on the same disk for a while.
fn private_files(receive: Receive, capabilities: Capabilities) -> Option<Storage> {
    let needed = receive.bytes.saturating_mul(2).saturating_add(MARGIN_BYTES).saturating_sub(receive.kept);
    let fits = capabilities.free_bytes.is_none_or(|free| needed <= free);
    (capabilities.private_files && fits).then_some(Storage::PrivateFiles)
}

fn memory(receive: Receive) -> Option<Storage> {
    (receive.bytes <= MEMORY_BYTES).then_some(Storage::Memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: Capabilities = Capabilities { service_worker: true, private_files: true, free_bytes: Some(100 << 30) };
    const NOTHING: Capabilities = Capabilities { service_worker: false, private_files: false, free_bytes: None };

    fn person(files: usize, bytes: u64) -> Receive {
        Receive { agent: false, prefer_private_files: false, files, bytes, kept: 0 }
    }

    fn program(files: usize, bytes: u64) -> Receive {
        Receive { agent: true, ..person(files, bytes) }
    }

    fn storage(receive: Receive, capabilities: Capabilities) -> Result<Storage, ErrorCode> {
        choose(receive, capabilities).map(|plan| plan.storage)
    }

    #[test]
    fn a_program_streams_one_download_a_file() {
        let plan = choose(program(40, 1 << 40), EVERYTHING);
        assert_eq!(plan, Ok(Plan { storage: Storage::Stream, delivery: Delivery::EachFile }));
    }

    #[test]
    fn a_program_gets_the_private_files_it_asks_for_or_nothing() {
        let asked = |bytes| Receive { prefer_private_files: true, ..program(1, bytes) };
        assert_eq!(storage(asked(1 << 30), EVERYTHING), Ok(Storage::PrivateFiles));
        assert_eq!(storage(asked(60 << 30), EVERYTHING), Err(ErrorCode::InsufficientStorage));
    }

    #[test]
    fn an_ordinary_receive_of_a_person_is_kept_first() {
        assert_eq!(
            choose(person(1, 1 << 30), EVERYTHING),
            Ok(Plan { storage: Storage::PrivateFiles, delivery: Delivery::EachFile })
        );
        assert_eq!(
            choose(person(2, 1 << 30), EVERYTHING),
            Ok(Plan { storage: Storage::PrivateFiles, delivery: Delivery::Archive })
        );
    }

    #[test]
    fn a_large_receive_or_one_without_room_for_two_copies_is_streamed() {
        assert_eq!(storage(person(1, LARGE_BYTES + 1), EVERYTHING), Ok(Storage::Stream));
        let tight = Capabilities { free_bytes: Some(3 << 30), ..EVERYTHING };
        assert_eq!(storage(person(1, 2 << 30), tight), Ok(Storage::Stream));
    }

    #[test]
    fn what_is_kept_already_needs_no_room() {
        let tight = Capabilities { free_bytes: Some(3 << 30), ..EVERYTHING };
        assert_eq!(storage(Receive { kept: 3 << 29, ..person(1, 2 << 30) }, tight), Ok(Storage::PrivateFiles));
    }

    #[test]
    fn what_goes_to_a_picked_place_is_kept_first_when_both_copies_fit() {
        let two_fit = Capabilities { free_bytes: Some((2 << 30) + MARGIN_BYTES), ..EVERYTHING };
        assert!(keeps_before_copying(person(3, 1 << 30), two_fit));
        assert!(!keeps_before_copying(person(3, (1 << 30) + 1), two_fit));
        assert!(keeps_before_copying(person(1, LARGE_BYTES * 10), EVERYTHING));
        assert!(keeps_before_copying(person(1, 1 << 30), Capabilities { free_bytes: None, ..EVERYTHING }));
        assert!(!keeps_before_copying(person(1, 1), Capabilities { private_files: false, ..EVERYTHING }));
    }

    #[test]
    fn a_copy_that_failed_needs_room_for_itself_alone_the_next_time() {
        let tight = Capabilities { free_bytes: Some((1 << 30) + MARGIN_BYTES), ..EVERYTHING };
        assert!(keeps_before_copying(Receive { kept: 1 << 30, ..person(1, 1 << 30) }, tight));
        assert!(!keeps_before_copying(person(1, 1 << 30), tight));
    }

    #[test]
    fn memory_is_the_last_resort_and_capped() {
        assert_eq!(storage(person(1, MEMORY_BYTES), NOTHING), Ok(Storage::Memory));
        assert_eq!(storage(person(1, MEMORY_BYTES + 1), NOTHING), Err(ErrorCode::InsufficientStorage));
        assert_eq!(storage(program(1, MEMORY_BYTES + 1), NOTHING), Err(ErrorCode::InsufficientStorage));
    }
}

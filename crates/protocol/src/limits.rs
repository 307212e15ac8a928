//! Bounds on everything a peer or a server may send. What is larger is refused, never buffered.

/// Bytes in a piece of a file, the unit that is requested, hashed and written. A power of two times 1 KiB, so that a
/// piece's hash is the chaining value of a BLAKE3 subtree.
pub const PIECE_BYTES: u32 = 1 << 20;

/// Bytes in one message of a lane, at most; smaller when the other side's `maxMessageSize` is.
pub const LANE_MESSAGE_BYTES: usize = 256 << 10;

/// Bytes in one message of a lane, at least, unless it ends its piece. It bounds how many messages make a piece.
pub const LANE_MESSAGE_MIN_BYTES: usize = 1 << 10;

/// Bytes in one control message, at most.
pub const CONTROL_MESSAGE_BYTES: usize = 64 << 10;

/// Bytes in one signalling message, at most. A session description is a few kilobytes.
pub const SIGNAL_MESSAGE_BYTES: usize = 64 << 10;

/// Files in one offer, at most.
pub const OFFER_FILES: u32 = 100_000;

/// Entries in one `entries` message, at most.
pub const ENTRIES_PER_MESSAGE: usize = 100;

/// Bytes of UTF-8 in a file's whole relative path, at most.
pub const PATH_BYTES: usize = 4096;

/// Parts of a relative path, at most.
pub const PATH_DEPTH: usize = 64;

/// Cost of all paths of an offer together, at most: their bytes of UTF-8, and [`PATH_PART_COST`] for each part.
pub const OFFER_PATH_COST: usize = 32 << 20;

/// What a part of a path costs beside its bytes, because many tiny parts take memory too.
pub const PATH_PART_COST: usize = 16;

/// Characters of the program's name and version in a `hello`, at most.
pub const AGENT_CHARS: usize = 64;

/// Wrong passwords after which a sender locks its session.
pub const PASSWORD_ATTEMPTS: u32 = 5;

/// The largest size of a file, and of all files together: what a JavaScript number holds exactly.
pub const FILE_BYTES: u64 = (1 << 53) - 1;

/// Requests that may wait for their bytes, at most.
pub const REQUESTS_IN_FLIGHT: usize = 64;

/// Bytes that may be requested and not yet written, at most.
pub const WINDOW_BYTES: u64 = 16 << 20;

/// Lanes open at once, at most.
pub const LANES: usize = 16;

/// Characters of a message that accompanies an error, at most.
pub const ERROR_MESSAGE_CHARS: usize = 300;

/// Length of a session's life in seconds: what a caller may ask for.
pub const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=604_800;

/// Length of a session's life in seconds when the caller does not say.
pub const DEFAULT_TTL_SECONDS: u64 = 86_400;

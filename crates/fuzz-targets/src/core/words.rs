//! What a peer may say, from a fuzzer's bytes.

use arbitrary::{Result, Unstructured};
use perkoon_protocol::control::{ControlMessage, Entry, Hash, TransferId};
use perkoon_protocol::limits::{FILE_BYTES, OFFER_FILES, PIECE_BYTES, WINDOW_BYTES};
use perkoon_protocol::{ErrorCode, PROTOCOL_VERSION, Role, SessionCode};
use perkoon_transfer::{Binding, Failures, Fingerprint, Meeting, Pake, Password};

const PIECE: u64 = PIECE_BYTES as u64;

/// What the fuzzer commits to.
const NONCE: [u8; 32] = [9; 32];

/// Numbers at which something changes.
const NUMBERS: [u64; 20] = [
    0,
    1,
    2,
    63,
    64,
    1023,
    1024,
    3000,
    OFFER_FILES as u64,
    1_000_000,
    PIECE - 1,
    PIECE,
    PIECE + 1,
    3 * PIECE + 5,
    WINDOW_BYTES,
    40 * PIECE,
    FILE_BYTES,
    FILE_BYTES + 1,
    1 << 60,
    u64::MAX,
];

/// Sizes of files that a transfer gets through.
const SIZES: [u64; 8] = [0, 1, 1024, 3000, PIECE, PIECE + 1, 3 * PIECE + 5, 40 * PIECE];

pub fn number(input: &mut Unstructured<'_>) -> Result<u64> {
    let choice = input.int_in_range(0..=NUMBERS.len())?;
    NUMBERS.get(choice).map_or_else(|| input.arbitrary(), |number| Ok(*number))
}

/// One of a few transfers.
pub fn transfer(input: &mut Unstructured<'_>) -> Result<TransferId> {
    Ok(TransferId([input.int_in_range(0..=3)?; 16]))
}

/// Files that make a valid offer.
pub fn files(input: &mut Unstructured<'_>) -> Result<Vec<Entry>> {
    (0..input.int_in_range(1..=5)?).map(|number| Ok(entry(&format!("file {number}"), *input.choose(&SIZES)?))).collect()
}

/// Anything that a control message can be.
pub fn message(input: &mut Unstructured<'_>) -> Result<ControlMessage> {
    let transfer = transfer(input)?;
    Ok(match input.int_in_range(0..=15)? {
        0 => hello(*input.choose(Role::ALL)?, if input.ratio(1, 8)? { input.arbitrary()? } else { PROTOCOL_VERSION }),
        1 => ControlMessage::Offer { transfer, files: small(input)?, bytes: number(input)? },
        2 => ControlMessage::Entries { transfer, first: small(input)?, entries: entries(input)? },
        3 => ControlMessage::Accept { transfer },
        4 => ControlMessage::Reject { transfer },
        5 => ControlMessage::Request {
            transfer,
            request: small(input)?,
            file: small(input)?,
            offset: number(input)?,
            length: small(input)?,
            lane: input.int_in_range(0..=17)?,
        },
        6 => ControlMessage::Piece { transfer, request: small(input)?, hash: Hash([input.arbitrary()?; 32]) },
        7 => ControlMessage::Unavailable { transfer, request: small(input)?, code: *input.choose(ErrorCode::ALL)? },
        8 => ControlMessage::Written { transfer, bytes: number(input)? },
        9 => ControlMessage::FileDone { transfer, file: small(input)?, hash: Hash([input.arbitrary()?; 32]) },
        10 => ControlMessage::Pause { transfer },
        11 => ControlMessage::Resume { transfer },
        12 => ControlMessage::Cancel { transfer },
        13 => ControlMessage::Complete { transfer },
        15 => of_greeting(input)?,
        _ => {
            let transfer = if input.arbitrary()? { Some(transfer) } else { None };
            ControlMessage::Error { transfer, code: *input.choose(ErrorCode::ALL)?, message: text(input)? }
        }
    })
}

pub fn hello(role: Role, version: u32) -> ControlMessage {
    let commitment = (role == Role::Sender).then(|| Hash(blake3::derive_key("perkoon 3 commitment", &NONCE)));
    ControlMessage::Hello { version, role, agent: "fuzzer/1".to_owned(), known: false, commitment, protected: false }
}

/// Everything that a peer of this role says before anything about files.
pub fn greeting(role: Role) -> [ControlMessage; 3] {
    [hello(role, PROTOCOL_VERSION), ControlMessage::Nonce { nonce: Hash(NONCE) }, ControlMessage::Standing { standing: None }]
}

/// What a machine is told of a new connection.
pub fn meeting() -> Meeting {
    Meeting { binding: Binding { local: Fingerprint([1; 32]), remote: Fingerprint([2; 32]) }, nonce: [3; 32] }
}

pub fn code() -> SessionCode {
    "K7MX4QPR9W2N".parse().expect("a code")
}

/// A password whose exchange costs nothing: what the machines make of it is what is looked into.
pub fn password() -> Password {
    Password::of_person(Exchange, &Failures::default())
}

struct Exchange;

impl Pake for Exchange {
    fn start(&mut self, role: Role, _: &[u8], _: &[u8; 32]) -> [u8; 32] {
        [role as u8; 32]
    }

    fn finish(&mut self, share: &[u8; 32]) -> Option<[u8; 64]> {
        (*share == NONCE).then_some([7; 64])
    }
}

/// A message of the greeting, in its turn or not.
fn of_greeting(input: &mut Unstructured<'_>) -> Result<ControlMessage> {
    let hash = Hash(if input.arbitrary()? { NONCE } else { [input.arbitrary()?; 32] });
    Ok(match input.int_in_range(0..=4)? {
        0 => ControlMessage::Nonce { nonce: hash },
        1 => ControlMessage::Share { share: hash },
        2 => ControlMessage::Confirm { tag: hash },
        3 => ControlMessage::Attempts { left: small(input)? },
        _ => ControlMessage::Standing { standing: None },
    })
}

/// Text that need not be a message.
pub fn text(input: &mut Unstructured<'_>) -> Result<String> {
    let length = input.int_in_range(0..=64)?.min(input.len());
    Ok(String::from_utf8_lossy(input.bytes(length)?).into_owned())
}

fn small(input: &mut Unstructured<'_>) -> Result<u32> {
    Ok(u32::try_from(number(input)?).unwrap_or(u32::MAX))
}

fn entries(input: &mut Unstructured<'_>) -> Result<Vec<Entry>> {
    let number_of_entries = if input.ratio(1, 16)? { 101 } else { input.int_in_range(0..=3)? };
    let size = number(input)?;
    let mut all = vec![entry("x", size); number_of_entries];
    if let Some(first) = all.first_mut() {
        first.path = match input.int_in_range(0..=4)? {
            0 => Vec::new(),
            1 => vec!["d".to_owned(); 65],
            2 => vec!["x".repeat(4097)],
            _ => vec![text(input)?],
        };
    }
    Ok(all)
}

fn entry(name: &str, size: u64) -> Entry {
    Entry { path: vec![name.to_owned()], size, modified: None }
}

//! Thousands of transfers, each through the cuts, stalls and disk errors that its seed brings: the bytes are equal or the error is clear.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use perkoon_protocol::ErrorCode;
use perkoon_protocol::limits::WINDOW_BYTES;
use perkoon_transfer::{Event, READ_AHEAD_BYTES, ReceiverInput};

use crate::common::{Channel, Conditions, Pair, Peaks, Random, TestFile, Trouble, has_ended, last_progress};

const MIB: usize = 1 << 20;

/// Schedules in the long run, asked for by `PERKOON_FULL`, and otherwise.
const FULL: u64 = 10_000;
const QUICK: u64 = 500;

/// `PERKOON_SEED` names the one schedule to run, for whoever looks into a failure.
fn seeds() -> Range<u64> {
    if let Ok(seed) = std::env::var("PERKOON_SEED") {
        let seed = seed.parse().expect("PERKOON_SEED is a number");
        return seed..seed + 1;
    }
    0..if std::env::var_os("PERKOON_FULL").is_some() { FULL } else { QUICK }
}

#[test]
fn any_schedule_ends_with_equal_bytes_or_a_clear_error() {
    let mut tally = BTreeMap::<&str, u64>::new();
    let mut peaks = Peaks::default();
    let seeds = seeds();
    for seed in seeds.clone() {
        let outcome = catch_unwind(AssertUnwindSafe(|| Schedule::new(seed).run()));
        let (ended, seen) = outcome.unwrap_or_else(|cause| {
            let command = "cargo test --package perkoon-transfer --test transfer any_schedule";
            panic!("seed {seed}: {} (alone: PERKOON_SEED={seed} {command})", said(&*cause));
        });
        *tally.entry(ended).or_default() += 1;
        peaks.sender = peaks.sender.max(seen.sender);
        peaks.receiver = peaks.receiver.max(seen.receiver);
    }
    assert!(peaks.receiver <= WINDOW_BYTES && peaks.sender <= READ_AHEAD_BYTES, "{peaks:?}");
    if seeds.end - seeds.start >= QUICK {
        // Schedules that all end alike, or never come near the bounds, would show nothing.
        let ends = ["complete", "PEER_LEFT", "INSUFFICIENT_STORAGE", "FILE_CHANGED", "FILE_UNREADABLE"];
        assert!(ends.iter().all(|end| tally.contains_key(end)), "{tally:?}");
        assert!(peaks.receiver > WINDOW_BYTES / 2 && peaks.sender > READ_AHEAD_BYTES / 2, "{peaks:?}");
    }
}

/// What a panic said.
fn said(cause: &(dyn Any + Send)) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The connection breaks, for good or until there is another.
    Cut,
    /// The sender's program is started anew.
    Restart,
    /// Nothing moves there for so many steps. With one of the control channels standing still and the lanes not, or the other way
    /// round, everything on one comes before anything on the other.
    Stall(Channel, usize),
    /// The receiver's disk fails.
    DiskError(ErrorCode),
}

/// When it does.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After so many more steps of the transfer.
    Steps(usize),
    /// As soon as so many eighths of the bytes have arrived: the ends of a transfer are moments that steps seldom hit.
    Arrived(u64),
}

/// A transfer, and what happens to it, in order.
#[derive(Debug)]
struct Schedule {
    conditions: Conditions,
    files: Vec<TestFile>,
    /// What the receiver has of each file from an earlier attempt.
    kept: Vec<Vec<u8>>,
    happenings: Vec<(Moment, Happening)>,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        // Other numbers than those that the pair draws from the same seed.
        let mut random = Random::new(!seed);
        let conditions = Conditions {
            slow_disk: random.one_in(3),
            slow_reader: random.one_in(3),
            slow_lane: random.one_in(3),
            max_message: [16 << 10, 65_535, 256 << 10][random.below(3)],
            reconnects: seed % 2 == 1,
            ..Conditions::fair(seed)
        };
        let mut files: Vec<TestFile> = (0..1 + random.below(6)).map(|index| file(index, &mut random)).collect();
        if random.one_in(40) {
            files.push(TestFile::new("larger than the window", 20 * MIB));
        }
        if random.one_in(8) {
            let unlucky = random.below(files.len());
            let from = random.below(files[unlucky].bytes.len() + 1) as u64;
            let troubles = [Trouble::Short, Trouble::Fails(ErrorCode::FileChanged), Trouble::Fails(ErrorCode::FileUnreadable)];
            files[unlucky].trouble = Some((from, troubles[random.below(troubles.len())]));
        }
        let happenings = (0..random.below(7)).map(|_| (moment(&mut random), happening(&mut random))).collect();
        let kept = if random.one_in(4) { files.iter().map(|file| kept(file, &mut random)).collect() } else { Vec::new() };
        Self { conditions, files, kept, happenings }
    }

    /// How the receiver ended, or where it never heard of the offer the sender; and what both held at most.
    fn run(self) -> (&'static str, Peaks) {
        let mut pair = Pair::new(self.conditions);
        let mut reasons = trouble_codes(&self.files);
        pair.kept = self.kept;
        pair.offer(self.files);
        for (moment, happening) in self.happenings {
            until(&mut pair, moment);
            reasons.extend(happen(&mut pair, happening));
        }
        pair.run();
        let sender = check(&pair.sender_events, &reasons);
        let ended = if is_offered(&pair) {
            pair.assert_clear_end();
            check(&pair.receiver_events, &reasons)
        } else {
            sender
        };
        if reasons.is_empty() {
            pair.assert_complete();
        }
        (ended, pair.peaks)
    }
}

fn file(index: usize, random: &mut Random) -> TestFile {
    let size = match random.below(16) {
        0 | 1 => 0,
        2..=9 => random.below(5000),
        10..=14 => (random.below(3) * MIB + random.below(3)).saturating_sub(1),
        _ => random.below(3 * MIB),
    };
    TestFile::new(&format!("folder/{index}"), size)
}

/// All of it, or its beginning; now and then with a byte that is not the file's.
fn kept(file: &TestFile, random: &mut Random) -> Vec<u8> {
    let mut kept = file.bytes.clone();
    if random.one_in(2) {
        kept.truncate(random.below(kept.len() + 1));
    }
    if random.one_in(4)
        && let Some(last) = kept.last_mut()
    {
        *last ^= 1;
    }
    kept
}

/// Few more often than many, so that beginnings are as likely as ends.
fn some_steps(random: &mut Random) -> usize {
    let magnitude = random.below(11);
    random.below(1 << magnitude)
}

fn moment(random: &mut Random) -> Moment {
    match random.below(8) {
        0 => Moment::Arrived(random.below(8) as u64),
        1 | 2 => Moment::Arrived(8),
        _ => Moment::Steps(some_steps(random)),
    }
}

fn until(pair: &mut Pair, moment: Moment) {
    match moment {
        Moment::Steps(steps) => (0..steps).for_each(|_| _ = pair.step()),
        Moment::Arrived(eighths) => {
            let bytes: u64 = pair.files.iter().map(|file| file.bytes.len() as u64).sum();
            pair.run_until(|pair| is_offered(pair) && last_progress(&pair.receiver_events) * 8 >= bytes * eighths);
        }
    }
}

fn happening(random: &mut Random) -> Happening {
    const CHANNELS: [Channel; 5] =
        [Channel::ControlToSender, Channel::ControlToReceiver, Channel::Lanes, Channel::Reader, Channel::Disk];
    match random.below(16) {
        0 if random.one_in(3) => Happening::Restart,
        0 => Happening::Cut,
        1 => {
            Happening::DiskError([ErrorCode::InsufficientStorage, ErrorCode::TargetExists, ErrorCode::Internal][random.below(3)])
        }
        _ => Happening::Stall(CHANNELS[random.below(CHANNELS.len())], some_steps(random)),
    }
}

/// Lets it happen; the error that may come of it.
fn happen(pair: &mut Pair, happening: Happening) -> Option<ErrorCode> {
    match happening {
        Happening::Cut => {
            pair.cut();
            Some(ErrorCode::PeerLeft)
        }
        Happening::Restart => {
            pair.restart_sender();
            Some(ErrorCode::PeerLeft)
        }
        Happening::Stall(channel, steps) => {
            pair.stall(channel, steps);
            None
        }
        // A disk that nobody uses, or no longer, has no errors.
        Happening::DiskError(_) if !is_offered(pair) || has_ended(&pair.receiver_events) => None,
        Happening::DiskError(code) => {
            pair.tell_receiver(ReceiverInput::SinkFailed { code, message: "the disk has failed".to_owned() });
            Some(code)
        }
    }
}

/// What reading these files may end in.
fn trouble_codes(files: &[TestFile]) -> Vec<ErrorCode> {
    let code = |file: &TestFile| match file.trouble? {
        (from, _) if from >= file.bytes.len() as u64 => None,
        (_, Trouble::Short) => Some(ErrorCode::FileChanged),
        (_, Trouble::Fails(code)) => Some(code),
    };
    files.iter().filter_map(code).collect()
}

fn is_offered(pair: &Pair) -> bool {
    pair.receiver_events.iter().any(|event| matches!(event, Event::Offered { .. }))
}

/// The side ended, with success or for one of the reasons, in a sentence; the end's name.
fn check(events: &[Event], reasons: &[ErrorCode]) -> &'static str {
    match crate::common::terminal(events) {
        Event::Complete => "complete",
        Event::Failed { code, message } if reasons.contains(&code) && !message.is_empty() => code.as_str(),
        other => panic!("{other:?} for one of {reasons:?}"),
    }
}

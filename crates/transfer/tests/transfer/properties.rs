//! What holds whatever happens.

use perkoon_protocol::control::{ControlMessage, Hash};
use perkoon_protocol::limits::WINDOW_BYTES;
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{Event, ReceiverInput, ReceiverOutput, SenderInput, SenderOutput, TransferId};
use proptest::prelude::*;

use crate::common::alone::{ID, LoneReceiver, LoneSender, entry};
use crate::common::greeting::greeting;
use crate::common::{Conditions, Pair, Random, TestFile, has_ended};

const MIB: usize = 1 << 20;

fn conditions() -> impl Strategy<Value = Conditions> {
    let max_message = prop_oneof![Just(16 << 10), Just(65_535), Just(256 << 10)];
    (any::<u64>(), any::<[bool; 3]>(), max_message).prop_map(|(seed, [slow_disk, slow_reader, slow_lane], max_message)| {
        Conditions { seed, slow_disk, slow_reader, slow_lane, max_message, accept: true, reconnects: false }
    })
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![
        2 => Just(0),
        4 => 0..5000_usize,
        3 => (0..4_usize, 0..3_usize).prop_map(|(pieces, over)| (pieces * MIB + over).saturating_sub(1)),
        1 => MIB..6 * MIB,
    ];
    proptest::collection::vec(size, 1..8)
}

fn files(sizes: &[usize]) -> Vec<TestFile> {
    sizes.iter().enumerate().map(|(index, size)| TestFile::new(&format!("dir/{index}"), *size)).collect()
}

/// Someone presses something.
fn press(pair: &mut Pair) {
    match pair.random.below(12) {
        0 | 1 => pair.tell_sender(SenderInput::Pause),
        2..=4 => pair.tell_sender(SenderInput::Resume),
        5 | 6 => pair.tell_receiver(ReceiverInput::Pause),
        7..=9 => pair.tell_receiver(ReceiverInput::Resume),
        _ if !pair.random.one_in(8) => pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() }),
        10 => pair.tell_sender(SenderInput::Cancel),
        _ => pair.tell_receiver(ReceiverInput::Cancel),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// In whatever order things happen, every byte arrives. The pair checks at each step that neither side holds more than it may.
    #[test]
    fn any_interleaving_completes(conditions in conditions(), sizes in sizes()) {
        let mut pair = Pair::new(conditions);
        pair.offer(files(&sizes));
        pair.run();
        pair.assert_complete();
    }

    /// Wherever the connection breaks, both ends come to a clear end.
    #[test]
    fn any_cut_ends_clearly(conditions in conditions(), sizes in sizes(), steps in 0..600_usize) {
        let mut pair = Pair::new(conditions);
        pair.offer(files(&sizes));
        for _ in 0..steps {
            pair.step();
        }
        pair.cut();
        pair.run();
        if pair.receiver_events.iter().any(|event| matches!(event, Event::Offered { .. })) {
            pair.assert_clear_end();
        }
        for events in [&pair.sender_events, &pair.receiver_events] {
            for event in events.iter().filter(|event| event.is_terminal()) {
                let left = matches!(event, Event::Failed { code: ErrorCode::PeerLeft, .. });
                prop_assert!(left || *event == Event::Complete, "{:?}", event);
            }
        }
        prop_assert!(has_ended(&pair.sender_events), "whoever offered hears the end");
    }

    /// Whatever people press at whatever moment, nothing hangs, and the connection carries the next transfer.
    #[test]
    fn any_buttons_end_clearly(conditions in conditions(), sizes in sizes(), presses in 0..30_usize) {
        let mut pair = Pair::new(Conditions { accept: false, ..conditions });
        pair.offer(files(&sizes));
        for _ in 0..presses {
            for _ in 0..pair.random.below(40) {
                pair.step();
            }
            press(&mut pair);
        }
        pair.tell_sender(SenderInput::Resume);
        pair.tell_receiver(ReceiverInput::Resume);
        pair.run();
        pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() });
        pair.run();
        // A cancel before anyone greeted leaves the receiver without an offer to end.
        if pair.receiver_events.iter().any(|event| matches!(event, Event::Offered { .. })) {
            pair.assert_clear_end();
        }
        prop_assert!(has_ended(&pair.sender_events));
        pair.offer(files(&[3, 0, MIB + 1]));
        pair.run();
        pair.tell_receiver(ReceiverInput::Accept { kept: Vec::new() });
        pair.run();
        pair.assert_complete();
    }
}

fn pick<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[random.below(choices.len())]
}

/// A message that a peer may or may not say at this moment.
fn any_message(random: &mut Random) -> ControlMessage {
    let transfer = pick(random, &[ID, ID, ID, TransferId([8; 16])]);
    let number = pick(random, &[0, 0, 1, 2, 3, 64, u32::MAX]);
    let bytes = pick(random, &[0, 1, 3000, MIB as u64, u64::MAX]);
    let hash = Hash(*blake3::hash(&[0; 3000]).as_bytes());
    let code = pick(random, ErrorCode::ALL);
    match random.below(16) {
        0 => {
            let greeting = greeting(pick(random, &[Role::Sender, Role::Receiver]), None);
            greeting[random.below(greeting.len())].clone()
        }
        1 => ControlMessage::Offer { transfer, files: number, bytes },
        2 => ControlMessage::Entries { transfer, first: number, entries: vec![entry("x", bytes); random.below(4)] },
        3 => ControlMessage::Accept { transfer },
        4 => ControlMessage::Reject { transfer },
        5 | 6 => {
            let lane = pick(random, &[0, 0, 1, u16::MAX]);
            let length = pick(random, &[0, 1, 3000, 1 << 20, u32::MAX]);
            ControlMessage::Request { transfer, request: number, file: number, offset: bytes, length, lane }
        }
        7 | 8 => ControlMessage::Piece { transfer, request: number, hash },
        9 => ControlMessage::Unavailable { transfer, request: number, code },
        10 => ControlMessage::Written { transfer, bytes },
        11 => ControlMessage::FileDone { transfer, file: number, hash },
        12 => ControlMessage::Pause { transfer },
        13 => ControlMessage::Resume { transfer },
        14 => pick(random, &[ControlMessage::Cancel { transfer }, ControlMessage::Complete { transfer }].each_ref()).clone(),
        _ => ControlMessage::Error { transfer: Some(transfer), code, message: String::new() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No words and bytes of a sender make a receiver panic, ask for more than its window or write what it did not check.
    #[test]
    fn a_receiver_survives_any_sender(seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let mut lone = LoneReceiver::running(&[3000, 2 * MIB as u64, 0, 3000]);
        for _ in 0..60 {
            match random.below(6) {
                0 => lone.put(ReceiverInput::LaneMessage { lane: pick(&mut random, &[0, 0, 0, 1]), payload: vec![0; pick(&mut random, &[0, 1, 1500, 3000, 3001, 256 << 10])] }),
                1 => lone.bytes(&[0; 3000]),
                2 => lone.put(ReceiverInput::Written { file: pick(&mut random, &[0, 1, 3, 9]), offset: 0 }),
                3 => lone.put(pick(&mut random, &[ReceiverInput::Accept { kept: Vec::new() }, ReceiverInput::Published, ReceiverInput::Pause, ReceiverInput::Resume, ReceiverInput::Finished { file: 0 }].each_ref()).clone()),
                _ => lone.say(&any_message(&mut random)),
            }
        }
        for output in &lone.outputs {
            if let ReceiverOutput::Write { payload, .. } = output {
                prop_assert_eq!(payload.iter().map(Vec::len).sum::<usize>(), 3000, "the only piece whose hash was ever said");
            }
        }
        let told = lone.told();
        let asked: u64 = told.messages.iter().map(|message| if let ControlMessage::Request { length, .. } = message { u64::from(*length) } else { 0 }).sum();
        prop_assert!(asked <= WINDOW_BYTES);
    }

    /// No words of a receiver make a sender panic, read beyond a file or say that it is complete.
    #[test]
    fn a_sender_survives_any_receiver(seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let sizes = [3000, 2 * MIB as u64, 0, 3000];
        let mut lone = LoneSender::running(&sizes);
        for _ in 0..60 {
            for output in &lone.outputs {
                if let SenderOutput::Read { file, offset, length, .. } = output {
                    prop_assert!(offset + u64::from(*length) <= sizes[*file as usize]);
                }
            }
            match random.below(8) {
                0 => drop(lone.serve()),
                1 => lone.put(pick(&mut random, &[SenderInput::Pause, SenderInput::Resume, SenderInput::LaneClosed { lane: 0 }, SenderInput::LaneOpened { lane: 1, max_message: 0 }].each_ref()).clone()),
                2 => lone.put(SenderInput::ReadFailed { request: pick(&mut random, &[0, 1, 2]), code: ErrorCode::FileChanged }),
                _ => lone.say(&any_message(&mut random)),
            }
        }
        let told = lone.told();
        prop_assert!(!told.events.contains(&Event::Complete));
    }
}

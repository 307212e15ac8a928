//! How two ends come to trust each other, and what somebody between them gets out of it.

use std::collections::VecDeque;

use perkoon_protocol::control::{ControlMessage, StandingState};
use perkoon_protocol::{ErrorCode, Role};
use perkoon_transfer::{
    Event, Failures, Hash, Millis, Password, Receiver, ReceiverInput, ReceiverOutput, Sender, SenderInput, SenderOutput,
};
use perkoon_trust::Exchange;

use crate::common::alone::{ID, LoneReceiver, LoneSender, entry};
use crate::common::greeting::{code, greeting, hello, meeting};

/// Two ends of one connection, and what has been said and told.
struct Two {
    sender: Sender<Vec<u8>>,
    receiver: Receiver<Vec<u8>>,
    failures: Failures,
    to_sender: VecDeque<String>,
    to_receiver: VecDeque<String>,
    sender_told: Vec<Event>,
    receiver_told: Vec<Event>,
    /// Everything that went over the connection, in order.
    said: Vec<ControlMessage>,
}

impl Two {
    /// Not connected yet; the sender has an offer to make as soon as it may.
    fn new(password: Option<&str>) -> Self {
        let mut two = Self {
            sender: Sender::new("sender/1", code()),
            receiver: Receiver::new("receiver/1", code()),
            failures: Failures::default(),
            to_sender: VecDeque::new(),
            to_receiver: VecDeque::new(),
            sender_told: Vec::new(),
            receiver_told: Vec::new(),
            said: Vec::new(),
        };
        if let Some(password) = password {
            let password = Password::of_person(Exchange::new(password.as_bytes()), &two.failures);
            two.tell_sender(SenderInput::Password(password));
        }
        two
    }

    /// A connection between these pages.
    fn connect(&mut self, sender: u8, receiver: u8, nonce: u8) {
        self.to_sender.clear();
        self.to_receiver.clear();
        self.tell_sender(SenderInput::Connected(meeting(Role::Sender, sender, receiver, nonce)));
        self.tell_receiver(ReceiverInput::Connected(meeting(Role::Receiver, sender, receiver, nonce.wrapping_add(1))));
    }

    fn cut(&mut self) {
        self.tell_sender(SenderInput::Disconnected);
        self.tell_receiver(ReceiverInput::Disconnected);
    }

    fn connected(password: Option<&str>) -> Self {
        let mut two = Self::new(password);
        two.connect(1, 2, 3);
        two.offer();
        two.run();
        two
    }

    fn offer(&mut self) {
        self.tell_sender(SenderInput::Offer { transfer: ID, files: vec![entry("secret.txt", 3000)] });
    }

    fn type_password(&mut self, password: &str) {
        self.receiver_told.clear();
        self.sender_told.clear();
        let password = Password::of_person(Exchange::new(password.as_bytes()), &Failures::default());
        self.tell_receiver(ReceiverInput::Password(password));
        self.run();
    }

    /// Until nothing is on its way.
    fn run(&mut self) {
        while self.step() {}
    }

    fn step(&mut self) -> bool {
        if let Some(text) = self.to_sender.pop_front() {
            self.tell_sender(SenderInput::Control(text));
        } else if let Some(text) = self.to_receiver.pop_front() {
            self.tell_receiver(ReceiverInput::Control(text));
        } else {
            return false;
        }
        true
    }

    fn tell_sender(&mut self, input: SenderInput<Vec<u8>>) {
        self.sender.handle(Millis(0), input);
        while let Some(output) = self.sender.poll() {
            match output {
                SenderOutput::Control(text) => {
                    self.said.push(ControlMessage::decode(&text).expect("own messages are valid"));
                    self.to_receiver.push_back(text);
                }
                SenderOutput::Event(event) => self.sender_told.push(event),
                _ => {}
            }
        }
    }

    fn tell_receiver(&mut self, input: ReceiverInput<Vec<u8>>) {
        self.receiver.handle(Millis(0), input);
        while let Some(output) = self.receiver.poll() {
            match output {
                ReceiverOutput::Control(text) => {
                    self.said.push(ControlMessage::decode(&text).expect("own messages are valid"));
                    self.to_sender.push_back(text);
                }
                ReceiverOutput::Event(event) => self.receiver_told.push(event),
                _ => {}
            }
        }
    }

    fn is_offered(&self) -> bool {
        self.receiver_told.iter().any(|event| matches!(event, Event::Offered { .. }))
    }

    /// Asserts that nothing about files, nor about how transfers stand, went over the connection.
    fn assert_nothing_said(&self) {
        let silent = |message: &ControlMessage| {
            use ControlMessage as Say;
            let of_greeting = matches!(message, Say::Hello { .. } | Say::Nonce { .. } | Say::Share { .. });
            of_greeting || matches!(message, Say::Confirm { .. } | Say::Attempts { .. } | Say::Error { transfer: None, .. })
        };
        assert!(self.said.iter().all(silent), "{:?}", self.said);
        let said = format!("{:?}", self.said);
        assert!(!said.contains("secret"), "{said}");
    }
}

fn words(told: &[Event]) -> Vec<[u8; 4]> {
    told.iter().filter_map(|event| if let Event::Compare { words } = event { Some(*words) } else { None }).collect()
}

#[test]
fn both_ends_are_told_the_same_words() {
    let two = Two::connected(None);
    assert_eq!(words(&two.sender_told).len(), 1);
    assert_eq!(words(&two.sender_told), words(&two.receiver_told));
    assert!(two.is_offered());
}

#[test]
fn the_words_are_new_ones_for_other_certificates_and_for_another_meeting() {
    let all: Vec<_> = [(1, 2, 3), (1, 2, 5), (7, 2, 3), (1, 7, 3)]
        .into_iter()
        .map(|(sender, receiver, nonce)| {
            let mut two = Two::new(None);
            two.connect(sender, receiver, nonce);
            two.run();
            words(&two.sender_told)[0]
        })
        .collect();
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
}

/// Somebody is between the two, with certificates 8 and 9 of their own, and passes on what is said.
fn with_a_man_in_the_middle(password: Option<&str>, typed: Option<Password>) -> Two {
    let mut two = Two::new(password);
    two.offer();
    if let Some(typed) = typed {
        two.tell_receiver(ReceiverInput::Password(typed));
    }
    two.tell_sender(SenderInput::Connected(meeting(Role::Sender, 1, 8, 3)));
    two.tell_receiver(ReceiverInput::Connected(meeting(Role::Receiver, 9, 2, 4)));
    two.run();
    two
}

#[test]
fn a_man_in_the_middle_makes_the_words_differ() {
    let two = with_a_man_in_the_middle(None, None);
    assert_ne!(words(&two.sender_told), words(&two.receiver_told));
}

#[test]
fn a_man_in_the_middle_learns_nothing_of_the_files_behind_a_password() {
    let typed = Password::of_person(Exchange::new(b"correct horse"), &Failures::default());
    let two = with_a_man_in_the_middle(Some("correct horse"), Some(typed));
    assert!(two.sender_told.contains(&Event::PasswordWrong { left: 4 }), "{:?}", two.sender_told);
    assert!(two.receiver_told.contains(&Event::PasswordWrong { left: 4 }), "{:?}", two.receiver_told);
    two.assert_nothing_said();
}

#[test]
fn the_nonces_come_in_an_order_that_leaves_no_choice() {
    let mut receiver = LoneReceiver::new();
    assert!(matches!(receiver.told().messages[..], [ControlMessage::Hello { .. }]), "no nonce before the commitment");
    receiver.say(&hello(Role::Sender));
    assert!(matches!(receiver.told().messages[..], [ControlMessage::Nonce { .. }]));

    let mut sender = LoneSender::new();
    sender.say(&hello(Role::Receiver));
    assert!(matches!(sender.told().messages[..], [ControlMessage::Hello { .. }]), "no nonce before the receiver's");
    sender.say(&ControlMessage::Nonce { nonce: Hash([1; 32]) });
    assert!(matches!(sender.told().messages[..], [ControlMessage::Nonce { .. }, ControlMessage::Standing { .. }]));
}

#[test]
fn another_nonce_than_the_one_committed_to_is_refused() {
    let mut lone = LoneReceiver::new();
    lone.say(&hello(Role::Sender));
    lone.say(&ControlMessage::Nonce { nonce: Hash([1; 32]) });
    lone.told().assert_failed("another nonce", ErrorCode::ProtocolError, None);
}

#[test]
fn the_password_opens_the_session_and_nothing_is_said_before() {
    let mut two = Two::connected(Some("correct horse"));
    assert!(two.receiver_told.contains(&Event::Protected(true)) && two.receiver_told.contains(&Event::PasswordAsked));
    two.assert_nothing_said();
    two.type_password("correct horse");
    assert!(two.sender_told.contains(&Event::Proven) && two.receiver_told.contains(&Event::Proven));
    assert!(two.is_offered());
    assert!(words(&two.sender_told).is_empty() && words(&two.receiver_told).is_empty(), "nothing is left to compare");
}

#[test]
fn what_was_proven_is_so_on_the_next_connection_too() {
    let mut two = Two::connected(Some("correct horse"));
    two.type_password("correct horse");
    two.cut();
    two.sender_told.clear();
    two.receiver_told.clear();
    two.connect(1, 2, 30);
    two.run();
    assert!(two.sender_told.contains(&Event::Proven) && two.receiver_told.contains(&Event::Proven));
    assert!(!two.receiver_told.contains(&Event::PasswordAsked));
}

#[test]
fn a_wrong_password_is_asked_for_again() {
    let mut two = Two::connected(Some("correct horse"));
    two.type_password("wrong horse");
    assert_eq!(two.sender_told, [Event::PasswordWrong { left: 4 }]);
    assert_eq!(two.receiver_told, [Event::PasswordWrong { left: 4 }]);
    two.assert_nothing_said();
    two.type_password("correct horse");
    assert!(two.is_offered());
}

#[test]
fn five_wrong_passwords_lock_the_session_until_the_sender_unlocks_it() {
    let mut two = Two::connected(Some("correct horse"));
    for left in (0..5).rev() {
        two.type_password("wrong horse");
        assert_eq!(two.receiver_told, [Event::PasswordWrong { left }]);
    }
    two.type_password("correct horse");
    assert_eq!(two.receiver_told, [Event::PasswordWrong { left: 0 }], "not even the right one");
    // Another receiver, and another connection, find it locked, too.
    two.cut();
    two.receiver = Receiver::new("receiver/2", code());
    two.connect(1, 7, 3);
    two.run();
    two.type_password("correct horse");
    assert_eq!(two.receiver_told, [Event::PasswordWrong { left: 0 }]);
    two.assert_nothing_said();
    two.receiver_told.clear();
    two.tell_sender(SenderInput::Unlock);
    two.run();
    assert_eq!(two.receiver_told, [Event::PasswordAsked]);
    two.offer();
    two.type_password("correct horse");
    assert!(two.is_offered(), "{:?} {:?}", two.sender_told, two.receiver_told);
}

// Or else whoever is in the middle guesses four times, lets in someone who knows it, and guesses four times more.
#[test]
fn a_right_password_does_not_forgive_the_wrong_ones() {
    let mut two = Two::connected(Some("correct horse"));
    two.type_password("wrong horse");
    two.type_password("correct horse");
    assert!(two.is_offered());
    two.cut();
    two.receiver = Receiver::new("receiver/2", code());
    two.connect(1, 7, 3);
    two.run();
    two.type_password("wrong horse");
    assert_eq!(two.receiver_told, [Event::PasswordWrong { left: 3 }]);
}

#[test]
fn a_try_on_its_way_outlives_an_unlocking() {
    let mut two = Two::connected(Some("correct horse"));
    for _ in 0..5 {
        two.type_password("wrong horse");
    }
    two.receiver_told.clear();
    two.tell_receiver(ReceiverInput::Password(Password::of_person(Exchange::new(b"correct horse"), &Failures::default())));
    two.tell_sender(SenderInput::Unlock);
    two.offer();
    two.run();
    assert!(two.is_offered(), "{:?} {:?}", two.sender_told, two.receiver_told);
}

#[test]
fn a_receiver_that_was_asked_for_a_password_takes_no_sender_without_one() {
    for insisting in [false, true] {
        let mut two = Two::connected(Some("correct horse"));
        assert!(two.receiver_told.contains(&Event::PasswordAsked));
        two.cut();
        two.sender = Sender::new("sender/2", code());
        if insisting {
            two.receiver = Receiver::new("receiver/2", code());
            two.receiver.insist();
        }
        two.connect(9, 2, 3);
        two.run();
        assert!(
            two.receiver_told.iter().any(|event| matches!(event, Event::Failed { code: ErrorCode::WrongPassword, .. })),
            "{:?}",
            two.receiver_told
        );
        assert!(words(&two.receiver_told).is_empty(), "nor are there words to compare");
    }
}

#[test]
fn wrong_passwords_count_in_the_next_sender_of_the_session() {
    let mut two = Two::connected(Some("correct horse"));
    two.type_password("wrong horse");
    two.cut();
    two.sender = Sender::new("sender/2", code());
    let password = Password::of_person(Exchange::new(b"correct horse"), &two.failures);
    two.tell_sender(SenderInput::Password(password));
    two.connect(1, 2, 3);
    two.run();
    two.type_password("wrong horse");
    assert_eq!(two.sender_told, [Event::PasswordWrong { left: 3 }]);
}

#[test]
fn a_session_that_was_locked_stays_locked_when_its_sender_starts_anew() {
    let mut two = Two::new(None);
    two.failures = Failures::with_left(0);
    let password = Password::of_person(Exchange::new(b"correct horse"), &two.failures);
    two.tell_sender(SenderInput::Password(password));
    two.connect(1, 2, 3);
    two.run();
    two.type_password("correct horse");
    assert_eq!(two.receiver_told, [Event::PasswordWrong { left: 0 }]);
    assert_eq!(two.sender_told, [Event::PasswordWrong { left: 0 }], "there it can be unlocked");
    assert_eq!(Failures::with_left(9).left(), 5, "no more than in any session");
}

#[test]
fn the_same_two_pages_need_no_password_again_and_keep_their_words() {
    for password in [Some("correct horse"), None] {
        let mut two = Two::connected(password);
        if password.is_some() {
            two.type_password("correct horse");
        }
        two.cut();
        (two.said, two.sender_told, two.receiver_told) = Default::default();
        two.connect(1, 2, 20);
        two.run();
        assert!(two.said.iter().all(|message| !matches!(message, ControlMessage::Nonce { .. } | ControlMessage::Share { .. })));
        assert!(two.receiver_told.iter().any(|event| matches!(event, Event::Greeted { .. })));
        assert!(words(&two.receiver_told).is_empty(), "those on the screen stay right");
        // Another page in the receiver's place is no acquaintance, whatever it says.
        two.cut();
        (two.said, two.sender_told, two.receiver_told) = Default::default();
        two.receiver = Receiver::new("receiver/2", code());
        two.connect(1, 7, 30);
        two.run();
        assert!(two.said.iter().any(|message| matches!(message, ControlMessage::Nonce { .. })));
        assert_eq!(two.receiver_told.contains(&Event::PasswordAsked), password.is_some());
    }
}

#[test]
fn claiming_to_be_known_opens_nothing() {
    let mut lone = LoneSender::new();
    let password = Password::of_person(Exchange::new(b"correct horse"), &Failures::default());
    lone.put(SenderInput::Password(password));
    lone.connect();
    lone.put(SenderInput::Offer { transfer: ID, files: vec![entry("a", 1)] });
    let ControlMessage::Hello { version, role, agent, commitment, protected, .. } = hello(Role::Receiver) else { return };
    lone.say(&ControlMessage::Hello { version, role, agent, known: true, commitment, protected });
    lone.say(&ControlMessage::Standing { standing: None });
    lone.told().assert_failed("known to nobody", ErrorCode::ProtocolError, None);
}

#[test]
fn a_sender_with_a_password_offers_nothing_to_who_leaves_it_out() {
    let mut lone = LoneSender::new();
    lone.put(SenderInput::Password(Password::of_person(Exchange::new(b"correct horse"), &Failures::default())));
    lone.connect();
    lone.put(SenderInput::Offer { transfer: ID, files: vec![entry("a", 1)] });
    greeting(Role::Receiver, None).iter().for_each(|message| lone.say(message));
    let told = lone.told();
    told.assert_failed("no password", ErrorCode::ProtocolError, None);
    assert!(
        !told.messages.iter().any(|message| matches!(message, ControlMessage::Offer { .. } | ControlMessage::Standing { .. }))
    );
}

#[test]
fn a_receiver_with_a_password_takes_nothing_from_who_asks_for_none() {
    for password in [Password::of_person, Password::of_link] {
        let mut lone = LoneReceiver::new();
        lone.put(ReceiverInput::Password(password(Exchange::new(b"correct horse"), &Failures::default())));
        lone.say(&hello(Role::Sender));
        let told = lone.told();
        told.assert_failed("no password asked for", ErrorCode::WrongPassword, None);
        assert!(!told.messages.iter().any(|message| matches!(message, ControlMessage::Nonce { .. })));
    }
}

#[test]
fn a_password_that_was_not_proven_is_typed_again_and_a_links_secret_is_not() {
    for (make, is_asked) in [(Password::of_person as fn(Exchange, &Failures) -> Password, true), (Password::of_link, false)] {
        let mut two = Two::new(Some("correct horse"));
        two.connect(1, 2, 3);
        two.tell_receiver(ReceiverInput::Password(make(Exchange::new(b"correct horse"), &Failures::default())));
        // Broken off when the receiver's proof is under way: whoever got it may have tried a guess on it.
        while !two.said.iter().any(|message| matches!(message, ControlMessage::Confirm { .. })) {
            assert!(two.step());
        }
        two.cut();
        two.receiver_told.clear();
        two.connect(1, 2, 30);
        two.run();
        assert_eq!(two.receiver_told.contains(&Event::PasswordAsked), is_asked);
        assert_eq!(two.receiver_told.contains(&Event::Proven), !is_asked);
    }
}

/// A receiver whose sender plays its own messages back to it.
#[test]
fn pake_reflection_proves_nothing() {
    let mut lone = LoneReceiver::new();
    lone.put(ReceiverInput::Password(Password::of_person(Exchange::new(b"correct horse"), &Failures::default())));
    let ControlMessage::Hello { version, role, agent, known, commitment, .. } = hello(Role::Sender) else { return };
    lone.say(&ControlMessage::Hello { version, role, agent, known, commitment, protected: true });
    lone.say(&greeting(Role::Sender, None)[1]);
    let said = lone.told().messages;
    let share = said.iter().find(|message| matches!(message, ControlMessage::Share { .. })).expect("the receiver goes first");
    lone.say(share);
    let told = lone.told();
    told.assert_failed("its own share", ErrorCode::ProtocolError, None);
    assert!(!told.messages.iter().any(|message| matches!(message, ControlMessage::Confirm { .. })), "nothing to try a guess on");
    // The true sender's share, and the receiver's proof in place of the sender's.
    let mut two = Two::new(Some("correct horse"));
    two.connect(1, 2, 3);
    two.tell_receiver(ReceiverInput::Password(Password::of_person(Exchange::new(b"correct horse"), &Failures::default())));
    let proof = loop {
        assert!(two.step());
        if let Some(proof @ ControlMessage::Confirm { .. }) = two.said.last() {
            break proof.encode();
        }
    };
    two.tell_receiver(ReceiverInput::Control(proof));
    let end = two.receiver_told.last();
    assert!(matches!(end, Some(Event::Failed { code: ErrorCode::WrongPassword, .. })), "{end:?}");
}

/// Two ends that both know the password, one of them in the other's role.
#[test]
fn pake_role_swap_proves_nothing() {
    use perkoon_trust::Pake as _;
    let (mut one, mut other) = (Exchange::new(b"correct horse"), Exchange::new(b"correct horse"));
    let (first, second) = (one.start(Role::Receiver, b"s", &[1; 32]), other.start(Role::Receiver, b"s", &[1; 32]));
    assert_ne!(
        perkoon_trust::Pake::finish(&mut one, &second).expect("a share"),
        perkoon_trust::Pake::finish(&mut other, &first).expect("a share"),
        "both began"
    );
    // Nor does a sender take a proof in the sender's name.
    let mut two = Two::new(Some("correct horse"));
    two.connect(1, 2, 3);
    two.tell_receiver(ReceiverInput::Password(Password::of_person(Exchange::new(b"correct horse"), &Failures::default())));
    while !two.said.iter().any(|message| matches!(message, ControlMessage::Confirm { .. })) {
        assert!(two.step());
    }
    two.to_sender.clear();
    two.tell_sender(SenderInput::Control(ControlMessage::Confirm { tag: Hash([0; 32]) }.encode()));
    assert!(two.sender_told.contains(&Event::PasswordWrong { left: 4 }));
}

#[test]
fn shares_that_are_none_are_wrong_passwords_or_end_it() {
    for share in [[0; 32], [255; 32]] {
        let mut two = Two::new(Some("correct horse"));
        two.connect(1, 2, 3);
        two.run();
        two.tell_sender(SenderInput::Control(ControlMessage::Share { share: Hash(share) }.encode()));
        two.tell_sender(SenderInput::Control(ControlMessage::Confirm { tag: Hash([0; 32]) }.encode()));
        assert!(two.sender_told.contains(&Event::PasswordWrong { left: 4 }), "{:?}", two.sender_told);
        two.assert_nothing_said();
    }
}

#[test]
fn words_of_the_greeting_out_of_place_end_it() {
    let none = Hash([0; 32]);
    let (share, confirm) = (ControlMessage::Share { share: none }, ControlMessage::Confirm { tag: none });
    let attempts = ControlMessage::Attempts { left: 3 };
    let nonce = ControlMessage::Nonce { nonce: none };
    for message in [&share, &confirm, &attempts, &nonce] {
        let mut lone = LoneReceiver::greeted();
        lone.say(message);
        lone.told().assert_failed("at the receiver", ErrorCode::ProtocolError, None);
        let mut lone = LoneSender::offered(&[1]);
        lone.say(message);
        lone.told().assert_failed("at the sender", ErrorCode::ProtocolError, None);
    }
}

#[test]
fn a_transfer_that_fails_before_the_two_trust_each_other_again_is_told_of_afterwards() {
    let mut lone = LoneReceiver::running(&[3000]);
    lone.put(ReceiverInput::Disconnected);
    lone.connect();
    lone.told();
    let message = "the disk is full".to_owned();
    lone.put(ReceiverInput::SinkFailed { code: ErrorCode::InsufficientStorage, message });
    assert!(lone.told().messages.is_empty(), "nothing about a transfer to who is not known yet");
    lone.greet(None);
    let said = lone.told().messages;
    let stands = |message: &ControlMessage| match message {
        ControlMessage::Standing { standing } => standing.map(|standing| (standing.transfer, standing.state)),
        _ => None,
    };
    assert_eq!(said.iter().find_map(stands), Some((ID, StandingState::Failed)));
    lone.say(&ControlMessage::Offer { transfer: ID, files: 1, bytes: 3000 });
    assert!(lone.told().messages.is_empty(), "a sender that was started anew asks again");
}

//! Two ends with a password each, as the transfer's core drives them.
#![cfg(feature = "cpace")]

use perkoon_protocol::Role;
use perkoon_trust::{Exchange, Pake};

const CONTEXT: [u8; 32] = [7; 32];

/// Both ends' keys, the receiver's first.
fn keys(receiver: &mut impl Pake, sender: &mut impl Pake, session: &[u8]) -> [Option<[u8; 64]>; 2] {
    let first = receiver.start(Role::Receiver, session, &CONTEXT);
    let second = sender.start(Role::Sender, session, &CONTEXT);
    [receiver.finish(&second), sender.finish(&first)]
}

#[test]
fn one_password_gives_one_key_that_is_new_each_time() {
    let (mut receiver, mut sender) = (Exchange::new("p\u{e4}ss".as_bytes()), Exchange::new("p\u{e4}ss".as_bytes()));
    let [first, same] = keys(&mut receiver, &mut sender, b"one");
    assert!(first.is_some());
    assert_eq!(first, same);
    assert_ne!(keys(&mut receiver, &mut sender, b"one")[0], first, "fresh randomness");
}

#[test]
fn two_passwords_give_two_keys() {
    let [one, other] = keys(&mut Exchange::new(b"right"), &mut Exchange::new(b"wrong"), b"one");
    assert!(one.is_some() && other.is_some());
    assert_ne!(one, other);
}

#[test]
fn two_receivers_have_no_key_in_common() {
    let (mut one, mut other) = (Exchange::new(b"right"), Exchange::new(b"right"));
    let shares = [&mut one, &mut other].map(|end| end.start(Role::Receiver, b"one", &CONTEXT));
    assert_ne!(one.finish(&shares[1]), other.finish(&shares[0]));
}

#[test]
fn a_run_answers_once() {
    let (mut receiver, mut sender) = (Exchange::new(b"right"), Exchange::new(b"right"));
    assert_eq!(receiver.finish(&[0; 32]), None, "none is under way");
    receiver.start(Role::Receiver, b"one", &CONTEXT);
    let share = sender.start(Role::Sender, b"one", &CONTEXT);
    assert!(receiver.finish(&share).is_some());
    assert_eq!(receiver.finish(&share), None, "the scalar is gone");
}

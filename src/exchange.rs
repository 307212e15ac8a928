//! The exchange that proves a password, run by the module with the page's tools (`crates/page-tools`), which holds nothing between two
//! calls: the run lies here.

use perkoon_protocol::Role;
use perkoon_transfer::Pake;
use zeroize::Zeroizing;

/// What an exchange needs around it.
pub trait Surroundings {
    /// Has a tool answer a request; `None` when it has no answer.
    fn ask(&self, tool: &str, request: &[u8]) -> Option<Vec<u8>>;

    /// Fresh bytes from a cryptographic source.
    fn randomness(&self) -> [u8; 64];
}

/// One end's password and the run it is in, if any. Both are wiped when they are dropped.
pub struct Exchange<S> {
    surroundings: S,
    password: Zeroizing<Vec<u8>>,
    /// What the module was asked to start with: the same request always comes to the same run.
    run: Option<Zeroizing<Vec<u8>>>,
}

impl<S> Exchange<S> {
    /// An exchange with a password, in the form that both ends write it (NFC).
    pub fn new(surroundings: S, password: &str) -> Self {
        Self { surroundings, password: Zeroizing::new(password.as_bytes().to_vec()), run: None }
    }
}

impl<S: Surroundings> Pake for Exchange<S> {
    fn start(&mut self, role: Role, session: &[u8], context: &[u8; 32]) -> [u8; 32] {
        let randomness = Zeroizing::new(self.surroundings.randomness());
        let run = Zeroizing::new(request(role, &randomness, context, session, &self.password));
        let share = self.surroundings.ask("start", &run).and_then(|share| share.try_into().ok());
        self.run = Some(run);
        share.expect("the module takes every request made here")
    }

    fn finish(&mut self, share: &[u8; 32]) -> Option<[u8; 64]> {
        let run = self.run.take()?;
        let request = Zeroizing::new([share, &run[..]].concat());
        let key = Zeroizing::new(self.surroundings.ask("finish", &request)?);
        key[..].try_into().ok()
    }
}

/// The form that the module reads.
fn request(role: Role, randomness: &[u8; 64], context: &[u8; 32], session: &[u8], password: &[u8]) -> Vec<u8> {
    let role = [role as u8];
    let length = [u8::try_from(session.len()).expect("a session is named in a few bytes")];
    [&role, &randomness[..], context, &length, session, password].concat()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::cell::Cell;

    use perkoon_protocol::Role::{Receiver, Sender};

    use super::*;

    const CONTEXT: [u8; 32] = [7; 32];

    /// The module's tools themselves, with randomness that counts.
    #[derive(Default)]
    struct Native(Cell<u8>);

    impl Surroundings for Native {
        fn ask(&self, tool: &str, request: &[u8]) -> Option<Vec<u8>> {
            match tool {
                "start" => perkoon_page_tools::start(request),
                "finish" => perkoon_page_tools::finish(request),
                _ => None,
            }
        }

        fn randomness(&self) -> [u8; 64] {
            self.0.set(self.0.get() + 1);
            [self.0.get(); 64]
        }
    }

    fn page(password: &str) -> Exchange<Native> {
        Exchange::new(Native::default(), password)
    }

    /// Both ends' keys.
    fn keys(receiver: &mut impl Pake, sender: &mut impl Pake) -> [Option<[u8; 64]>; 2] {
        let first = receiver.start(Receiver, b"session", &CONTEXT);
        let second = sender.start(Sender, b"session", &CONTEXT);
        [receiver.finish(&second), sender.finish(&first)]
    }

    #[test]
    fn a_page_and_a_native_program_come_to_one_key() {
        let native = || perkoon_trust::Exchange::new("p\u{e4}ss".as_bytes());
        for [one, other] in [keys(&mut page("p\u{e4}ss"), &mut native()), keys(&mut native(), &mut page("p\u{e4}ss"))] {
            assert!(one.is_some());
            assert_eq!(one, other);
        }
    }

    #[test]
    fn another_password_comes_to_another_key() {
        let [one, other] = keys(&mut page("right"), &mut page("wrong"));
        assert!(one.is_some() && other.is_some());
        assert_ne!(one, other);
    }

    #[test]
    fn each_run_has_randomness_of_its_own() {
        let mut page = page("right");
        assert_ne!(page.start(Sender, b"session", &CONTEXT), page.start(Sender, b"session", &CONTEXT));
    }

    #[test]
    fn a_run_answers_once_and_takes_no_invalid_share() {
        let (mut receiver, mut sender) = (page("right"), page("right"));
        assert_eq!(receiver.finish(&[0; 32]), None, "none is under way");
        receiver.start(Receiver, b"session", &CONTEXT);
        assert_eq!(receiver.finish(&[0; 32]), None, "the neutral element");
        let share = sender.start(Sender, b"session", &CONTEXT);
        assert_eq!(receiver.finish(&share), None, "the run is over");
    }
}

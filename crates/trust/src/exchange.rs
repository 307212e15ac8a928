use perkoon_protocol::Role;
use zeroize::Zeroizing;

use crate::cpace::{Associated, Inputs, Party, Run};

/// What each end says about itself: its role. The receiver begins.
const ROLES: Associated<'static> =
    Associated { initiator: Role::Receiver.as_str().as_bytes(), responder: Role::Sender.as_str().as_bytes() };

/// One end's password and the run it is in, if any. Both are wiped when they are dropped.
pub struct Exchange {
    password: Zeroizing<Vec<u8>>,
    run: Option<Run>,
}

impl Exchange {
    /// An exchange with a password, as UTF-8 in the form both ends write it (NFC).
    pub fn new(password: &[u8]) -> Self {
        Self { password: Zeroizing::new(password.to_vec()), run: None }
    }

    /// [`Pake::start`](crate::Pake::start) with randomness from outside, which must be fresh from a cryptographic source.
    pub fn start_with(&mut self, role: Role, session: &[u8], context: &[u8; 32], randomness: &[u8; 64]) -> [u8; 32] {
        let party = match role {
            Role::Receiver => Party::Initiator,
            Role::Sender => Party::Responder,
        };
        let inputs = Inputs { password: &self.password, channel: context, session };
        *self.run.insert(Run::start(party, &inputs, randomness)).share()
    }

    /// [`Pake::finish`](crate::Pake::finish).
    pub fn finish(&mut self, share: &[u8; 32]) -> Option<[u8; 64]> {
        self.run.take()?.finish(share, &ROLES)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl crate::Pake for Exchange {
    fn start(&mut self, role: Role, session: &[u8], context: &[u8; 32]) -> [u8; 32] {
        let mut randomness = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *randomness).expect("the system has randomness");
        self.start_with(role, session, context, &randomness)
    }

    fn finish(&mut self, share: &[u8; 32]) -> Option<[u8; 64]> {
        self.finish(share)
    }
}

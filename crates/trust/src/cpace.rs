//! CPACE-RISTR255-SHA512 of draft-irtf-cfrg-cpace-21, in its initiator-responder setting.
//!
//! Both parties derive a generator of the group from the password and from what they must agree on, and do a Diffie-Hellman exchange
//! with it. Names in the code are the draft's, written out; `docs/decisions/0008-cpace.md` says why this is our own.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::Sha512;
use sha2::digest::{Digest, Update};
use zeroize::{Zeroize, Zeroizing};

/// G.DSI: the group's name, which keeps its hashes apart from all others.
const GROUP: &[u8] = b"CPaceRistretto255";

/// G.DSI || "_ISK": the same for the key.
const GROUP_KEY: &[u8] = b"CPaceRistretto255_ISK";

/// H.s_in_bytes: the bytes of one block of SHA-512, with zeros to fill it.
const BLOCK: [u8; 128] = [0; 128];

/// Which side of the exchange a party is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The draft's A, whose share comes first in the transcript.
    Initiator,
    /// The draft's B.
    Responder,
}

/// What both parties put in. They come to the same key only if all of it is the same.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// PRS: the password.
    pub password: &'a [u8],
    /// CI: what is to be authenticated.
    pub channel: &'a [u8],
    /// sid: public, and never used twice.
    pub session: &'a [u8],
}

/// What each party says about itself in public: ADa and ADb.
#[derive(Clone, Copy, Debug)]
pub struct Associated<'a> {
    /// ADa.
    pub initiator: &'a [u8],
    /// ADb.
    pub responder: &'a [u8],
}

/// One party's run, between its share and its key.
pub struct Run {
    party: Party,
    scalar: Zeroizing<Scalar>,
    share: [u8; 32],
    /// Has taken what the key is made of up to the session.
    key: Sha512,
}

impl Run {
    /// Begins a run. `randomness` must be fresh from a cryptographic source.
    pub fn start(party: Party, inputs: &Inputs<'_>, randomness: &[u8; 64]) -> Self {
        let scalar = Zeroizing::new(Scalar::from_bytes_mod_order_wide(randomness));
        let mut generator = generator(inputs);
        let share = (generator * *scalar).compress().to_bytes();
        generator.zeroize();
        let mut key = Sha512::new();
        lv_cat(&mut key, &[GROUP_KEY, inputs.session]);
        Self { party, scalar, share, key }
    }

    /// What the other party is to be sent.
    pub const fn share(&self) -> &[u8; 32] {
        &self.share
    }

    /// Ends the run: ISK, the key. `None` for a share that is no point of the group, or is its neutral element, or is this party's
    /// own come back.
    pub fn finish(mut self, share: &[u8; 32], associated: &Associated<'_>) -> Option<[u8; 64]> {
        if *share == self.share {
            return None;
        }
        let secret = multiply_verified(&self.scalar, share)?;
        let (first, second) = match self.party {
            Party::Initiator => (&self.share, share),
            Party::Responder => (share, &self.share),
        };
        lv_cat(&mut self.key, &[&*secret]);
        transcript(&mut self.key, first, second, associated);
        Some(self.key.finalize().into())
    }
}

/// G.calculate_generator.
fn generator(inputs: &Inputs<'_>) -> RistrettoPoint {
    let mut hash = Sha512::new();
    generator_string(&mut hash, inputs);
    let uniform: Zeroizing<[u8; 64]> = Zeroizing::new(hash.finalize().into());
    RistrettoPoint::from_uniform_bytes(&uniform)
}

/// Zeros fill the first block behind a short password, so that how long hashing takes does not tell its length.
fn generator_string(into: &mut impl Update, inputs: &Inputs<'_>) {
    let taken = 1 + prefixed_length(inputs.password) + prefixed_length(GROUP);
    let zeros = &BLOCK[..BLOCK.len().saturating_sub(taken)];
    lv_cat(into, &[GROUP, inputs.password, zeros, inputs.channel, inputs.session]);
}

/// G.scalar_mult_vfy; `None` where the draft says G.I.
fn multiply_verified(scalar: &Scalar, share: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let point = CompressedRistretto(*share).decompress()?;
    let mut product = point * scalar;
    let valid = !product.is_identity();
    let secret = Zeroizing::new(product.compress().to_bytes());
    product.zeroize();
    valid.then_some(secret)
}

fn transcript(into: &mut impl Update, first: &[u8], second: &[u8], associated: &Associated<'_>) {
    lv_cat(into, &[first, associated.initiator, second, associated.responder]);
}

/// All the parts, each behind its length, so that none can be taken for another's end.
fn lv_cat(into: &mut impl Update, parts: &[&[u8]]) {
    for part in parts {
        let mut rest = part.len();
        while rest > 0x7f {
            into.update(&[(rest & 0x7f) as u8 | 0x80]);
            rest >>= 7;
        }
        into.update(&[rest as u8]);
        into.update(part);
    }
}

/// len(prepend_len(part)).
const fn prefixed_length(part: &[u8]) -> usize {
    let mut length = part.len() + 1;
    let mut rest = part.len() >> 7;
    while rest > 0 {
        length += 1;
        rest >>= 7;
    }
    length
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod vectors;

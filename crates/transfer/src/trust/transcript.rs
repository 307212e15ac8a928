//! What both ends have said and seen, in one hash, and what is made of it.

use perkoon_protocol::{PROTOCOL_VERSION, Role, SessionCode};

use super::binding::Binding;

const COMMITMENT: &str = "perkoon 3 commitment";
const TRANSCRIPT: &str = "perkoon 3 transcript";
const WORDS: &str = "perkoon 3 words";
const SESSION: &str = "perkoon 3 session id";
const CONFIRMATION: &str = "perkoon 3 confirmation";

/// Fixes a nonce before it is shown.
pub(super) fn commitment(nonce: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key(COMMITMENT, nonce)
}

/// What the two ends agree on, if nobody is between them.
#[derive(Clone, Copy)]
pub(super) struct Transcript([u8; 32]);

impl Transcript {
    /// `role` is this end's. The nonces are the sender's and the receiver's.
    pub fn new(code: SessionCode, role: Role, binding: Binding, nonces: [&[u8; 32]; 2]) -> Self {
        let Binding { local, remote } = binding;
        let [sender, receiver] = if role == Role::Sender { [local, remote] } else { [remote, local] };
        let mut hasher = blake3::Hasher::new_derive_key(TRANSCRIPT);
        let version = PROTOCOL_VERSION.to_be_bytes();
        let parts: [&[u8]; 7] = [b"perkoon", &version, code.as_str().as_bytes(), &sender.0, &receiver.0, nonces[0], nonces[1]];
        for part in parts {
            // Every part is shorter than 256 bytes. The length first: no two lists of parts come to the same bytes.
            hasher.update(&[part.len() as u8]).update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Four bytes to compare, each by way of a word.
    pub fn words(&self) -> [u8; 4] {
        let [first, second, third, fourth, ..] = blake3::derive_key(WORDS, &self.0);
        [first, second, third, fourth]
    }

    /// What a run of the key exchange is known by, the `attempt`th on the connection.
    pub fn session(&self, attempt: u32) -> [u8; 20] {
        let mut session = [0; 20];
        session[..16].copy_from_slice(&blake3::derive_key(SESSION, &self.0)[..16]);
        session[16..].copy_from_slice(&attempt.to_be_bytes());
        session
    }

    /// What `role` says to prove that it has come to `key`.
    pub fn tag(&self, key: &[u8; 64], role: Role) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&blake3::derive_key(CONFIRMATION, key));
        hasher.update(role.as_str().as_bytes()).update(&self.0).finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fingerprint;

    /// The worked example of `docs/PROTOCOL.md`, as each end comes to it.
    #[test]
    fn the_worked_example() {
        let code: SessionCode = "K7MX4QPR9W2N".parse().expect("the seed's code");
        let (sender, receiver) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let transcript = |role, local, remote| Transcript::new(code, role, Binding { local, remote }, [&[3; 32], &[4; 32]]);
        let of_sender = transcript(Role::Sender, sender, receiver);
        assert_eq!(of_sender.0, transcript(Role::Receiver, receiver, sender).0);
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let words = perkoon_trust::words(of_sender.words()).join(" ");
        let values = [
            ("commitment", hexadecimal(&commitment(&[3; 32]))),
            ("transcript", hexadecimal(&of_sender.0)),
            ("words", words),
            ("sid of the first try", hexadecimal(&of_sender.session(0))),
            ("the receiver's tag, if the ISK is 64 bytes `05`", of_sender.tag(&[5; 64], Role::Receiver).to_hex().to_string()),
        ];
        let text = include_str!("../../../../docs/PROTOCOL.md");
        for (name, value) in values {
            let row = format!("| {name} | `{value}` |");
            assert!(text.contains(&row), "{row}");
        }
    }
}

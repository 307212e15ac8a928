//! Two ends that come to trust each other.

use perkoon_protocol::control::{ControlMessage, Standing};
use perkoon_protocol::{PROTOCOL_VERSION, Role, SessionCode};
use perkoon_transfer::{Binding, Fingerprint, Hash, Meeting};

/// What lone peers' opposites commit to.
const NONCE: [u8; 32] = [9; 32];

pub fn code() -> SessionCode {
    "K7MX4QPR9W2N".parse().expect("the seed's code")
}

/// A connection between these two pages, as the one of `role` sees it.
pub fn meeting(role: Role, sender: u8, receiver: u8, nonce: u8) -> Meeting {
    let [sender, receiver] = [sender, receiver].map(|page| Fingerprint([page; 32]));
    let (local, remote) = if role == Role::Sender { (sender, receiver) } else { (receiver, sender) };
    Meeting { binding: Binding { local, remote }, nonce: [nonce; 32] }
}

pub fn hello(role: Role) -> ControlMessage {
    let commitment = (role == Role::Sender).then(|| Hash(blake3::derive_key("perkoon 3 commitment", &NONCE)));
    let agent = "hostile/1".to_owned();
    ControlMessage::Hello { version: PROTOCOL_VERSION, role, agent, known: false, commitment, protected: false }
}

/// Everything that a peer of this role says before anything about files.
pub fn greeting(role: Role, standing: Option<Standing>) -> [ControlMessage; 3] {
    [hello(role), ControlMessage::Nonce { nonce: Hash(NONCE) }, ControlMessage::Standing { standing }]
}

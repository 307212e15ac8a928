use perkoon_protocol::Role;

/// A password-authenticated key exchange between the two ends: CPace in practice. One value holds one password.
pub trait Pake {
    /// Begins a run, forgetting one under way. `session` is unique to the run, `context` is what both ends must agree on. The own
    /// share to be sent.
    fn start(&mut self, role: Role, session: &[u8], context: &[u8; 32]) -> [u8; 32];

    /// Ends the run with the peer's share: the common key, which is the same at both ends only if the password is; `None` when the
    /// share is no valid one, or no run is under way.
    fn finish(&mut self, share: &[u8; 32]) -> Option<[u8; 64]>;
}

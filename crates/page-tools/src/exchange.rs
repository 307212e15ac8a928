use perkoon_protocol::Role;
use perkoon_trust::Exchange;
use zeroize::Zeroize;

/// One end's side of a run, as both requests hold it: the role's number among [`Role::ALL`] in one byte, the 64 of its randomness, the 32
/// of the context, the session behind its length in one byte, and then the password.
struct Run<'a> {
    role: Role,
    randomness: &'a [u8; 64],
    context: &'a [u8; 32],
    session: &'a [u8],
    password: &'a [u8],
}

impl<'a> Run<'a> {
    fn parse(request: &'a [u8]) -> Option<Self> {
        let (role, rest) = request.split_first()?;
        let (randomness, rest) = rest.split_first_chunk()?;
        let (context, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (session, password) = rest.split_at_checked(usize::from(*length))?;
        Some(Self { role: *Role::ALL.get(usize::from(*role))?, randomness, context, session, password })
    }

    /// The exchange under way, and the own share. The same request always comes to the same run.
    fn start(&self) -> (Exchange, [u8; 32]) {
        let mut exchange = Exchange::new(self.password);
        let share = exchange.start_with(self.role, self.session, self.context, self.randomness);
        (exchange, share)
    }
}

/// The own share of a run. `None` for a malformed request.
pub fn start(request: &[u8]) -> Option<Vec<u8>> {
    Some(Run::parse(request)?.start().1.to_vec())
}

/// The key of a run: its request to [`start`] behind the peer's share of 32 bytes. `None` for a share that is no valid one.
pub fn finish(request: &[u8]) -> Option<Vec<u8>> {
    let (share, request) = request.split_first_chunk()?;
    let mut key = Run::parse(request)?.start().0.finish(share)?;
    let answer = key.to_vec();
    key.zeroize();
    Some(answer)
}

//! What is on its way to the other side. The stack says how much of what it was given is not acknowledged; how much of that has left is
//! found out here, from the packets that leave.

/// What a packet of data holds beside the data: the heads of DTLS (13 bytes, a nonce of 8, a tag of 16), SCTP (12) and the chunk (16).
const OVERHEAD: usize = 13 + 8 + 16 + 12 + 16;

/// Shorter packets acknowledge something.
const SHORTEST: usize = 200;

/// The first byte of packets that hold what channels send (RFC 7983, RFC 6347).
const APPLICATION_DATA: u8 = 23;

/// Bytes that can be on their way at once: no window is larger for long.
const LARGEST: usize = 4 << 20;

/// An estimate of the bytes on their way. What is sent again counts twice until nothing waits any more, so that more seems to be on its way
/// than is: a sender then keeps a little more ready than it had to.
#[derive(Default)]
pub(crate) struct Flight {
    bytes: usize,
    outstanding: usize,
}

impl Flight {
    /// So many more bytes were given to the stack.
    pub(crate) fn given(&mut self, bytes: usize) {
        self.outstanding += bytes;
    }

    /// A packet leaves.
    pub(crate) fn leaves(&mut self, packet: &[u8]) {
        if packet.len() >= SHORTEST && packet[0] == APPLICATION_DATA {
            self.bytes += packet.len() - OVERHEAD;
        }
    }

    /// So many bytes are given and not acknowledged; answers with how many were acknowledged since the last time.
    pub(crate) fn settle(&mut self, outstanding: usize) -> usize {
        let acknowledged = self.outstanding.saturating_sub(outstanding);
        self.outstanding = outstanding;
        self.bytes = self.bytes.saturating_sub(acknowledged).min(outstanding).min(LARGEST);
        acknowledged
    }

    /// Bytes on their way.
    pub(crate) fn on_their_way(&self) -> usize {
        self.bytes
    }

    /// Bytes that were given and not acknowledged.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// Bytes that the stack was given and that have not left.
    pub(crate) fn ready(&self) -> usize {
        self.outstanding.saturating_sub(self.bytes)
    }

    /// Of bytes of one channel that are not acknowledged, those that have not left: what is on its way is that of all channels in proportion.
    pub(crate) fn waiting(&self, outstanding: usize) -> usize {
        let waiting = self.ready() as u128 * outstanding as u128;
        usize::try_from(waiting.div_ceil(self.outstanding.max(1) as u128)).unwrap_or(outstanding).min(outstanding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(data: usize) -> Vec<u8> {
        let mut packet = vec![0; data + OVERHEAD];
        packet[0] = APPLICATION_DATA;
        packet
    }

    #[test]
    fn what_has_left_does_not_wait() {
        let mut flight = Flight::default();
        flight.given(10_000);
        flight.settle(10_000);
        assert_eq!(flight.waiting(10_000), 10_000);
        (0..4).for_each(|_| flight.leaves(&packet(1_000)));
        flight.leaves(&[APPLICATION_DATA; 100]);
        flight.leaves(&[0; 1_000]);
        flight.settle(10_000);
        assert_eq!([10_000, 5_000, 0].map(|outstanding| flight.waiting(outstanding)), [6_000, 3_000, 0]);
        flight.settle(7_000);
        assert_eq!(flight.waiting(7_000), 6_000, "three packets have arrived, one is on its way");
    }

    #[test]
    fn what_is_sent_again_is_forgotten_once_nothing_waits() {
        let mut flight = Flight::default();
        flight.given(3_000);
        (0..9).for_each(|_| flight.leaves(&packet(1_000)));
        flight.settle(3_000);
        assert_eq!(flight.waiting(3_000), 0);
        flight.settle(0);
        flight.given(1_000);
        flight.settle(1_000);
        assert_eq!(flight.waiting(1_000), 1_000);
    }
}

//! UDP in batches: what the system takes and gives many packets at a time of (GSO, GRO), through `quinn-udp`.

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use tokio::{io::Interest, net::UdpSocket};

/// Times that much is taken in one go.
const BATCH: usize = 8;

/// Bytes of packets that the system gives at once, at most.
const RECEIVE_BYTES: usize = 1 << 16;

/// Bytes of packets that the system takes at once: what an IP packet can name.
const SEND_BYTES: usize = 65_000;

/// What the system is asked to keep for this socket: one busy moment of the thread must lose nothing.
const SYSTEM_BUFFER_BYTES: usize = 4 << 20;

/// A socket with a buffer for what comes.
pub(crate) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
    pub(crate) address: SocketAddr,
    received: Vec<Vec<u8>>,
    /// Packets of one size for one address, which the system is going to cut apart.
    packed: Vec<u8>,
}

impl Socket {
    /// Opens a socket at an address of this device, on a free port.
    pub(crate) fn open(address: IpAddr) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(SocketAddr::new(address, 0))?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // A system that gives less is slower, no more.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), SYSTEM_BUFFER_BYTES);
        let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), SYSTEM_BUFFER_BYTES);
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        let received = vec![vec![0; RECEIVE_BYTES]; BATCH];
        Ok(Self { address: socket.local_addr()?, socket, state, received, packed: Vec::new() })
    }

    /// Hands over whatever has arrived, packet by packet with where it comes from; ready once something was.
    pub(crate) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        mut take: impl FnMut(SocketAddr, &[u8]),
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.socket.poll_recv_ready(context))?;
            match self.receive() {
                Ok((metas, count)) => {
                    for (meta, bytes) in metas[..count].iter().zip(&self.received) {
                        bytes[..meta.len].chunks(meta.stride.max(1)).for_each(|packet| take(meta.addr, packet));
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An address that nobody listens at says so here; that is for ICE to find out.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn receive(&mut self) -> io::Result<([RecvMeta; BATCH], usize)> {
        let mut metas = [RecvMeta::default(); BATCH];
        let mut buffers = self.received.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect::<Vec<_>>();
        let (socket, state) = (&self.socket, &self.state);
        let count = socket.try_io(Interest::READABLE, || state.recv(UdpSockRef::from(socket), &mut buffers, &mut metas))?;
        Ok((metas, count))
    }

    /// Sends packets in their order, as many at once as the system takes.
    pub(crate) async fn send(&mut self, packets: &mut impl Iterator<Item = (SocketAddr, BytesMut)>) {
        let mut next = packets.next();
        while let Some((destination, first)) = next.take() {
            let segment = first.len();
            self.packed.clear();
            self.packed.extend_from_slice(&first);
            let mut count = 1;
            // Only the last may be shorter.
            let mut full = true;
            loop {
                next = packets.next();
                let Some((address, packet)) = &next else { break };
                let fits = self.packed.len() + packet.len() <= SEND_BYTES && count < self.state.max_gso_segments();
                if *address != destination || packet.len() > segment || !full || !fits {
                    break;
                }
                full = packet.len() == segment;
                self.packed.extend_from_slice(packet);
                count += 1;
            }
            self.transmit(destination, segment).await;
        }
    }

    /// What cannot be sent is lost, as packets are.
    async fn transmit(&self, destination: SocketAddr, segment: usize) {
        let segment_size = (self.packed.len() > segment).then_some(segment);
        let transmit = Transmit { destination, ecn: None, contents: &self.packed, segment_size, src_ip: None };
        let (socket, state) = (&self.socket, &self.state);
        loop {
            match socket.try_io(Interest::WRITABLE, || state.try_send(UdpSockRef::from(socket), &transmit)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if socket.writable().await.is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }
}

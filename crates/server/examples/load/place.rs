//! Where clients are: addresses of the loopback network, so that each is limited by its own.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::net::{TcpSocket, TcpStream};

/// A client's own address, and the server's.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    source: Ipv4Addr,
    server: SocketAddr,
}

impl Place {
    /// The client's address is `127.network.…` with this number.
    pub fn new(server: SocketAddr, network: u8, number: usize) -> Self {
        let [high, low] = u16::try_from(number + 1).unwrap_or(u16::MAX).to_be_bytes();
        Self { source: Ipv4Addr::new(127, network, high, low), server }
    }

    /// The server's address.
    pub const fn server(&self) -> SocketAddr {
        self.server
    }

    /// A connection from here.
    pub async fn connect(&self) -> Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.source, 0).into()).with_context(|| format!("{} is no address of this machine", self.source))?;
        let stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Raises the limit on open files as far as it goes: each connection takes one.
#[cfg(unix)]
pub fn provide_descriptors(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(2).min(most);
    let raised = Rlimit { current: Some(wanted.max(limit.current.unwrap_or(u64::MAX))), ..limit };
    if setrlimit(Resource::Nofile, raised).is_err() || most < u64::try_from(connections).unwrap_or(u64::MAX) {
        crate::printer::line(&format!("This system lets a process open {most} files: not every connection will come about."));
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn provide_descriptors(_connections: usize) {}

//! The way to a TURN server: UDP, TCP or TLS, with whole messages in and out (RFC 8656, section 2.1 and 12.5).

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpStream, UdpSocket, lookup_host},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

use crate::servers::{Server, Transport};

/// How long connecting to a server may take.
const CONNECT: Duration = Duration::from_secs(8);

/// Addresses of a server that are tried, at most.
const ADDRESSES: usize = 4;

/// Bytes of a message, at most: what its length field can name, and its head.
const MESSAGE_BYTES: usize = (1 << 16) + 20;

/// What comes of a way to a server.
pub(crate) enum Carried {
    /// It is there.
    Ready {
        /// The server's address.
        server: SocketAddr,
        /// This end's address.
        local: SocketAddr,
        /// Takes messages for the server.
        outgoing: UnboundedSender<BytesMut>,
    },
    /// A message from the server.
    Message(BytesMut),
    /// It is gone, or never was.
    Gone,
}

/// Carries messages to and from a server, until either end goes.
pub(crate) async fn carry(server: Server, transport: Transport, tell: impl Fn(Carried)) {
    // Why it ended makes no difference: there is no relay by this way.
    let _ = carried(&server, transport, &tell).await;
    tell(Carried::Gone);
}

async fn carried(server: &Server, transport: Transport, tell: &impl Fn(Carried)) -> io::Result<()> {
    match transport {
        Transport::Udp => {
            let (socket, address) = timeout(CONNECT, udp(server)).await??;
            let outgoing = ready(address, socket.local_addr()?, tell);
            datagrams(&socket, outgoing, tell).await
        }
        Transport::Tcp => {
            let (stream, address) = timeout(CONNECT, tcp(server)).await??;
            let outgoing = ready(address, stream.local_addr()?, tell);
            messages(stream, outgoing, tell).await
        }
        Transport::Tls => {
            let (stream, address) = timeout(CONNECT, tcp(server)).await??;
            let local = stream.local_addr()?;
            let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
            let stream = timeout(CONNECT, TlsConnector::from(Arc::new(trust())).connect(name, stream)).await??;
            let outgoing = ready(address, local, tell);
            messages(stream, outgoing, tell).await
        }
    }
}

fn ready(server: SocketAddr, local: SocketAddr, tell: &impl Fn(Carried)) -> UnboundedReceiver<BytesMut> {
    let (outgoing, queue) = unbounded_channel();
    tell(Carried::Ready { server, local, outgoing });
    queue
}

async fn udp(server: &Server) -> io::Result<(UdpSocket, SocketAddr)> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses(server).await? {
        let unspecified: SocketAddr = if address.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(unspecified).await?;
        // One of an address family that this device has no way for is no server.
        match socket.connect(address).await {
            Ok(()) => return Ok((socket, address)),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn tcp(server: &Server) -> io::Result<(TcpStream, SocketAddr)> {
    let stream = TcpStream::connect(addresses(server).await?.as_slice()).await?;
    stream.set_nodelay(true)?;
    let address = stream.peer_addr()?;
    Ok((stream, address))
}

/// A server's addresses.
pub(crate) async fn addresses(server: &Server) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host((server.host.as_str(), server.port)).await?.take(ADDRESSES).collect())
}

/// The address behind a name, if the system knows it.
pub(crate) async fn address(name: &str) -> Option<IpAddr> {
    Some(lookup_host((name, 0)).await.ok()?.next()?.ip())
}

/// Trusts whom the system trusts, or whom `SSL_CERT_FILE` names.
fn trust() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    versions.expect("the provider knows both versions").with_root_certificates(roots).with_no_client_auth()
}

async fn datagrams(socket: &UdpSocket, mut outgoing: UnboundedReceiver<BytesMut>, tell: &impl Fn(Carried)) -> io::Result<()> {
    let mut buffer = vec![0; MESSAGE_BYTES];
    loop {
        tokio::select! {
            message = outgoing.recv() => match message {
                // What is lost is sent again.
                Some(message) => drop(socket.send(&message).await),
                None => return Ok(()),
            },
            received = socket.recv(&mut buffer) => {
                let length = received?;
                tell(Carried::Message(BytesMut::from(&buffer[..length])));
            }
        }
    }
}

async fn messages(
    stream: impl AsyncRead + AsyncWrite,
    outgoing: UnboundedReceiver<BytesMut>,
    tell: &impl Fn(Carried),
) -> io::Result<()> {
    let (reader, writer) = split(stream);
    tokio::select! {
        ended = read(reader, tell) => ended,
        ended = write(writer, outgoing) => ended,
    }
}

async fn read(mut reader: impl AsyncRead + Unpin, tell: &impl Fn(Carried)) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    while reader.read_buf(&mut buffer).await? > 0 {
        while let Some(message) = next_message(&mut buffer)? {
            tell(Carried::Message(message));
        }
    }
    Ok(())
}

/// Takes a whole message off the front of what has come.
fn next_message(buffer: &mut BytesMut) -> io::Result<Option<BytesMut>> {
    let Some(&[first, _, high, low]) = buffer.first_chunk() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (whole, padding) = match first >> 6 {
        0 => (20 + length, 0),
        1 => (4 + length, padding(length)),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    if buffer.len() < whole + padding {
        return Ok(None);
    }
    let message = buffer.split_to(whole);
    buffer.advance(padding);
    Ok(Some(message))
}

/// Channel data has a length that four divides, on streams.
const fn padding(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut outgoing: UnboundedReceiver<BytesMut>) -> io::Result<()> {
    let mut batch = Vec::new();
    while outgoing.recv_many(&mut batch, 64).await > 0 {
        let mut bytes = BytesMut::new();
        for message in batch.drain(..) {
            bytes.extend_from_slice(&message);
            bytes.extend_from_slice(&[0; 3][..padding(message.len())]);
        }
        writer.write_all(&bytes).await?;
        writer.flush().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_a_stream_however_it_is_cut() {
        let stun = [&[0, 1, 0, 4][..], &[7; 16], &[1, 2, 3, 4]].concat();
        let channel = [&[0x40, 0, 0, 5][..], &[9; 5]].concat();
        let stream = [&stun[..], &channel, &[0; 3], &stun].concat();
        let mut buffer = BytesMut::new();
        let mut found = Vec::new();
        for byte in stream {
            buffer.extend_from_slice(&[byte]);
            found.extend(next_message(&mut buffer).expect("messages"));
        }
        assert_eq!(found, [&stun[..], &channel, &stun]);
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_is_neither_ends_the_stream() {
        assert!(next_message(&mut BytesMut::from(&b"HTTP/1.1 400"[..])).is_ok(), "a letter may begin a channel's number");
        assert!(next_message(&mut BytesMut::from(&[0x80, 0, 0, 0][..])).is_err());
    }
}

//! Sockets below any library that would keep to the rules.

use anyhow::{Result, ensure};
use perkoon_protocol::{Role, signal::ClientMessage};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{http::read_head, place::Place, session};

/// A request to become a socket, but for the empty line that ends it.
pub const UPGRADE: &[u8] = b"GET /socket HTTP/1.1\r\nhost: load\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The first byte of a frame.
pub mod frame {
    /// A whole text message.
    pub const TEXT: u8 = 0x81;
    /// The begin of a longer binary message.
    pub const BINARY_BEGINS: u8 = 0x02;
    /// More of it, and not the end.
    pub const GOES_ON: u8 = 0x00;
}

/// A frame's head, for a payload of so many bytes that the mask leaves as they are.
pub fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first, 0x80 | 127];
    head.extend_from_slice(&length.to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    head
}

/// A text message.
pub fn text(text: &str) -> Vec<u8> {
    let mut frame = head(frame::TEXT, u64::try_from(text.len()).unwrap_or(u64::MAX));
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// A socket that has said nothing yet.
pub async fn open(place: Place) -> Result<TcpStream> {
    let mut stream = place.connect().await?;
    stream.write_all(UPGRADE).await?;
    stream.write_all(b"\r\n").await?;
    let head = read_head(&mut stream).await?;
    ensure!(head.starts_with("HTTP/1.1 101"), "no socket: {}", head.lines().next().unwrap_or_default());
    Ok(stream)
}

/// Both sockets of a session of one's own, the sender's and the receiver's, and the receiver's id.
pub async fn pair(place: Place) -> Result<(TcpStream, TcpStream, String)> {
    let mut stream = place.connect().await?;
    let session = session::create(&mut stream).await?;
    let mut sockets = Vec::new();
    let mut ids = Vec::new();
    for role in [Role::Sender, Role::Receiver] {
        let joined = session::join(&mut stream, &session, role).await?;
        let mut socket = open(place).await?;
        socket.write_all(text(&serde_json::to_string(&ClientMessage::Hello { token: joined.token })?).as_slice()).await?;
        // The begin of the welcome: the seat is taken.
        socket.read_u16().await?;
        sockets.push(socket);
        ids.push(joined.participant_id);
    }
    let (receiver, sender) = (sockets.pop().expect("two"), sockets.pop().expect("two"));
    Ok((sender, receiver, ids.pop().expect("two")))
}

/// Writes the same over and over until the other side is gone, and reads what it says meanwhile.
pub async fn pour(stream: TcpStream, bytes: &[u8]) -> Result<()> {
    let (mut reading, mut writing) = stream.into_split();
    let drain = async {
        let mut buffer = [0; 4096];
        while reading.read(&mut buffer).await? > 0 {}
        Ok(())
    };
    let pour = async {
        loop {
            writing.write_all(bytes).await?;
        }
    };
    tokio::select! {
        drained = drain => drained,
        poured = pour => poured,
    }
}

/// Waits until the other side is gone.
pub async fn outwait(stream: &mut TcpStream) -> Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

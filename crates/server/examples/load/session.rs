//! What people's browsers do: make a session, join, open a socket, pass signals on.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use perkoon_protocol::{
    Role,
    rest::{CreatedSession, JoinSession, JoinedSession},
    signal::{ClientMessage, ServerMessage, Signal},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{http::post, place::Place};

/// A socket that has a seat.
pub struct Seated {
    pub id: String,
    pub socket: WebSocketStream<TcpStream>,
}

/// A new session.
pub async fn create(stream: &mut TcpStream) -> Result<CreatedSession> {
    post(stream, "/api/v1/sessions", "").await
}

/// A seat in it.
pub async fn join(stream: &mut TcpStream, session: &CreatedSession, role: Role) -> Result<JoinedSession> {
    let sender_key = (role == Role::Sender).then(|| session.sender_key.clone());
    let body = serde_json::to_string(&JoinSession { role, sender_key, token: None })?;
    post(stream, &format!("/api/v1/sessions/{}/join", session.session_code), &body).await
}

/// Takes the seat.
pub async fn sit(place: Place, token: &str) -> Result<Seated> {
    // There are many of these; a large buffer for each would only measure this side.
    let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0);
    let url = format!("ws://{}/socket", place.server());
    let (mut socket, _) = client_async_with_config(url, place.connect().await?, Some(config)).await?;
    say(&mut socket, &ClientMessage::Hello { token: token.to_owned() }).await?;
    match hear(&mut socket).await? {
        ServerMessage::Welcome { id, .. } => Ok(Seated { id, socket }),
        other => bail!("{other:?} in place of a welcome"),
    }
}

/// Sends a signal and waits until the other one has it.
pub async fn signal(from: &mut Seated, to: &mut Seated) -> Result<()> {
    let signal = Signal::Offer { connection: 1, sdp: "x".repeat(2000) };
    say(&mut from.socket, &ClientMessage::Signal { to: to.id.clone(), signal }).await?;
    while !matches!(hear(&mut to.socket).await?, ServerMessage::Signal { .. }) {}
    Ok(())
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: &ClientMessage) -> Result<()> {
    Ok(socket.send(Message::text(serde_json::to_string(message)?)).await?)
}

/// The next message, pings aside.
async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Result<ServerMessage> {
    loop {
        match socket.next().await.context("the server hung up")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Ping(_) => {}
            other => bail!("{other:?} in place of a message"),
        }
    }
}

//! The signalling socket.

use std::rc::Rc;

use gloo::events::EventListener;
use perkoon_protocol::{
    json,
    signal::{ClientMessage, ServerMessage},
};
use wasm_bindgen::JsValue;
use web_sys::WebSocket;

use super::text_property;

/// What the socket tells the driver.
pub enum SignalEvent {
    /// From the server.
    Message(ServerMessage),
    /// The socket is closed, whoever closed it.
    Closed,
}

/// An open or opening socket. Closes when dropped.
pub struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Opens the server's `/socket` and says hello with `token`; `tell` hears what comes.
    ///
    /// # Errors
    /// When the browser refuses to make a socket.
    pub fn open(token: String, tell: impl Fn(SignalEvent) + 'static) -> Result<Self, JsValue> {
        let tell = Rc::new(tell);
        let server = super::server();
        let socket = WebSocket::new(&["ws", server.strip_prefix("http").unwrap_or_default(), "/socket"].concat())?;
        let hello = json::encode(&ClientMessage::Hello { token });
        let opened = EventListener::once(&socket, "open", {
            let socket = socket.clone();
            move |_| drop(socket.send_with_str(&hello))
        });
        let message = EventListener::new(&socket, "message", {
            let tell = Rc::clone(&tell);
            move |event| {
                if let Some(message) = decode(event) {
                    tell(SignalEvent::Message(message));
                }
            }
        });
        let closed = EventListener::once(&socket, "close", move |_| tell(SignalEvent::Closed));
        Ok(Self { socket, _listeners: [opened, message, closed] })
    }

    /// Sends a message. A socket that is closing loses it; its `Closed` event tells the driver.
    pub fn send(&self, message: &ClientMessage) {
        let _ = self.socket.send_with_str(&json::encode(message));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

/// A message this version does not know is left unread: a newer server may say more.
fn decode(event: &web_sys::Event) -> Option<ServerMessage> {
    json::decode(&text_property(event, "data"))
}

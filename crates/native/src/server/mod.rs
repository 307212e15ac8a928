//! The server that brings two peers together: its REST interface, and its socket.

mod origin;
mod socket;
mod tls;
mod words;

use std::time::Duration;

use perkoon_peer::Failure;
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    json::{self, FromValue},
    rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, SessionStatus},
};
use reqwest::{RequestBuilder, Response, header::LOCATION, redirect::Policy};
use tokio_rustls::rustls::ClientConfig;
use url::Url;

pub(crate) use self::socket::{SignalEvent, Socket};

/// How long the server may take.
const ANSWER: Duration = Duration::from_secs(8);

/// Bytes of an answer, at most.
const ANSWER_BYTES: usize = 64 << 10;

/// A server, by its address. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Server {
    /// Scheme, host and port.
    origin: String,
    /// The folder that its pages lie in, with a slash at its end.
    folder: String,
    client: reqwest::Client,
}

impl Server {
    /// The server at an address: `https://host`, with a port and the pages' folder where there are such.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when that is no address of a server.
    pub fn new(address: &str) -> Result<Self, Failure> {
        Self::trusting(address, tls::of_system)
    }

    fn trusting(address: &str, trust: impl FnOnce() -> ClientConfig) -> Result<Self, Failure> {
        let (url, folder) = origin::parse(address)?;
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(ANSWER)
            .user_agent(concat!("perkoon/", env!("CARGO_PKG_VERSION")));
        // No proxy reaches what is on this machine.
        let builder = if origin::is_here(&url) { builder.no_proxy() } else { builder };
        let client = builder
            .use_preconfigured_tls(trust())
            .build()
            .map_err(|error| Failure::new(ErrorCode::Internal, format!("HTTP does not work here ({error}). Try again.")))?;
        Ok(Self { origin: url.origin().ascii_serialization(), folder, client })
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The link for the receiver of a session, as far as this end knows where the pages are.
    pub fn share_url(&self, code: SessionCode) -> String {
        [&self.folder, code.as_str()].concat()
    }

    /// Makes a session.
    ///
    /// # Errors
    /// The server's problem, or `SIGNALING_LOST` when it cannot be reached or is no Perkoon server.
    pub async fn create(&self, wanted: &CreateSession) -> Result<CreatedSession, Failure> {
        let created: CreatedSession = self.ask(self.post("/api/v1/sessions", json::encode(wanted))).await?;
        // A terminal acts on what cannot be seen.
        let clear = [&created.share_url, &created.expires_at].into_iter().all(|text| !text.contains(char::is_control));
        if clear { Ok(created) } else { Err(words::another(&self.origin)) }
    }

    /// Asks for a seat in a session; `token` is that of the seat this program had before its socket was lost.
    ///
    /// # Errors
    /// As for [`Self::create`].
    pub async fn join(
        &self,
        code: SessionCode,
        role: Role,
        sender_key: Option<String>,
        token: Option<String>,
    ) -> Result<JoinedSession, Failure> {
        let body = json::encode(&JoinSession { role, sender_key, token });
        self.ask(self.post(&format!("/api/v1/sessions/{code}/join"), body)).await
    }

    /// Says how a session is.
    ///
    /// # Errors
    /// As for [`Self::create`].
    pub async fn status(&self, code: SessionCode) -> Result<SessionStatus, Failure> {
        let address = format!("{}/api/v1/sessions/{code}/status", self.origin);
        let text = self.answer(self.client.get(address)).await?;
        serde_json::from_str(&text).map_err(|_| words::another(&self.origin))
    }

    fn post(&self, path: &str, body: String) -> RequestBuilder {
        self.client.post([self.origin.as_str(), path].concat()).header("content-type", "application/json").body(body)
    }

    async fn ask<A: FromValue>(&self, request: RequestBuilder) -> Result<A, Failure> {
        let text = self.answer(request).await?;
        json::decode(&text).ok_or_else(|| words::another(&self.origin))
    }

    /// What the server says to a request that it agrees to.
    async fn answer(&self, request: RequestBuilder) -> Result<String, Failure> {
        let response = request.send().await.map_err(|error| words::away(&self.origin, &error))?;
        if let Some(target) = target(&response) {
            return Err(words::elsewhere(&self.origin, &target));
        }
        let agreed = response.status().is_success();
        let text = text(response).await.ok_or_else(|| words::another(&self.origin))?;
        if agreed { Ok(text) } else { Err(words::refused(&self.origin, &text)) }
    }
}

/// Another server, to which this one sends everybody.
fn target(response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    let target = response.url().join(location.to_str().ok()?).ok()?;
    (target.has_host() && target.origin() != response.url().origin()).then_some(target)
}

/// An answer's text, unless it is too long or none.
async fn text(mut response: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        if bytes.len() + part.len() > ANSWER_BYTES {
            return None;
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;

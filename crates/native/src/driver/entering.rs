//! Getting a seat in a session.

use std::time::{Duration, Instant};

use perkoon_peer::{Failure, secret::Secret};
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    rest::{CreateSession, JoinedSession},
};

use crate::{Seat, Server};

/// Between two tries to have a seat that is taken.
const SEAT_RETRY: Duration = Duration::from_secs(5);

/// A seat.
pub(super) struct Entered {
    pub(super) code: SessionCode,
    /// The link for the receiver.
    pub(super) share_url: String,
    pub(super) sender_key: Option<String>,
    pub(super) joined: JoinedSession,
}

/// The sender's seat, in a new session where there is none yet.
pub(super) async fn take_senders_seat(server: &Server, seat: Option<Seat>, secret: Option<&Secret>) -> Result<Entered, Failure> {
    let (code, share_url, sender_key) = match seat {
        Some(Seat { code, sender_key }) => (code, server.share_url(code), sender_key),
        None => {
            let wanted = CreateSession { password_protected: secret.is_some(), ..CreateSession::default() };
            let created = server.create(&wanted).await?;
            (created.session_code, created.share_url, created.sender_key)
        }
    };
    let joined = server.join(code, Role::Sender, Some(sender_key.clone()), None).await?;
    let share_url = share_url + &secret.map(Secret::fragment).unwrap_or_default();
    Ok(Entered { code, share_url, sender_key: Some(sender_key), joined })
}

/// The receiver's seat, which someone else may have for a while.
pub(super) async fn take_receivers_seat(server: &Server, code: SessionCode, patience: Duration) -> Result<Entered, Failure> {
    let begun = Instant::now();
    loop {
        match server.join(code, Role::Receiver, None, None).await {
            Err(failure) if failure.code == ErrorCode::SessionFull && begun.elapsed() + SEAT_RETRY < patience => {
                tokio::time::sleep(SEAT_RETRY).await;
            }
            joined => return Ok(Entered { code, share_url: server.share_url(code), sender_key: None, joined: joined? }),
        }
    }
}

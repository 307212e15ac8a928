//! What is done with sessions, whoever asks: REST, A2A or MCP. Each of them only reads the request and writes the answer.

use axum::http::StatusCode;
use perkoon_protocol::{
    ErrorCode, Role, SessionCode,
    limits::TTL_SECONDS,
    rest::{CreateSession, CreatedSession, JoinSession, JoinedSession, SessionStatus},
};

use crate::{
    client::Client,
    clock::Millis,
    limit::Budget,
    metrics::Refused,
    random,
    refusal::Refusal,
    rooms::{Applicant, CreateError, Rooms},
    state::Shared,
    token::Token,
};

/// Characters of a session's name, at most.
const NAME_CHARS: usize = 100;

/// Counts a request against the client's budget.
pub(crate) async fn admit(state: &Shared, budget: Budget, Client(address): Client) -> Result<(), Refusal> {
    Ok(state.admit(budget, address).await?)
}

/// Makes a session, if the client may make another.
pub(crate) async fn create(state: &Shared, client: Client, wanted: &CreateSession) -> Result<CreatedSession, Refusal> {
    admit(state, Budget::Create, client).await?;
    open(state, wanted).await
}

/// Makes a session for a client that was admitted already.
pub(crate) async fn open(state: &Shared, wanted: &CreateSession) -> Result<CreatedSession, Refusal> {
    let ttl = checked_ttl(wanted)?.unwrap_or(state.session_ttl);
    let (code, expires_at) = open_room(state, ttl, wanted.password_protected).await?;
    state.metrics.session_created();
    let sender_key = state.keys.issue(code, expires_at);
    Ok(CreatedSession {
        session_code: code,
        share_url: state.share_url(code),
        sender_url: state.sender_url(code, &sender_key),
        sender_key,
        expires_at: expires_at.to_rfc3339(),
    })
}

fn checked_ttl(wanted: &CreateSession) -> Result<Option<u64>, Refusal> {
    let invalid = |detail| Err(Refusal::invalid(StatusCode::BAD_REQUEST, detail));
    if wanted.name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS) {
        return invalid("name has more than 100 characters.");
    }
    match wanted.ttl_s {
        Some(ttl) if !TTL_SECONDS.contains(&ttl) => invalid("ttl_s must be between 60 and 604800."),
        ttl => Ok(ttl),
    }
}

/// Opens a room under a code that nobody has. Whole seconds, because that is what keys and answers carry.
async fn open_room(state: &Shared, ttl: u64, password_protected: bool) -> Result<(SessionCode, Millis), Refusal> {
    let now = state.clock.now();
    let expires_at = Millis::from_seconds(now.0.div_ceil(1000).saturating_add(ttl));
    loop {
        let code = random::session_code();
        match state.hub.change(code, |rooms| rooms.create(now, code, expires_at, password_protected)).await? {
            Ok(()) => return Ok((code, expires_at)),
            Err(CreateError::Taken) => {}
            Err(CreateError::Full) => {
                state.metrics.refused(Refused::Sessions);
                return Err(Refusal::full());
            }
        }
    }
}

/// Gives an admitted client a seat to take with its socket.
pub(crate) async fn join(state: &Shared, code: SessionCode, wanted: JoinSession) -> Result<JoinedSession, Refusal> {
    let applicant = match wanted.role {
        Role::Receiver => Applicant::Receiver,
        Role::Sender => Applicant::Sender { expires_at: verified(state, code, wanted.sender_key.as_deref()).await? },
    };
    let token = Token::random(code);
    let now = state.clock.now();
    // One that makes no sense is no one's.
    let previous: Option<Token> = wanted.token.and_then(|token| token.parse().ok());
    let proposed = random::participant_id();
    let join = |rooms: &mut Rooms| rooms.join(now, applicant, token.clone(), proposed.clone(), previous.as_ref());
    let admission = state.hub.change(code, join).await??;
    let participant_id = admission.participant;
    let ice_servers = state.ice.servers(now, admission.expires_at, &participant_id);
    state.metrics.joined(wanted.role, state.ice.turn.is_some());
    Ok(JoinedSession {
        participant_id,
        token: token.to_string(),
        ice_servers,
        password_protected: admission.password_protected,
        expires_at: admission.expires_at.to_rfc3339(),
    })
}

/// What a session is doing, if the client may ask again.
pub(crate) async fn status(state: &Shared, client: Client, code: SessionCode) -> Result<SessionStatus, Refusal> {
    admit(state, Budget::Status, client).await?;
    look_up(state, code).await
}

/// What a session is doing, for a client that was admitted already.
pub(crate) async fn look_up(state: &Shared, code: SessionCode) -> Result<SessionStatus, Refusal> {
    let now = state.clock.now();
    let status = state.hub.change(code, |rooms| rooms.status(now, code)).await??;
    Ok(SessionStatus {
        session_code: code,
        status: status.state,
        participants: status.participants,
        password_protected: status.password_protected,
        created_at: status.created_at.to_rfc3339(),
        expires_at: status.expires_at.to_rfc3339(),
    })
}

/// Ends a session for whoever holds its key.
pub(crate) async fn close(state: &Shared, code: SessionCode, key: Option<&str>) -> Result<(), Refusal> {
    verified(state, code, key).await?;
    state.hub.change(code, |rooms| rooms.close(code)).await??;
    Ok(())
}

/// When the session of this key ends. Who has the wrong key for a session that is not there is told that it is not there.
async fn verified(state: &Shared, code: SessionCode, key: Option<&str>) -> Result<Millis, Refusal> {
    if let Some(expires_at) = key.and_then(|key| state.keys.verify(code, key)) {
        return Ok(expires_at);
    }
    let now = state.clock.now();
    state.hub.change(code, |rooms| rooms.status(now, code)).await??;
    Err(ErrorCode::WrongSenderKey.into())
}

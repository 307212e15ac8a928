//! Running the service: connections in, bounded, and a proper end.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    config::{Capacity, Config},
    connection::{Connection, Connections},
    patience::Patient,
    router::{app, operations},
    state::AppState,
    tls::{STRICT_TRANSPORT_SECURITY, Tls},
};

/// Bytes of a request's headers, and of what is read ahead, at most.
const HEADER_BYTES: usize = 32 << 10;

/// How long the end may take.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more file descriptors.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Connections of those who look after the server, at once.
const OPERATIONS: usize = 64;

const SWEEP: Duration = Duration::from_secs(1);

/// Where a server listens.
#[derive(Debug)]
pub struct Listeners {
    /// For pages, sessions and sockets.
    pub main: TcpListener,
    /// For whoever looks after the server: its metrics and readiness, over plain HTTP.
    pub operations: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(main: TcpListener) -> Self {
        Self { main, operations: None }
    }
}

/// Serves until `drain` resolves, and on for [`Config::drain`] while it says that it is not ready; when `stop` resolves it does not wait
/// any longer. Then it tells every socket and finishes what is under way, for five seconds at most.
///
/// # Errors
/// When the listener's own address cannot be read, or the store does not answer at the start.
pub async fn serve(
    listeners: impl Into<Listeners>,
    config: Config,
    drain: impl Future<Output = ()>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let Listeners { main, operations } = listeners.into();
    let origin = local_origin(main.local_addr()?, config.tls.is_some());
    let patience = config.drain;
    let state = AppState::new(Config { public_url: config.public_url.or(Some(origin)), ..config });
    state.hub.connect().await.map_err(io::Error::other)?;
    tokio::select! {
        () = accept(&main, Entrance::for_everybody(&state)) => {}
        () = accept_some(operations.as_ref(), &state) => {}
        () = sweep(&state) => {}
        () = state.hub.tend() => {}
        () = time_to_close(&state, patience, drain, stop) => {}
    }
    drop((main, operations));
    state.close();
    if timeout(SHUTDOWN_PATIENCE, state.connections.all_closed()).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
    }
    state.hub.leave().await;
    Ok(())
}

/// Resolves when nobody should be served any more.
async fn time_to_close(state: &AppState, patience: Duration, drain: impl Future<Output = ()>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    tokio::select! {
        () = drain => {}
        () = stop.as_mut() => return,
    }
    state.drain();
    if patience.is_zero() {
        return;
    }
    tracing::info!(seconds = patience.as_secs(), "not ready any more, and about to stop");
    tokio::select! {
        () = sleep(patience) => {}
        () = stop => {}
    }
}

/// What is behind a listener.
#[derive(Clone)]
struct Entrance {
    router: Router,
    tls: Option<Tls>,
    connections: Arc<Connections>,
    state: AppState,
}

impl Entrance {
    fn for_everybody(state: &AppState) -> Self {
        let (tls, connections) = (state.tls.clone(), Arc::clone(&state.connections));
        Self { router: app(state.clone()), tls, connections, state: state.clone() }
    }

    /// Few connections, and of their own: what looks after the server must get in when the server is full.
    fn for_operations(state: &AppState) -> Self {
        let capacity = Capacity { connections: OPERATIONS, connections_per_address: 0, ..Capacity::default() };
        Self { router: operations(state.clone()), tls: None, connections: Connections::new(capacity, 0), state: state.clone() }
    }
}

/// The origin to open on this machine for a server listening at `address`.
fn local_origin(mut address: SocketAddr, tls: bool) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

async fn accept_some(listener: Option<&TcpListener>, state: &AppState) {
    match listener {
        Some(listener) => accept(listener, Entrance::for_operations(state)).await,
        None => std::future::pending().await,
    }
}

async fn accept(listener: &TcpListener, entrance: Entrance) {
    loop {
        match listener.accept().await {
            // Too many: the connection is dropped, before it has cost anything.
            Ok((stream, address)) => match entrance.connections.open(address.ip().to_canonical()) {
                Ok(connection) => {
                    tokio::spawn(converse(stream, connection, entrance.clone()));
                }
                Err(refused) => entrance.state.metrics.refused(refused),
            },
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, connection: Connection, Entrance { router, tls, state, .. }: Entrance) {
    // Signalling messages are small and waited for; without the option nothing but latency is lost.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, state.patience.write);
    let Some(tls) = &tls else {
        return answer(stream, connection, router, &state, false).await;
    };
    let greeted = tokio::select! {
        greeted = timeout(state.patience.handshake, tls.accept(stream)) => greeted,
        () = state.closing() => return,
    };
    match greeted {
        Ok(Ok(stream)) => answer(stream, connection, router, &state, true).await,
        Ok(Err(error)) => tracing::debug!(kind = %error.kind(), "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Answers a connection's requests until it ends or the server is going away.
async fn answer<S>(stream: S, connection: Connection, router: Router, state: &AppState, secure: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let answered = router.clone().oneshot(request.map(Body::new));
        async move {
            let mut response = answered.await?;
            if secure {
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(state.patience.headers)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = state.closing() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(timeout = error.is_timeout(), parse = error.is_parse(), "a connection broke");
    }
}

async fn sweep(state: &AppState) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        state.sweep();
    }
}

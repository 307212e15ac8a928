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
    config::Config,
    connection::{Connection, Connections},
    patience::Patient,
    router::app,
    state::AppState,
    tls::STRICT_TRANSPORT_SECURITY,
};

/// Bytes of a request's headers, and of what is read ahead, at most.
const HEADER_BYTES: usize = 32 << 10;

/// How long the end may take.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more file descriptors.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

const SWEEP: Duration = Duration::from_secs(1);

/// Serves until `shutdown` resolves, then tells every socket and finishes what is under way, for five seconds at most.
///
/// # Errors
/// When the listener's own address cannot be read.
pub async fn serve(listener: TcpListener, config: Config, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let origin = local_origin(listener.local_addr()?, config.tls.is_some());
    let capacity = config.capacity;
    let connections = Connections::new(capacity, config.trusted_proxies);
    let state = AppState::new(Config { public_url: config.public_url.or(Some(origin)), ..config });
    tokio::select! {
        () = accept(&listener, &connections, &state) => {}
        () = sweep(&state) => {}
        () = shutdown => {}
    }
    drop(listener);
    state.close();
    if timeout(SHUTDOWN_PATIENCE, connections.all_closed()).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
    }
    Ok(())
}

/// The origin to open on this machine for a server listening at `address`.
fn local_origin(mut address: SocketAddr, tls: bool) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

async fn accept(listener: &TcpListener, connections: &Arc<Connections>, state: &AppState) {
    let router = app(state.clone());
    loop {
        match listener.accept().await {
            // Too many: the connection is dropped, before it has cost anything.
            Ok((stream, address)) => {
                if let Some(connection) = connections.open(address.ip().to_canonical()) {
                    tokio::spawn(converse(stream, connection, router.clone(), state.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                sleep(EXHAUSTED_PAUSE).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, connection: Connection, router: Router, state: AppState) {
    // Signalling messages are small and waited for; without the option nothing but latency is lost.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, state.patience.write);
    let Some(tls) = &state.tls else {
        return answer(stream, connection, router, &state).await;
    };
    let greeted = tokio::select! {
        greeted = timeout(state.patience.handshake, tls.accept(stream)) => greeted,
        () = state.closing() => return,
    };
    match greeted {
        Ok(Ok(stream)) => answer(stream, connection, router, &state).await,
        Ok(Err(error)) => tracing::debug!(kind = %error.kind(), "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// Answers a connection's requests until it ends or the server is going away.
async fn answer<S>(stream: S, connection: Connection, router: Router, state: &AppState)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let secure = state.tls.is_some();
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

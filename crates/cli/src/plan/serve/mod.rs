//! A server's settings, checked.

mod addresses;
mod ice;
mod secrets;
#[cfg(test)]
mod tests;

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, anyhow};
use perkoon_server::{
    Capacity, Config, ForwardedHeader, MetricsAccess, RedisSetting, RequestLimits, Secret, StoreSetting, Tls, TlsError,
};

use self::{
    addresses::{address, allowed_origins, origin},
    ice::ice,
    secrets::secret,
};
use crate::{
    args::{self, Hidden, Limits, LogFormat, Operations, Serve},
    exit::{Exit, Failure, OrExit},
    log::LogFilter,
};

/// What the plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be carried out: what is missing and can be made is made.
    Serve,
    /// To be looked at: nothing is changed.
    Check,
}

/// A server ready to start.
#[derive(Debug)]
pub(crate) struct ServePlan {
    pub listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub log: LogFilter,
    pub log_format: LogFormat,
    pub config: Config,
}

impl ServePlan {
    /// The plan, or everything that is in its way.
    pub(crate) fn new(serve: Serve, purpose: Purpose) -> Result<Self, Vec<Failure>> {
        let mut failures = Failures::default();
        let Operations { log, log_format, metrics, metrics_listen, drain_seconds } = serve.operations;
        failures.note(two_addresses(serve.listen, metrics_listen));
        let store = failures.keep(store(&serve.store));
        let has_secret = serve.secret.is_some() || serve.secret_file.is_some();
        failures.note(common_secret(&store, has_secret));
        let server_url = failures.keep(given(serve.server_url.as_deref(), |text| origin("--server-url", text)));
        let public_url = failures.keep(given(serve.public_url.as_deref(), |text| address("--public-url", text)));
        let config = Config {
            store,
            public_url: public_url.or_else(|| server_url.clone()),
            server_url,
            allowed_origins: failures.keep(allowed_origins(&serve.allowed_origin)),
            assets: failures.keep(assets(serve.assets)),
            secret: failures
                .keep(secret(serve.secret.as_ref(), serve.secret_file.as_deref(), purpose))
                .unwrap_or_else(Secret::random),
            session_ttl: serve.session_ttl,
            ice: failures.keep(ice(&serve.ice)),
            tls: failures.keep(tls(&serve.tls)),
            trusted_proxies: serve.proxies.trusted_proxies,
            forwarded_header: serve.proxies.forwarded_header.into(),
            requests: requests(&serve.limits),
            capacity: capacity(&serve.limits),
            metrics: metrics.into(),
            drain: Duration::from_secs(drain_seconds),
            ..Config::default()
        };
        failures.none_or(Self { listen: serve.listen, metrics_listen, log, log_format, config })
    }
}

/// What has gone wrong so far. Whoever sets a server up wants to hear of all of it at once.
#[derive(Debug, Default)]
struct Failures(Vec<Failure>);

impl Failures {
    fn keep<T: Default>(&mut self, result: Result<T, Failure>) -> T {
        result.map_err(|failure| self.0.push(failure)).unwrap_or_default()
    }

    fn note(&mut self, result: Result<(), Failure>) {
        self.keep(result);
    }

    fn none_or<T>(self, plan: T) -> Result<T, Vec<Failure>> {
        if self.0.is_empty() { Ok(plan) } else { Err(self.0) }
    }
}

impl From<args::ForwardedHeader> for ForwardedHeader {
    fn from(header: args::ForwardedHeader) -> Self {
        match header {
            args::ForwardedHeader::XForwardedFor => Self::XForwardedFor,
            args::ForwardedHeader::Forwarded => Self::Forwarded,
        }
    }
}

impl From<args::Metrics> for MetricsAccess {
    fn from(metrics: args::Metrics) -> Self {
        match metrics {
            args::Metrics::Local => Self::Local,
            args::Metrics::All => Self::All,
            args::Metrics::Off => Self::Off,
        }
    }
}

fn two_addresses(listen: SocketAddr, metrics: Option<SocketAddr>) -> Result<(), Failure> {
    if metrics == Some(listen) && listen.port() != 0 {
        return Err(anyhow!("--listen and --metrics-listen are both {listen}: the metrics need an address of their own"))
            .or_exit(Exit::BadArguments);
    }
    Ok(())
}

fn assets(folder: Option<PathBuf>) -> Result<Option<PathBuf>, Failure> {
    let Some(folder) = folder else { return Ok(None) };
    let metadata = fs::metadata(&folder).with_context(|| format!("--assets {}", folder.display())).or_exit(Exit::NoSuchFile)?;
    if !metadata.is_dir() {
        return Err(anyhow!("--assets {} is not a folder", folder.display())).or_exit(Exit::BadArguments);
    }
    Ok(Some(folder))
}

fn given(text: Option<&str>, check: impl FnOnce(&str) -> anyhow::Result<String>) -> Result<Option<String>, Failure> {
    text.map(check).transpose().or_exit(Exit::BadArguments)
}

fn tls(tls: &args::Tls) -> Result<Option<Tls>, Failure> {
    let how = "--tls-cert and --tls-key";
    let (certificate, key) = match (&tls.tls_cert, &tls.tls_key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return Ok(None),
        _ => return Err(anyhow!("{how} go together: one of them is missing")).or_exit(Exit::BadArguments),
    };
    match Tls::load(certificate, key) {
        Ok(tls) => Ok(Some(tls)),
        Err(error @ TlsError::File { .. }) => Err(error).context(how).or_exit(Exit::NoSuchFile),
        Err(error) => Err(error).context(how).or_exit(Exit::BadArguments),
    }
}

fn store(args::Store { store: Hidden(store), store_prefix }: &args::Store) -> Result<StoreSetting, Failure> {
    match store.trim() {
        "" | "memory" => Ok(StoreSetting::Memory),
        url => {
            let setting: RedisSetting = url.parse().context("--store").or_exit(Exit::BadArguments)?;
            Ok(StoreSetting::Redis(setting.with_prefix(store_prefix)))
        }
    }
}

/// Servers that share a store have to check each other's sender keys.
fn common_secret(store: &StoreSetting, has_secret: bool) -> Result<(), Failure> {
    if matches!(store, StoreSetting::Redis(_)) && !has_secret {
        return Err(anyhow!(
            "--store with a Redis needs --secret-file or --secret, the same on all servers: otherwise they cannot check each other's sender \
             keys"
        ))
        .or_exit(Exit::BadArguments);
    }
    Ok(())
}

fn requests(limits: &Limits) -> RequestLimits {
    RequestLimits { creates: limits.limit_creates, joins: limits.limit_joins, statuses: limits.limit_status }
}

fn capacity(limits: &Limits) -> Capacity {
    Capacity {
        rooms: limits.max_sessions,
        sockets_per_address: limits.limit_sockets,
        queued_bytes: bytes(limits.max_waiting),
        sockets: limits.max_sockets,
        connections: limits.max_connections,
        connections_per_address: limits.limit_connections,
        ..Capacity::default()
    }
}

fn bytes(mebibytes: u32) -> usize {
    usize::try_from(mebibytes).unwrap_or(usize::MAX).saturating_mul(1 << 20)
}

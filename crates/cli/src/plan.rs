//! From arguments to something that can be done: everything is checked before anything begins.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use perkoon_server::{
    Capacity, Config, ForwardedHeader, Ice, IceUrl, MetricsAccess, RedisSetting, RequestLimits, Secret, StoreSetting, Tls,
    TlsError, Turn,
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

/// Blanks are nothing: an environment variable may be set and empty.
fn allowed_origins(given: &[String]) -> Result<Vec<String>, Failure> {
    let given = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(|text| origin("--allowed-origin", text)).collect::<anyhow::Result<_>>().or_exit(Exit::BadArguments)
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

/// None is one that is made when it is needed.
fn secret(text: Option<&Hidden>, file: Option<&Path>, purpose: Purpose) -> Result<Option<Secret>, Failure> {
    match (text, file) {
        (Some(_), Some(_)) => either_or("--secret", "--secret-file"),
        (Some(Hidden(text)), None) => Secret::from_text(text).map(Some).context("--secret").or_exit(Exit::BadArguments),
        (None, Some(path)) if purpose == Purpose::Check && can_be_made(path) => Ok(None),
        (None, Some(path)) => {
            let secret = if purpose == Purpose::Check { Secret::load(path) } else { Secret::load_or_create(path) };
            secret.map(Some).context("--secret-file").or_exit(Exit::NoSuchFile)
        }
        (None, None) => Ok(None),
    }
}

/// Whether a file is missing in a folder that is there.
fn can_be_made(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    !path.exists() && folder.is_dir()
}

fn either_or<T>(one: &str, other: &str) -> Result<T, Failure> {
    Err(anyhow!(
        "{one} and {other} are both set, on the command line, in the environment or in the settings file: one of them has to go"
    ))
    .or_exit(Exit::BadArguments)
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

fn ice(ice: &args::Ice) -> Result<Ice, Failure> {
    let stun = urls("--stun", &ice.stun, |url| !url.is_turn()).or_exit(Exit::BadArguments)?;
    let urls = urls("--turn", &ice.turn, IceUrl::is_turn).or_exit(Exit::BadArguments)?;
    let secret = turn_secret(ice.turn_secret.as_ref(), ice.turn_secret_file.as_deref())?;
    let turn = match secret {
        Some(secret) if !urls.is_empty() => Some(Turn { urls, secret, ttl: ice.turn_ttl }),
        None if urls.is_empty() => None,
        Some(_) => {
            return Err(anyhow!(
                "the TURN secret is of no use without --turn: name the TURN server, such as turn:turn.example.org"
            ))
            .or_exit(Exit::BadArguments);
        }
        None => {
            return Err(anyhow!(
                "--turn needs --turn-secret-file or --turn-secret, with the secret that the TURN server has too (coturn: use-auth-secret \
                 and static-auth-secret): without one it would relay for nobody, or for everybody"
            ))
            .or_exit(Exit::BadArguments);
        }
    };
    Ok(Ice { stun, turn })
}

/// The addresses given to one flag. Blanks are nothing: an environment variable may be set and empty.
fn urls(flag: &str, given: &[String], fits: impl Fn(&IceUrl) -> bool) -> anyhow::Result<Vec<IceUrl>> {
    let given = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    let checked = given.map(|text| {
        let url: IceUrl = text.parse().with_context(|| format!("{flag} {text} is not the address of such a server"))?;
        if !fits(&url) {
            bail!("{flag} {text}: STUN servers (stun:) are given with --stun, TURN servers (turn:, turns:) with --turn");
        }
        Ok(url)
    });
    checked.collect()
}

fn turn_secret(text: Option<&Hidden>, file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let how = "the TURN secret cannot be used: make one with `openssl rand -hex 32`, and give the TURN server the same";
    match (text, file) {
        (Some(_), Some(_)) => either_or("--turn-secret", "--turn-secret-file"),
        (Some(Hidden(text)), None) => Secret::from_text(text).map(Some).context(how).or_exit(Exit::BadArguments),
        (None, Some(path)) => Secret::load(path).map(Some).context(how).or_exit(Exit::NoSuchFile),
        (None, None) => Ok(None),
    }
}

/// An origin and nothing more.
fn origin(flag: &str, text: &str) -> anyhow::Result<String> {
    let origin = text.trim_end_matches('/');
    if !after_scheme(origin).is_some_and(is_plain) {
        bail!("{flag} takes an origin such as https://perkoon.example, without a path");
    }
    Ok(origin.to_owned())
}

/// An address to which a name can be appended.
fn address(flag: &str, text: &str) -> anyhow::Result<String> {
    let address = text.trim_end_matches('/');
    if !after_scheme(address).is_some_and(|rest| rest.split('/').all(is_plain)) {
        bail!(
            "{flag} takes an address such as https://perkoon.example or https://host.example/perkoon, and nothing behind the path"
        );
    }
    Ok(address.to_owned())
}

fn after_scheme(address: &str) -> Option<&str> {
    address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))
}

/// A host, or a part of a path, that means nothing but itself.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\\"'<>`".contains(c))
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    fn all_failures(arguments: &[&str]) -> Result<ServePlan, Vec<Failure>> {
        let typed = ["perkoon", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Arguments::try_parse_from(typed).expect("well-formed").command;
        ServePlan::new(*serve, Purpose::Serve)
    }

    fn plan(arguments: &[&str]) -> Result<ServePlan, Failure> {
        all_failures(arguments).map_err(|mut failures| {
            assert_eq!(failures.len(), 1, "{failures:?}");
            failures.remove(0)
        })
    }

    #[test]
    fn says_nothing_and_gets_the_documented_defaults() {
        let ServePlan { listen, config, .. } = plan(&[]).expect("usable");
        assert_eq!(listen.to_string(), "127.0.0.1:8787");
        assert_eq!(config.session_ttl, 86_400);
        assert_eq!((config.requests.creates, config.requests.joins, config.requests.statuses), (10, 30, 20));
        assert_eq!(config.capacity.rooms, 200_000);
        assert_eq!(config.capacity.sockets, 10_000);
        assert_eq!(config.capacity.connections, 12_000);
        assert_eq!((config.capacity.connections_per_address, config.capacity.sockets_per_address), (256, 256));
        assert_eq!(config.capacity.queued_bytes, 128 << 20);
        assert!(config.tls.is_none() && config.allowed_origins.is_empty());
        assert_eq!((config.trusted_proxies, config.forwarded_header), (0, ForwardedHeader::XForwardedFor));
        assert_eq!((config.metrics, config.drain), (MetricsAccess::Local, Duration::ZERO));
    }

    #[test]
    fn takes_every_limit() {
        let limits = [
            "--limit-creates=1",
            "--limit-joins=2",
            "--limit-status=0",
            "--limit-connections=4",
            "--limit-sockets=8",
            "--max-waiting=9",
        ];
        let ServePlan { config, .. } = plan(&limits).expect("usable");
        assert_eq!((config.capacity.sockets_per_address, config.capacity.queued_bytes), (8, 9 << 20));
        assert_eq!((config.requests.creates, config.requests.joins, config.requests.statuses), (1, 2, 0));
        assert_eq!(config.capacity.connections_per_address, 4);
        let ServePlan { config, .. } = plan(&["--max-connections=5", "--max-sockets=6", "--max-sessions=7"]).expect("usable");
        assert_eq!((config.capacity.connections, config.capacity.sockets, config.capacity.rooms), (5, 6, 7));
    }

    #[test]
    fn takes_origins_and_nothing_else() {
        for (text, taken) in [("https://perkoon.example/", "https://perkoon.example"), ("http://[::1]:8787", "http://[::1]:8787")]
        {
            assert_eq!(plan(&["--public-url", text]).expect("usable").config.public_url.as_deref(), Some(taken));
            assert_eq!(plan(&["--allowed-origin", text]).expect("usable").config.allowed_origins, [taken]);
        }
        for text in ["", "perkoon.example", "ftp://x", "https://", "https://x?y", "https://u@x", "https://x y", "https://x'y"] {
            assert_eq!(plan(&["--public-url", text]).expect_err(text).exit, Exit::BadArguments);
        }
        for flag in ["--server-url", "--allowed-origin"] {
            assert_eq!(plan(&[flag, "https://x/path"]).expect_err(flag).exit, Exit::BadArguments);
        }
    }

    #[test]
    fn pages_may_lie_in_a_folder_of_another_host() {
        let config =
            plan(&["--public-url=https://me.example/some/dir/", "--server-url=https://api.example"]).expect("usable").config;
        assert_eq!(config.public_url.as_deref(), Some("https://me.example/some/dir"));
        assert_eq!(config.server_url.as_deref(), Some("https://api.example"));
        assert_eq!(plan(&["--server-url=https://api.example"]).expect("usable").config.public_url, config.server_url);
        for text in ["https://me.example//dir", "https://me.example/a b", "https://me.example/dir?x", "https://me.example/dir#x"]
        {
            assert_eq!(plan(&["--public-url", text]).expect_err(text).exit, Exit::BadArguments);
        }
    }

    #[test]
    fn takes_other_origins_one_by_one_or_in_a_list() {
        let given = ["--allowed-origin", "https://a.example, https://b.example/", "--allowed-origin=http://c.example:8080"];
        let allowed = plan(&given).expect("usable").config.allowed_origins;
        assert_eq!(allowed, ["https://a.example", "https://b.example", "http://c.example:8080"]);
        assert!(plan(&["--allowed-origin", ""]).expect("usable").config.allowed_origins.is_empty());
        let failure = plan(&["--allowed-origin", "https://a.example,*"]).expect_err("a star");
        assert_eq!(failure.exit, Exit::BadArguments);
        assert!(failure.error.to_string().starts_with("--allowed-origin"), "{}", failure.error);
    }

    #[test]
    fn takes_what_proxies_write() {
        let ServePlan { config, .. } = plan(&["--trusted-proxies=2", "--forwarded-header=forwarded"]).expect("usable");
        assert_eq!((config.trusted_proxies, config.forwarded_header), (2, ForwardedHeader::Forwarded));
    }

    #[test]
    fn a_certificate_and_its_key_go_together() {
        for arguments in [&["--tls-cert=cert.pem"], &["--tls-key=key.pem"]] {
            let said = plan(arguments).expect_err("half").error.to_string();
            assert!(said.contains("--tls-cert") && said.contains("--tls-key"), "{said}");
        }
        let missing = ["--tls-cert=/no/such/file", "--tls-key=/no/such/file"];
        let failure = plan(&missing).expect_err("missing");
        assert_eq!(failure.exit, Exit::NoSuchFile);
        assert!(format!("{:#}", failure.error).contains("/no/such/file"), "{:#}", failure.error);
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(plan(&["--tls-cert", here, "--tls-key", here]).expect_err("no PEM").exit, Exit::BadArguments);
    }

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn takes_stun_and_turn_servers_one_by_one_or_in_a_list() {
        let stun = ["--stun", "stun:a.example, stun:b.example:3479", "--stun=stun:c.example"];
        let Ice { stun, turn } = plan(&stun).expect("usable").config.ice;
        assert_eq!(
            stun.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["stun:a.example", "stun:b.example:3479", "stun:c.example"]
        );
        assert!(turn.is_none());
        let turn = ["--turn=turn:a.example,turns:a.example:443?transport=tcp", "--turn-secret", SECRET, "--turn-ttl=60"];
        let Turn { urls, secret, ttl } = plan(&turn).expect("usable").config.ice.turn.expect("set");
        assert_eq!(
            urls.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["turn:a.example", "turns:a.example:443?transport=tcp"]
        );
        assert_eq!(ttl, Some(60));
        assert!(!format!("{secret:?}").contains(SECRET));
        let blank = plan(&["--stun", "", "--turn", ","]).expect("usable").config.ice;
        assert!(blank.stun.is_empty() && blank.turn.is_none());
    }

    #[test]
    fn refuses_ways_through_firewalls_that_cannot_work_and_says_what_to_do() {
        for (arguments, words) in [
            (&["--stun", "stun.example"][..], "stun:"),
            (&["--stun", "turn:a.example"], "--turn"),
            (&["--turn", "stun:a.example", "--turn-secret", SECRET], "--stun"),
            (&["--turn", "turn://a.example", "--turn-secret", SECRET], "no //"),
            (&["--turn", "turn:a.example"], "--turn-secret-file"),
            (&["--turn-secret", SECRET], "--turn"),
            (&["--turn", "turn:a.example", "--turn-secret", "short"], "openssl rand"),
        ] {
            let failure = plan(arguments).expect_err("unusable");
            let said = format!("{:#}", failure.error);
            assert_eq!(failure.exit, Exit::BadArguments, "{arguments:?}");
            assert!(said.contains(words) && !said.contains(SECRET), "{said}");
        }
        let missing = ["--turn", "turn:a.example", "--turn-secret-file", "/no/such/file"];
        assert_eq!(plan(&missing).expect_err("missing").exit, Exit::NoSuchFile);
    }

    #[test]
    fn sessions_are_kept_in_memory_or_in_a_redis_that_servers_with_one_secret_share() {
        for memory in [&[][..], &["--store", "memory"], &["--store", ""]] {
            assert!(matches!(plan(memory).expect("usable").config.store, StoreSetting::Memory), "{memory:?}");
        }
        let url = "redis://ada:verysecret@redis.example/3";
        let shared = plan(&["--store", url, "--store-prefix", "two:", "--secret", SECRET]).expect("usable").config.store;
        assert!(matches!(shared, StoreSetting::Redis(_)));
        let shown = format!("{shared:?}");
        assert!(shown.contains("redis.example:6379") && shown.contains("two:") && !shown.contains("verysecret"), "{shown}");
        for (arguments, words) in [
            (&["--store", url][..], "--secret-file"),
            (&["--store", "http://ada:verysecret@redis.example", "--secret", SECRET], "redis://HOST"),
            (&["--store", "disk", "--secret", SECRET], "redis://HOST"),
        ] {
            let failure = plan(arguments).expect_err("unusable");
            let said = format!("{:#}", failure.error);
            assert_eq!(failure.exit, Exit::BadArguments, "{arguments:?}");
            assert!(said.contains(words) && !said.contains("verysecret"), "{said}");
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let store = format!("redis://:{SECRET}@redis.example");
        let typed = ["perkoon", "serve", "--secret", SECRET, "--turn-secret", SECRET, "--store", &store];
        assert!(!format!("{:?}", Arguments::try_parse_from(typed).expect("well-formed")).contains(SECRET));
    }

    #[test]
    fn refuses_what_cannot_work_before_starting() {
        let here = env!("CARGO_MANIFEST_DIR");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(plan(&["--assets", here]).is_ok());
        assert_eq!(plan(&["--assets", "/no/such/folder"]).expect_err("missing").exit, Exit::NoSuchFile);
        assert_eq!(plan(&["--assets", file]).expect_err("a file").exit, Exit::BadArguments);
        assert_eq!(plan(&["--secret", "short"]).expect_err("weak").exit, Exit::BadArguments);
        assert_eq!(plan(&["--secret-file", here]).expect_err("a folder").exit, Exit::NoSuchFile);
    }

    #[test]
    fn tells_all_that_is_wrong_at_once() {
        let failures =
            all_failures(&["--public-url=nonsense", "--assets=/no/such/folder", "--turn=turn:a.example", "--tls-key=key.pem"])
                .expect_err("four times wrong");
        let said: Vec<_> = failures.iter().map(|failure| failure.error.to_string()).collect();
        assert_eq!(said.len(), 4, "{said:?}");
        for (said, flag) in said.iter().zip(["--public-url", "--assets", "--turn", "--tls-cert"]) {
            assert!(said.contains(flag), "{said}");
        }
    }

    #[test]
    fn a_secret_has_one_place() {
        let both = plan(&["--secret", SECRET, "--secret-file", "secret"]).expect_err("two");
        assert_eq!(both.exit, Exit::BadArguments);
        assert!(both.error.to_string().contains("--secret and --secret-file"), "{}", both.error);
        let both = plan(&["--turn=turn:a.example", "--turn-secret", SECRET, "--turn-secret-file", "secret"]).expect_err("two");
        assert!(both.error.to_string().contains("--turn-secret and --turn-secret-file"), "{}", both.error);
    }

    #[test]
    fn a_check_makes_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secret = folder.path().join("secret");
        let check = |path: &Path| {
            let file = format!("--secret-file={}", path.display());
            let Command::Serve(serve) = Arguments::try_parse_from(["perkoon", "serve", &file]).expect("well-formed").command;
            ServePlan::new(*serve, Purpose::Check)
        };
        check(&secret).expect("it can be made when it is needed");
        assert!(!secret.exists());
        check(&folder.path().join("no/such/folder/secret")).expect_err("it cannot be made");
        fs::write(&secret, "short").expect("written");
        check(&secret).expect_err("it is too short");
    }

    #[test]
    fn takes_what_operators_watch() {
        let ServePlan { config, metrics_listen, log_format, .. } =
            plan(&["--metrics=off", "--metrics-listen=127.0.0.1:9100", "--drain-seconds=7", "--log-format=json"])
                .expect("usable");
        assert_eq!((config.metrics, config.drain), (MetricsAccess::Off, Duration::from_secs(7)));
        assert_eq!(metrics_listen.map(|address| address.port()), Some(9100));
        assert_eq!(log_format, LogFormat::Json);
        let same = plan(&["--listen=127.0.0.1:9100", "--metrics-listen=127.0.0.1:9100"]).expect_err("one address for two");
        assert_eq!(same.exit, Exit::BadArguments);
    }
}

//! From arguments to something that can be done: everything is checked before anything begins.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context, anyhow, bail};
use perkoon_server::{Capacity, Config, ForwardedHeader, Ice, IceUrl, RequestLimits, Secret, Tls, TlsError, Turn};
use tracing::level_filters::LevelFilter;

use crate::{
    args::{self, Hidden, Limits, Serve},
    exit::{Exit, Failure, OrExit},
};

/// A server ready to start.
#[derive(Debug)]
pub(crate) struct ServePlan {
    pub listen: SocketAddr,
    pub log: LevelFilter,
    pub config: Config,
}

impl ServePlan {
    pub(crate) fn new(serve: Serve) -> Result<Self, Failure> {
        if let Some(folder) = &serve.assets {
            let metadata =
                fs::metadata(folder).with_context(|| format!("--assets {}", folder.display())).or_exit(Exit::NoSuchFile)?;
            if !metadata.is_dir() {
                return Err(anyhow!("--assets {} is not a folder", folder.display())).or_exit(Exit::BadArguments);
            }
        }
        let config = Config {
            public_url: public_url(serve.public_url.as_deref())?,
            allowed_origins: allowed_origins(&serve.allowed_origin)?,
            assets: serve.assets,
            secret: secret(serve.secret.as_ref(), serve.secret_file.as_deref())?,
            session_ttl: serve.session_ttl,
            ice: ice(&serve.ice)?,
            tls: tls(&serve.tls)?,
            trusted_proxies: serve.proxies.trusted_proxies,
            forwarded_header: match serve.proxies.forwarded_header {
                args::ForwardedHeader::XForwardedFor => ForwardedHeader::XForwardedFor,
                args::ForwardedHeader::Forwarded => ForwardedHeader::Forwarded,
            },
            requests: requests(&serve.limits),
            capacity: capacity(&serve.limits),
            ..Config::default()
        };
        Ok(Self { listen: serve.listen, log: serve.log, config })
    }
}

fn public_url(given: Option<&str>) -> Result<Option<String>, Failure> {
    given.map(|text| origin("--public-url", text)).transpose().or_exit(Exit::BadArguments)
}

/// Blanks are nothing: an environment variable may be set and empty.
fn allowed_origins(given: &[String]) -> Result<Vec<String>, Failure> {
    let given = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(|text| origin("--allowed-origin", text)).collect::<anyhow::Result<_>>().or_exit(Exit::BadArguments)
}

fn tls(tls: &args::Tls) -> Result<Option<Tls>, Failure> {
    let (Some(certificate), Some(key)) = (&tls.tls_cert, &tls.tls_key) else { return Ok(None) };
    let how = "--tls-cert and --tls-key";
    match Tls::load(certificate, key) {
        Ok(tls) => Ok(Some(tls)),
        Err(error @ TlsError::File { .. }) => Err(error).context(how).or_exit(Exit::NoSuchFile),
        Err(error) => Err(error).context(how).or_exit(Exit::BadArguments),
    }
}

fn secret(text: Option<&Hidden>, file: Option<&Path>) -> Result<Secret, Failure> {
    match (text, file) {
        (Some(Hidden(text)), _) => Secret::from_text(text).map_err(Into::into).or_exit(Exit::BadArguments),
        (None, Some(path)) => Secret::load_or_create(path).map_err(Into::into).or_exit(Exit::NoSuchFile),
        (None, None) => Ok(Secret::random()),
    }
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
        (Some(Hidden(text)), _) => Secret::from_text(text).map(Some).context(how).or_exit(Exit::BadArguments),
        (None, Some(path)) => Secret::load(path).map(Some).context(how).or_exit(Exit::NoSuchFile),
        (None, None) => Ok(None),
    }
}

/// An origin and nothing more: links are made by appending to it.
fn origin(flag: &str, text: &str) -> anyhow::Result<String> {
    let origin = text.trim_end_matches('/');
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let plain = |host: &str| {
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\\"'<>`".contains(c))
    };
    if !host.is_some_and(plain) {
        bail!("{flag} takes an origin such as https://perkoon.example, without a path");
    }
    Ok(origin.to_owned())
}

fn requests(limits: &Limits) -> RequestLimits {
    let default = RequestLimits::default();
    RequestLimits {
        creates: limits.limit_creates.unwrap_or(default.creates),
        joins: limits.limit_joins.unwrap_or(default.joins),
        statuses: limits.limit_status.unwrap_or(default.statuses),
    }
}

fn capacity(limits: &Limits) -> Capacity {
    let default = Capacity::default();
    Capacity {
        rooms: limits.max_sessions.unwrap_or(default.rooms),
        sockets_per_address: limits.limit_sockets.unwrap_or(default.sockets_per_address),
        queued_bytes: limits.max_waiting.map_or(default.queued_bytes, bytes),
        sockets: limits.max_sockets.unwrap_or(default.sockets),
        connections: limits.max_connections.unwrap_or(default.connections),
        connections_per_address: limits.limit_connections.unwrap_or(default.connections_per_address),
        ..default
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

    fn plan(arguments: &[&str]) -> Result<ServePlan, Failure> {
        let typed = ["perkoon", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Arguments::try_parse_from(typed).expect("well-formed").command;
        ServePlan::new(*serve)
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
        for text in [
            "",
            "perkoon.example",
            "ftp://x",
            "https://",
            "https://x/path",
            "https://x?y",
            "https://u@x",
            "https://x y",
            "https://x'y",
        ] {
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
        for arguments in [["perkoon", "serve", "--tls-cert=cert.pem"], ["perkoon", "serve", "--tls-key=key.pem"]] {
            let said = Arguments::try_parse_from(arguments).expect_err("half").to_string();
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
    fn secrets_stay_out_of_debug_output() {
        let typed = ["perkoon", "serve", "--secret", SECRET, "--turn-secret", SECRET];
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
}

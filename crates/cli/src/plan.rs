//! From arguments to something that can be done: everything is checked before anything begins.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context, anyhow, bail};
use perkoon_server::{Capacity, Config, Ice, IceUrl, RequestLimits, Secret, Turn};
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
            public_url: serve.public_url.as_deref().map(origin).transpose().or_exit(Exit::BadArguments)?,
            assets: serve.assets,
            secret: secret(serve.secret.as_ref(), serve.secret_file.as_deref())?,
            session_ttl: serve.session_ttl,
            ice: ice(&serve.ice)?,
            trusted_proxies: serve.trusted_proxies,
            requests: requests(&serve.limits),
            capacity: capacity(&serve.limits),
            ..Config::default()
        };
        Ok(Self { listen: serve.listen, log: serve.log, config })
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
fn origin(text: &str) -> anyhow::Result<String> {
    let origin = text.trim_end_matches('/');
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let plain = |host: &str| {
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#@\\\"'<>`".contains(c))
    };
    if !host.is_some_and(plain) {
        bail!("--public-url takes an origin such as https://perkoon.example, without a path");
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
        sockets: limits.max_sockets.unwrap_or(default.sockets),
        connections: limits.max_connections.unwrap_or(default.connections),
        connections_per_address: limits.limit_connections.unwrap_or(default.connections_per_address),
        ..default
    }
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
        assert_eq!(config.capacity.connections_per_address, 256);
    }

    #[test]
    fn takes_every_limit() {
        let limits = ["--limit-creates=1", "--limit-joins=2", "--limit-status=0", "--limit-connections=4"];
        let ServePlan { config, .. } = plan(&limits).expect("usable");
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

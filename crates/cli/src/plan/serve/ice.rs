//! STUN and TURN servers.

use anyhow::{Context, anyhow, bail};
use perkoon_server::{Ice, IceUrl, Turn};

use super::secrets::turn_secret;
use crate::{
    args,
    exit::{Exit, Failure, OrExit},
};

pub(super) fn ice(ice: &args::Ice) -> Result<Ice, Failure> {
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

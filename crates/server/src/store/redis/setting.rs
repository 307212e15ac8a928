//! Which Redis, and under which names.

use std::{fmt, str::FromStr, sync::Arc};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

const DEFAULT_PREFIX: &str = "perkoon:";

/// A Redis, and what the names of everything in it begin with.
#[derive(Clone)]
pub struct RedisSetting {
    address: Arc<ConnectionInfo>,
    pub(super) prefix: String,
}

/// The text is not the address of a Redis. What it was is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not the address of a Redis: write redis://HOST:PORT/NUMBER, with USER:PASSWORD@ before the host where one is needed, \
     rediss:// for TLS, or redis+unix:///PATH"
)]
pub struct RedisUrlError;

impl RedisSetting {
    /// The same Redis with other names, such as for a second group of servers.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Its address, with everything that is needed to get in.
    pub(super) fn address(&self) -> ConnectionInfo {
        ConnectionInfo::clone(&self.address)
    }

    /// Its address, without a name or password.
    pub(super) fn place(&self) -> String {
        self.address.addr().to_string()
    }
}

impl FromStr for RedisSetting {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, RedisUrlError> {
        let known = ["redis://", "rediss://", "redis+unix://"].iter().any(|scheme| text.starts_with(scheme));
        let address = known.then(|| text.into_connection_info().ok()).flatten().ok_or(RedisUrlError)?;
        // Whoever asks for TLS gets all of it.
        if matches!(address.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(RedisUrlError);
        }
        Ok(Self { address: Arc::new(address), prefix: DEFAULT_PREFIX.to_owned() })
    }
}

impl fmt::Debug for RedisSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSetting").field("place", &self.place()).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_and_shows_no_password() {
        for (text, place) in [
            ("redis://127.0.0.1", "127.0.0.1:6379"),
            ("redis://ada:verysecret@redis.example:6380/2", "redis.example:6380"),
            ("rediss://:verysecret@redis.example", "redis.example:6379"),
            ("redis+unix:///run/redis.sock?db=1&pass=verysecret", "/run/redis.sock"),
        ] {
            let setting: RedisSetting = text.parse().expect("an address");
            assert_eq!(setting.place(), place);
            assert!(!format!("{setting:?}").contains("verysecret"), "{setting:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_address_without_repeating_it() {
        for text in [
            "",
            "memory",
            "redis",
            "redis.example:6379",
            "http://redis.example",
            "redis://",
            "redis://:verysecret@redis.example/x",
            "rediss://redis.example/#insecure",
        ] {
            let error = text.parse::<RedisSetting>().map(|_| ()).expect_err(text);
            assert!(!error.to_string().contains("verysecret"));
        }
    }
}

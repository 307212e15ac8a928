//! Which store to use.

use super::redis::{self, RedisSetting};

/// Where sessions are kept.
#[derive(Clone, Debug, Default)]
pub enum StoreSetting {
    /// In the memory of this process. They end with it.
    #[default]
    Memory,
    /// In a Redis that several servers share. All of them need one and the same [`crate::Config::secret`].
    Redis(RedisSetting),
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer.
    #[error("the store at {place} cannot be reached: {reason}")]
    Unreachable {
        /// Its address, without a name or password.
        place: String,
        /// What the client says.
        reason: String,
    },
}

impl StoreSetting {
    /// Looks whether the store is there and does what is asked of it.
    ///
    /// # Errors
    /// When it is not.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Memory => Ok(()),
            Self::Redis(setting) => redis::check(setting).await,
        }
    }
}

//! Secrets of the server: the root of every sender key, and what it shares with TURN servers.

use std::{
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::random;

/// Shorter secrets are refused: whoever guesses one can send in every session, or have everything relayed.
const MINIMUM_BYTES: usize = 32;

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Too short.
    #[error("a secret needs at least {MINIMUM_BYTES} characters")]
    TooShort,
    /// The secret's file cannot be read or made.
    #[error("the secret file {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// What sender keys, or TURN credentials, are made with. Servers that share it accept each other's.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new one, good for the life of this process.
    pub fn random() -> Self {
        Self(random::bytes::<32>().to_vec())
    }

    /// Takes an operator's text, without the white space around it.
    ///
    /// # Errors
    /// When the text is too short to be a secret.
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.len() < MINIMUM_BYTES { Err(SecretError::TooShort) } else { Ok(Self(text.as_bytes().to_vec())) }
    }

    /// Reads the file's text, or writes a new secret there, readable by its owner only.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds too little.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).and_then(|()| fs::read_to_string(path)),
            read => read,
        };
        Self::from_file(text, path)
    }

    /// Reads the file's text: a secret that another server has as well, and that is not made here.
    ///
    /// # Errors
    /// When the file is missing or cannot be read, or holds too little.
    pub fn load(path: &Path) -> Result<Self, SecretError> {
        Self::from_file(fs::read_to_string(path), path)
    }

    fn from_file(text: io::Result<String>, path: &Path) -> Result<Self, SecretError> {
        Self::from_text(&text.map_err(|source| SecretError::File { path: path.to_owned(), source })?)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The file appears whole or not at all, and never replaces one that another process made meanwhile.
fn create(path: &Path) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}", random::participant_id()));
    let partial = PathBuf::from(partial);
    let written = write_private(&partial).and_then(|()| match fs::hard_link(&partial, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&partial);
    written.and(removed)
}

fn write_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>()))?;
    file.sync_all()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_made_private_and_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        let made = Secret::load_or_create(&path).expect("made");
        let read = Secret::load_or_create(&path).expect("read");
        assert_eq!(made.as_bytes(), read.as_bytes());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1, "no partial file is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn weak_or_unreadable_secrets_are_refused() {
        assert!(matches!(Secret::from_text("  short  "), Err(SecretError::TooShort)));
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(Secret::load_or_create(folder.path()), Err(SecretError::File { .. })));
        assert!(matches!(Secret::load_or_create(&folder.path().join("no/such")), Err(SecretError::File { .. })));
        let missing = folder.path().join("missing");
        assert!(matches!(Secret::load(&missing), Err(SecretError::File { .. })));
        assert!(!missing.exists(), "a secret shared with another server is not made up");
    }
}

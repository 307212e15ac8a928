//! The certificate by which the other side knows this process again.

use perkoon_transfer::Fingerprint;
use rtc::{
    crypto::{self, HashAlgorithm, SignatureScheme},
    peer_connection::certificate::{CertificateParams, RTCCertificate},
};

use crate::Error;

/// A certificate (ECDSA, P-256) for all connections of a process.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) certificate: RTCCertificate,
    pub(crate) fingerprint: Fingerprint,
}

impl Certificate {
    /// Makes one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let provider = crypto::default_provider().map_err(|error| Error::Cryptography(error.to_string()))?;
        let scheme = SignatureScheme::EcdsaP256Sha256;
        let certificate = RTCCertificate::generate(provider.crypto(), scheme, CertificateParams::default())?;
        let named = certificate.get_fingerprints(provider.crypto())?;
        let fingerprint =
            named.iter().find_map(|named| Fingerprint::in_sdp(&format!("a=fingerprint:sha-256 {}\r\n", named.value)));
        let fingerprint = fingerprint.ok_or_else(|| Error::Cryptography(format!("no {:?} digest", HashAlgorithm::Sha256)))?;
        Ok(Self { certificate, fingerprint })
    }
}

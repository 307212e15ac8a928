//! Whom this program trusts.

use std::sync::Arc;

use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

/// Trusts whom the system trusts, or whom `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
pub(super) fn of_system() -> ClientConfig {
    trusting(rustls_native_certs::load_native_certs().certs)
}

/// Trusts whoever has one of these certificates, or one that such a one signed.
pub(super) fn trusting(certificates: Vec<CertificateDer<'static>>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("the provider knows both versions");
    builder.with_root_certificates(roots).with_no_client_auth()
}

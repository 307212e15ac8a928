//! What people are told when the server cannot help them.

use std::{error::Error, io, iter::successors};

use perkoon_peer::Failure;
use perkoon_protocol::{ErrorCode, json, rest::Problem};
use tokio_rustls::rustls::{self, CertificateError};
use url::Url;

/// A request has had no answer.
pub(super) fn away(origin: &str, error: &reqwest::Error) -> Failure {
    let message = match distrust(error) {
        Some(error) => format!(
            "The certificate of {origin} is not one that this machine trusts: {}. Check --server, or name the file of its authority in \
             SSL_CERT_FILE.",
            why(error)
        ),
        None => format!("The server {origin} cannot be reached. Check --server and your connection, and try again."),
    };
    Failure::new(ErrorCode::SignalingLost, message)
}

/// Something answers that does not speak as a Perkoon server does.
pub(super) fn another(origin: &str) -> Failure {
    Failure::new(
        ErrorCode::SignalingLost,
        format!("What answers at {origin} is no Perkoon server, or one in trouble. Check --server and try again."),
    )
}

/// The server sends everybody to another one, which this program does not follow: whom to trust is the person's choice.
pub(super) fn elsewhere(origin: &str, target: &Url) -> Failure {
    let target = target.origin().ascii_serialization();
    Failure::new(
        ErrorCode::SignalingLost,
        format!("The server {origin} sends everybody to {target}. If you trust that one, name it with --server."),
    )
}

/// The server refuses. A proxy in front of a stopped server answers with a page of its own, which is no problem document.
pub(super) fn refused(origin: &str, text: &str) -> Failure {
    match json::decode::<Problem>(text) {
        Some(Problem { code: ErrorCode::RateLimited, retry_after: Some(seconds), .. }) => Failure::new(
            ErrorCode::RateLimited,
            format!("Too many requests from your network. Wait {} s and try again.", seconds.clamp(1, 3600)),
        ),
        Some(problem) => problem.code.into(),
        None => another(origin),
    }
}

/// What is wrong with the certificate, when that is why a request has failed.
fn distrust(error: &reqwest::Error) -> Option<&CertificateError> {
    let causes = successors(Some(error as &(dyn Error + 'static)), |error| cause(*error));
    causes.filter_map(|error| error.downcast_ref()).find_map(|error| match error {
        rustls::Error::InvalidCertificate(why) => Some(why),
        _ => None,
    })
}

fn why(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "it is for another name",
        CertificateError::Revoked => "it was revoked",
        _ => "no authority known here vouches for it",
    }
}

/// What an error comes from. An I/O error that wraps another does not name it as its source.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

//! Why a broker's certificate is rejected. librdkafka reports only that it is, so a second handshake finds the reason.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};

use super::cause::Cause;

/// The time limit of each step of the handshake.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);

/// Logs the rejection with its reason; with librdkafka's text where no reason is found.
pub(super) fn log_reason(broker: String, ca_file: Option<PathBuf>, text: String) {
    let inputs = (broker.clone(), ca_file, text.clone());
    let spawned = std::thread::Builder::new().name("certificate".to_owned()).spawn(move || {
        let (broker, ca_file, text) = inputs;
        let reason = inspect(&broker, ca_file.as_deref()).unwrap_or(text);
        Cause::Certificate(broker).log_opened(None, None, &reason);
    });
    if spawned.is_err() {
        Cause::Certificate(broker).log_opened(None, None, &text);
    }
}

/// Makes a TLS handshake with the broker, and describes what is wrong with its certificate; none where nothing is
/// wrong, or the broker does not answer.
fn inspect(broker: &str, ca_file: Option<&Path>) -> Option<String> {
    let (host, _) = broker.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots(ca_file))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let mut handshake = ClientConnection::new(Arc::new(config), name).ok()?;
    let address = broker.to_socket_addrs().ok()?.next()?;
    let mut stream = TcpStream::connect_timeout(&address, STEP_TIMEOUT).ok()?;
    stream.set_read_timeout(Some(STEP_TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(STEP_TIMEOUT)).ok()?;
    while handshake.is_handshaking() {
        if let Err(error) = handshake.complete_io(&mut stream) {
            return certificate_error(&error).map(|error| describe(error, ca_file));
        }
    }
    None
}

fn roots(ca_file: Option<&Path>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(file) => {
            let read = CertificateDer::pem_file_iter(file).into_iter().flatten().flatten();
            roots.add_parsable_certificates(read);
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    roots
}

/// The certificate error that made a handshake fail, if one did.
fn certificate_error(error: &io::Error) -> Option<&CertificateError> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

fn describe(error: &CertificateError, ca_file: Option<&Path>) -> String {
    match error {
        CertificateError::Expired => "it has expired: renew it on the broker".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("it has expired, on {}: renew it on the broker", day(*not_after))
        }
        CertificateError::NotValidYet => "it is not valid yet: check the clocks".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("it is not valid before {}: check the clocks of this machine and of the issuer", day(*not_before))
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => match ca_file {
            Some(file) => format!("no authority in {} (kafka.ca_file) has signed it", file.display()),
            None => {
                "no authority that this system trusts has signed it: name a file with it as kafka.ca_file".to_owned()
            }
        },
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name than the one by which the broker is reached".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not a server's certificate".to_owned()
        }
        CertificateError::Revoked => "it is revoked".to_owned(),
        other => other.to_string(),
    }
}

/// The time in UTC, RFC 3339.
fn day(moment: UnixTime) -> String {
    let moment = i64::try_from(moment.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map(|moment| moment.to_string()).unwrap_or_default()
}

//! A TLS handshake for the sake of looking: what is presented is written down, trusted or not, and nothing is sent.

mod certificate;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::tcp;
use crate::domain::estate::{Certificate, Connection, Distrust, Handshake};
use crate::format::sanitise;

/// How long a handshake may take once the connection is made.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most certificates of a chain that are read.
const MOST: usize = 10;

/// Shakes hands with a server. `authorities` are PEM files trusted beside the system's; those that cannot be read are
/// left out.
///
/// # Errors
/// How the connection under it failed.
pub async fn handshake(host: &str, port: u16, authorities: Vec<PathBuf>) -> Result<Handshake, Connection> {
    let began = Instant::now();
    let (stream, made) = tcp::open(host, port).await?;
    let to = match made {
        Connection::Made { to, .. } => Some(to),
        _ => None,
    };
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(name) = ServerName::try_from(plain.to_owned()) else {
        return Err(Connection::Unresolved(format!("{} is no name of a server", sanitise(host))));
    };
    let setup = tokio::task::spawn_blocking(move || witness(&authorities)).await;
    let (witness, config) = match setup {
        Ok(Ok(setup)) => setup,
        Ok(Err(why)) => return Err(Connection::Failed(why)),
        Err(_) => return Err(Connection::Failed("the program is shutting down".to_owned())),
    };
    let shaken = tokio::time::timeout(PATIENCE, TlsConnector::from(config).connect(name, stream)).await;
    let (protocol, cut_short) = match shaken {
        Ok(Ok(stream)) => (stream.get_ref().1.protocol_version().map(protocol), None),
        Ok(Err(error)) => (None, Some(broken(&error))),
        Err(_) => (None, Some("the server does not go on with the handshake".to_owned())),
    };
    Ok(witness.testimony(protocol, cut_short, to, began.elapsed()))
}

/// Verifies as every connection of this program does, writes down what came of it, and goes on all the same: no data is
/// ever sent over such a connection.
#[derive(Debug)]
struct Witness {
    /// None on a machine without any certificate authority.
    judge: Option<Verifier>,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<Certificate>,
    distrust: Option<(Distrust, String)>,
}

fn witness(authorities: &[PathBuf]) -> Result<(Arc<Witness>, Arc<ClientConfig>), String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let extra: Vec<CertificateDer<'static>> = authorities
        .iter()
        .filter_map(|file| CertificateDer::pem_file_iter(file).ok())
        .flat_map(|certificates| certificates.filter_map(Result::ok))
        .collect();
    let judge = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).ok();
    let algorithms = provider.signature_verification_algorithms;
    let witness = Arc::new(Witness { judge, algorithms, seen: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    Ok((witness, Arc::new(config)))
}

impl Witness {
    fn testimony(
        &self,
        protocol: Option<String>,
        cut_short: Option<String>,
        to: Option<IpAddr>,
        took: Duration,
    ) -> Handshake {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { chain, distrust } = std::mem::take(&mut *seen);
        Handshake { chain, distrust, protocol, cut_short, to, took }
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.judge {
            Some(judge) => judge.verify_server_cert(own, others, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = std::iter::once(own).chain(others).take(MOST).map(|der| certificate::read(der)).collect();
        let signs_itself = seen.chain.first().is_some_and(|own| !own.subject.is_empty() && own.subject == own.issuer);
        seen.distrust = verdict.err().map(|error| match distrust(&error) {
            (Distrust::Other | Distrust::UnknownIssuer, _) if signs_itself => {
                (Distrust::UnknownIssuer, "it is signed by itself".to_owned())
            }
            other => other,
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn distrust(error: &rustls::Error) -> (Distrust, String) {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(problem) = error else {
        return (Distrust::Other, sanitise(&error.to_string()).into_owned());
    };
    let (kind, words) = match problem {
        E::Expired | E::ExpiredContext { .. } => (Distrust::Expired, "it has expired".to_owned()),
        E::NotValidYet | E::NotValidYetContext { .. } => (Distrust::NotYetValid, "it is not valid yet".to_owned()),
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            (Distrust::WrongName, "it is for another name".to_owned())
        }
        E::UnknownIssuer => (Distrust::UnknownIssuer, "nobody this machine trusts issued it".to_owned()),
        // An authority of the issuer's name is trusted, and is not the one that signed.
        E::BadSignature | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            (Distrust::UnknownIssuer, "no trusted authority of that name signed it".to_owned())
        }
        other => (Distrust::Other, sanitise(&other.to_string()).into_owned()),
    };
    (kind, words)
}

fn protocol(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Why a handshake broke off, in words.
fn broken(error: &std::io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidMessage(_)) => "what listens there does not speak TLS".to_owned(),
        Some(rustls::Error::AlertReceived(alert)) => format!("the server ended the handshake: {alert:?}"),
        Some(rustls::Error::PeerIncompatible(why)) => format!("no protocol in common: {why:?}"),
        Some(other) => sanitise(&other.to_string()).into_owned(),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => "the server hung up".to_owned(),
        None => sanitise(&error.to_string()).into_owned(),
    }
}

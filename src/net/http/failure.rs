//! What went wrong on the way, in one line: a class, the cause without the layers around it, and the next step.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::{CertificateError, InvalidMessage};

use crate::domain::{ErrorClass, SourceError};
use crate::format::{duration, sanitise};

/// A request that got no usable answer. `call` is `METHOD URL`, free of secrets.
pub fn transport(call: &str, error: &reqwest::Error, allowed: Duration) -> SourceError {
    if let Some(tls) = find::<rustls::Error>(error) {
        let (why, hint) = tls_failure(tls);
        return SourceError { class: ErrorClass::Tls, what: format!("{call}: {why}"), hint };
    }
    if error.is_timeout() {
        let what = if error.is_connect() {
            format!("{call}: no connection within {}", patience(allowed))
        } else {
            timed_out(allowed, call)
        };
        return SourceError::new(ErrorClass::Timeout, what)
            .with_hint("check the network, VPN and security groups on the way, or raise `timeout`");
    }
    if error.is_dns() {
        return SourceError::new(ErrorClass::Dns, format!("{call}: the host name does not resolve"))
            .with_hint("check the url's host name, the VPN and the resolver");
    }
    let why = find::<io::Error>(error).map_or_else(|| innermost(error), io_failure);
    let error = SourceError::new(ErrorClass::Connect, format!("{call}: {why}"));
    if why.contains("refused") {
        error.with_hint("nothing listens there: check host and port, and that the server runs")
    } else if why.contains("tunnel") || why.contains("proxy") {
        error.with_hint("check HTTP_PROXY, HTTPS_PROXY and NO_PROXY")
    } else {
        error
    }
}

/// What a request says that had no (complete) answer in the time allowed.
pub fn timed_out(allowed: Duration, call: &str) -> String {
    format!("{call}: no answer within {}", patience(allowed))
}

/// The innermost cause's own words: the layers around it only repeat the URL.
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    sanitise(&cause.to_string()).into_owned()
}

/// Below ten seconds the tenths matter: `timeout` is often a second or two.
fn patience(allowed: Duration) -> String {
    if allowed < Duration::from_secs(10) && allowed.subsec_millis() >= 50 {
        format!("{:.1}s", allowed.as_secs_f64())
    } else {
        duration(allowed)
    }
}

fn io_failure(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            "the connection broke".to_owned()
        }
        io::ErrorKind::HostUnreachable => "no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ => sanitise(&error.to_string()).into_owned(),
    }
}

fn tls_failure(error: &rustls::Error) -> (String, Option<String>) {
    let hint = |text: &str| Some(text.to_owned());
    match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                "the server's certificate has expired".to_owned(),
                hint("renew the server's certificate; if it is fine, check this machine's clock"),
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ("the server's certificate is not valid yet".to_owned(), hint("check this machine's clock"))
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                "the server's certificate is for another host name".to_owned(),
                hint("use the name the certificate was issued for in the url"),
            ),
            CertificateError::UnknownIssuer => (
                "the server's certificate is not trusted: unknown issuer".to_owned(),
                hint("set ca_file to the PEM file of the authority that issued it"),
            ),
            other => (format!("the server's certificate was refused: {}", sanitise(&other.to_string())), None),
        },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            ("the server does not speak TLS there".to_owned(), hint("use http:// in the url, or the TLS port"))
        }
        rustls::Error::AlertReceived(alert) => (
            format!("the server ended the TLS handshake: {alert:?}"),
            hint("it may want a client certificate: set client_cert and client_key"),
        ),
        other => (format!("TLS failed: {}", sanitise(&other.to_string())), None),
    }
}

/// The first cause of type `E`, also where an I/O error wraps it.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|inner| find::<E>(inner)) {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

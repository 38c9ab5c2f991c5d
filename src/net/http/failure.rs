//! What went wrong on the way, in one line: a class, the cause without the layers around it, and the next step.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::{CertificateError, InvalidMessage};

use crate::domain::{ErrorClass, SourceError};
use crate::format::{duration, sanitise};

/// What to do where an answer takes too long.
pub const TOO_SLOW: &str = "check the network, VPN and security groups on the way, or raise `timeout`";

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
        return SourceError::new(ErrorClass::Timeout, what).with_hint(TOO_SLOW);
    }
    if error.is_dns() {
        return SourceError::new(ErrorClass::Dns, format!("{call}: the host name does not resolve")).with_hint(
            if proxy_is_set() {
                "check the host names of the url and of the proxy in HTTP_PROXY or HTTPS_PROXY, and the resolver"
            } else {
                "check the url's host name, the VPN and the resolver"
            },
        );
    }
    let why = find::<io::Error>(error).map_or_else(|| innermost(error), io_failure);
    // The other side hung up between the handshake and the request, in the words of the HTTP library.
    let why = if why == "connection was not ready" { "the connection was closed".to_owned() } else { why };
    if let Some((why, hint)) = late_alert(&why) {
        return SourceError { class: ErrorClass::Tls, what: format!("{call}: {why}"), hint };
    }
    let error = SourceError::new(ErrorClass::Connect, format!("{call}: {why}"));
    if why.contains("refused") && proxy_is_set() {
        error.with_hint("nothing listens there, or at the proxy that HTTP_PROXY or HTTPS_PROXY names: check both")
    } else if why.contains("refused") {
        error.with_hint("nothing listens there: check host and port, and that the server runs")
    } else if why.contains("broke") && call.contains(" http://") {
        error.with_hint("if that port speaks TLS, use https:// in the url")
    } else if (why.contains("closed") || why.contains("broke")) && call.contains(" https://") {
        error.with_hint("something accepted and hung up: it may want a client certificate (client_cert, client_key)")
    } else if why.contains("closed") {
        error.with_hint("something accepted and hung up: check the port, and the proxy or load balancer there")
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

/// Whether the environment asks for a proxy. The error does not tell which of the two machines refused.
fn proxy_is_set() -> bool {
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        .into_iter()
        .flat_map(|name| [name.to_owned(), name.to_ascii_lowercase()])
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
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
                hint("ca_file must name the PEM file of the authority that issued it"),
            ),
            other => (format!("the server's certificate was refused: {}", sanitise(&other.to_string())), None),
        },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            ("the server does not speak TLS there".to_owned(), hint("use http:// in the url, or the TLS port"))
        }
        rustls::Error::AlertReceived(alert) => tls_alert(&format!("{alert:?}")),
        other => (format!("TLS failed: {}", sanitise(&other.to_string())), None),
    }
}

/// How rustls begins to say that the server gave up.
const FATAL_ALERT: &str = "received fatal alert: ";

/// A client certificate is refused after the handshake, and of what TLS says then HTTP/2 keeps the words only.
fn late_alert(why: &str) -> Option<(String, Option<String>)> {
    why.split_once(FATAL_ALERT).map(|(_, alert)| tls_alert(alert))
}

fn tls_alert(alert: &str) -> (String, Option<String>) {
    let why = format!("the server ended the TLS handshake: {alert}");
    (why, Some("it may want a client certificate, or another one: see client_cert and client_key".to_owned()))
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

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    #[test]
    fn tls_failures_are_told_apart() {
        for (error, expected, next) in [
            (rustls::Error::from(CertificateError::Expired), "certificate has expired", "renew"),
            (CertificateError::NotValidYet.into(), "not valid yet", "clock"),
            (CertificateError::NotValidForName.into(), "for another host name", "name"),
            (CertificateError::UnknownIssuer.into(), "unknown issuer", "ca_file"),
            (InvalidMessage::InvalidContentType.into(), "does not speak TLS", "http://"),
            (rustls::Error::AlertReceived(AlertDescription::CertificateRequired), "CertificateRequired", "client_cert"),
        ] {
            let (why, hint) = tls_failure(&error);
            assert!(why.contains(expected), "{why}");
            assert!(hint.unwrap().contains(next), "{why}");
        }
    }

    #[test]
    fn an_alert_is_known_by_its_words_where_only_those_are_left() {
        let alert = rustls::Error::AlertReceived(AlertDescription::BadCertificate);
        assert_eq!(late_alert(&alert.to_string()), Some(tls_failure(&alert)));
        assert_eq!(late_alert("connection refused"), None);
    }

    #[test]
    fn a_cause_is_found_inside_an_io_error() {
        let wrapped = io::Error::other(rustls::Error::from(CertificateError::Revoked));
        assert!(find::<rustls::Error>(&wrapped).is_some());
        assert_eq!(innermost(&io::Error::other("a\x1bb")), "a\\u{1b}b");
    }

    #[test]
    fn short_times_are_told_with_their_tenths() {
        for (millis, text) in [(300, "0.3s"), (1_500, "1.5s"), (5_000, "5s"), (70_000, "1m")] {
            assert_eq!(patience(Duration::from_millis(millis)), text);
        }
    }
}

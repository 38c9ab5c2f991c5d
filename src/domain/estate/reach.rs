//! What an attempt to connect shows.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

/// How an attempt to connect ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// It was accepted.
    Made {
        /// From where, and where to.
        to: IpAddr,
        /// How long it took.
        took: Duration,
    },
    /// It was refused: the machine is there and nothing listens.
    Refused,
    /// Nothing answered in this time.
    TimedOut(Duration),
    /// There is no route.
    Unreachable,
    /// The name does not resolve, and why.
    Unresolved(String),
    /// Something else.
    Failed(String),
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It, or one above it, has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// Nobody trusted issued it.
    UnknownIssuer,
    /// Another reason, told in words beside it.
    Other,
}

/// One certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject, as far as it says one (`CN=grafana.example.com`).
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// From when on it is valid.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
}

/// How a TLS handshake went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Certificates, the server's own first.
    pub chain: Vec<Certificate>,
    /// Why they are not trusted, where they are not, with the reason in words.
    pub distrust: Option<(Distrust, String)>,
    /// The protocol agreed on (`TLS 1.3`), where the handshake came that far.
    pub protocol: Option<String>,
    /// How it ended early, where it did.
    pub cut_short: Option<String>,
    /// Which address answered.
    pub to: Option<IpAddr>,
    /// How long it took.
    pub took: Duration,
}

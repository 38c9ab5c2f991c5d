//! The one way a `reqwest` client is made: TLS by rustls on ring, the system's certificates plus the configured ones,
//! proxies from the environment, no redirects.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, redirect};

use crate::config;
use crate::domain::{ErrorClass, SourceError};

/// The longest a connection may take to be made, whatever the request's own time-out.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an idle connection is kept for the next round.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// The largest certificate or key file read, in bytes.
const MAX_PEM: u64 = 1024 * 1024;

/// What decides how connections are made. Backends that agree on it share one client and its connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trust {
    /// A PEM file of certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM files of a client certificate and its key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The longest a connection may take to be made.
    pub connect_timeout: Duration,
}

impl Default for Trust {
    fn default() -> Self {
        Self { ca_file: None, client_certificate: None, connect_timeout: CONNECT_TIMEOUT }
    }
}

impl Trust {
    /// As an HTTP backend's settings say.
    pub fn of(settings: &config::Http) -> Self {
        Self {
            ca_file: settings.ca_file.clone(),
            client_certificate: settings.client_certificate.clone(),
            connect_timeout: settings.timeout.min(CONNECT_TIMEOUT),
        }
    }
}

/// Makes a client. Reads files and the system's certificates (some 25 ms): call it off the async threads.
///
/// Proxies come from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Redirects are not followed: whoever
/// sends the request decides. There is no overall time-out: set one on each request.
///
/// # Errors
/// [`ErrorClass::Local`] where a file cannot be read or holds no certificate or key.
pub fn client(trust: &Trust) -> Result<Client, SourceError> {
    // Another part of the program may have installed the same provider before: that is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let roots = trust.ca_file.as_deref().map_or_else(|| Ok(Vec::new()), authorities)?;
    let identity = trust.client_certificate.as_ref().map(|(cert, key)| identity(cert, key)).transpose()?;
    let with_system = builder(trust, identity.clone()).tls_certs_merge(roots.clone()).build();
    // A slim container has no system certificates at all. Plain HTTP and the configured authorities still work there.
    with_system.or_else(|_| builder(trust, identity).tls_certs_only(roots).build()).map_err(|error| {
        let why = super::failure::innermost(&error);
        let error = SourceError::new(ErrorClass::Local, format!("cannot set up TLS: {why}"));
        if trust.client_certificate.is_some() {
            error.with_hint("check that client_key is the key of client_cert")
        } else {
            error
        }
    })
}

fn builder(trust: &Trust, identity: Option<Identity>) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("rounds/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(trust.connect_timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .tcp_nodelay(true);
    match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
}

fn authorities(file: &Path) -> Result<Vec<Certificate>, SourceError> {
    let certificates = Certificate::from_pem_bundle(&pem(file, "ca_file")?)
        .map_err(|error| unusable(file, "ca_file", &super::failure::innermost(&error)))?;
    if certificates.is_empty() {
        return Err(unusable(file, "ca_file", "it holds no PEM certificate"));
    }
    Ok(certificates)
}

fn identity(cert: &Path, key: &Path) -> Result<Identity, SourceError> {
    let mut both = pem(cert, "client certificate")?;
    both.push(b'\n');
    both.extend(pem(key, "client key")?);
    Identity::from_pem(&both).map_err(|_| {
        unusable(cert, "client certificate", &format!("it and {} hold no PEM certificate and key", key.display()))
    })
}

fn pem(file: &Path, role: &str) -> Result<Vec<u8>, SourceError> {
    let size = std::fs::metadata(file).map_err(|error| unusable(file, role, &error.to_string()))?.len();
    if size > MAX_PEM {
        return Err(unusable(file, role, "it is larger than 1 MiB"));
    }
    std::fs::read(file).map_err(|error| unusable(file, role, &error.to_string()))
}

fn unusable(file: &Path, role: &str, why: &str) -> SourceError {
    SourceError::new(ErrorClass::Local, format!("cannot use {role} {}: {why}", file.display()))
}

/// Clients made so far, by what they trust. Cheap to clone; clones share.
#[derive(Debug, Clone, Default)]
pub struct Clients(Arc<Mutex<HashMap<Trust, Client>>>);

impl Clients {
    /// The client for `trust`, made on first use and off the async threads.
    ///
    /// # Errors
    /// As [`client`]; the next call tries again.
    pub async fn get(&self, trust: &Trust) -> Result<Client, SourceError> {
        if let Some(client) = self.known(trust) {
            return Ok(client);
        }
        let clients = self.clone();
        let trust = trust.clone();
        let made = tokio::task::spawn_blocking(move || {
            let made = client(&trust)?;
            let mut known = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(known.entry(trust).or_insert(made).clone())
        });
        made.await
            .map_err(|_| SourceError::new(ErrorClass::Local, "cannot set up TLS: the program is shutting down"))?
    }

    /// Makes the next [`Clients::get`] read the certificate files again: one may have been renewed.
    pub fn forget(&self, trust: &Trust) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(trust);
    }

    fn known(&self, trust: &Trust) -> Option<Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(trust).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_used_are_named() {
        for (trust, expected) in [
            (Trust { ca_file: Some("/nonexistent/ca.pem".into()), ..Trust::default() }, "ca_file /nonexistent/ca.pem"),
            (Trust { ca_file: Some("Cargo.toml".into()), ..Trust::default() }, "holds no PEM certificate"),
            (
                Trust { client_certificate: Some(("Cargo.toml".into(), "Cargo.toml".into())), ..Trust::default() },
                "hold no PEM certificate and key",
            ),
        ] {
            let error = client(&trust).unwrap_err();
            assert_eq!(error.class, ErrorClass::Local);
            assert!(error.what.contains(expected), "{}", error.what);
        }
    }

    #[tokio::test]
    async fn backends_that_agree_share_a_client_until_it_is_forgotten() {
        let clients = Clients::default();
        clients.get(&Trust::default()).await.unwrap();
        assert!(clients.clone().known(&Trust::default()).is_some());
        clients.forget(&Trust::default());
        assert!(clients.known(&Trust::default()).is_none());
    }
}

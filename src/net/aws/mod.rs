//! AWS: one set-up per context. Region and credentials are looked for on first use and again after they proved bad.

mod chain;
pub mod ecs;
mod explain;
#[cfg(test)]
pub(crate) mod fake;
mod profile;
pub mod query;
mod session;
mod transport;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use self::chain::Loaded;
pub use self::explain::Call;
pub use self::session::Session;
use self::transport::Transport;
use super::Meter;
use super::http::{Clients, Trust};
use crate::config;
use crate::domain::{ErrorClass, SourceError};
use crate::format;

/// How long things may take and how often they are tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Attempts of one call, the first included.
    pub(crate) attempts: u32,
    /// The wait before the second attempt, at most; then doubling.
    pub(crate) first_backoff: Duration,
    /// The longest wait between attempts.
    pub(crate) longest_backoff: Duration,
    /// The longest a connection may take to be made.
    pub(crate) connect: Duration,
    /// The longest one attempt may take.
    pub(crate) attempt: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_backoff: Duration::from_millis(250),
            longest_backoff: Duration::from_secs(2),
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(8),
        }
    }
}

/// Who we are to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The user's or assumed role's ARN.
    pub arn: String,
}

/// One context's way to AWS. Cheap to clone; clones share credentials.
#[derive(Debug, Clone)]
pub struct Aws(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: config::Aws,
    clients: Clients,
    pace: Pace,
    /// Credentials to use instead of the chain's.
    given: Option<SharedCredentialsProvider>,
    /// Counts requests that are nobody's in particular: for credentials and metadata.
    meter: Meter,
    /// For services of this machine, past every proxy.
    direct: OnceCell<reqwest::Client>,
    loaded: tokio::sync::Mutex<Option<Arc<Loaded>>>,
    /// The region last found, for showing.
    region: Mutex<Option<String>>,
}

impl Aws {
    /// Takes the settings in. Does no I/O.
    pub fn open(settings: config::Aws, clients: &Clients) -> Self {
        Self::with(settings, clients, Pace::default(), None)
    }

    /// As [`Aws::open`], with another pace and with credentials that need no looking for.
    pub(crate) fn with(
        settings: config::Aws,
        clients: &Clients,
        pace: Pace,
        given: Option<SharedCredentialsProvider>,
    ) -> Self {
        let region = Mutex::new(settings.region.clone());
        Self(Arc::new(Inner {
            settings,
            clients: clients.clone(),
            pace,
            given,
            meter: Meter::default(),
            direct: OnceCell::new(),
            loaded: tokio::sync::Mutex::default(),
            region,
        }))
    }

    /// What was configured.
    pub fn settings(&self) -> &config::Aws {
        &self.0.settings
    }

    /// The region, where it is configured or was found.
    pub fn region(&self) -> Option<String> {
        self.0.region.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where AWS is, for a person: the region, and the endpoint where another one is configured.
    pub fn place(&self) -> String {
        let region = self.region().unwrap_or_else(|| "region not known yet".to_owned());
        match &self.0.settings.endpoint_url {
            Some(url) => format!("{region} at {}", url.origin().ascii_serialization()),
            None => region,
        }
    }

    /// Requests sent for credentials so far.
    pub fn requests(&self) -> u64 {
        self.0.meter.total()
    }

    /// Access for one round that may take `within` and whose requests `meter` counts. Looks for region and credentials
    /// where they are not known (any more).
    ///
    /// # Errors
    /// [`ErrorClass::Credentials`] and [`ErrorClass::Local`] with the next step to take; a failure is not remembered.
    pub async fn session(&self, meter: &Meter, within: Duration) -> Result<Session, SourceError> {
        let begun = Instant::now();
        let trust = trust();
        let client = self.0.clients.get(&trust).await.map_err(|error| match trust.ca_file {
            Some(_) => error.with_hint("AWS_CA_BUNDLE names this file: correct or unset it"),
            None => error,
        })?;
        let direct = self.0.direct.get_or_try_init(|| async { transport::direct() }).await?;
        let transport = Transport::new(client, direct.clone(), self.0.meter.clone());
        let loaded = timeout_at(begun + within * 9 / 10, self.loaded(&transport)).await.map_err(|_| {
            let waited = format::duration(within * 9 / 10);
            SourceError::new(ErrorClass::Timeout, format!("aws: no credentials within {waited}"))
                .with_hint("see how long this takes: aws sts get-caller-identity")
        })??;
        Ok(Session::new(self.clone(), loaded, transport.counted_by(meter.clone()), begun, within))
    }

    async fn loaded(&self, transport: &Transport) -> Result<Arc<Loaded>, SourceError> {
        let mut known = self.0.loaded.lock().await;
        if let Some(loaded) = known.as_ref() {
            return Ok(Arc::clone(loaded));
        }
        let loaded = chain::load(&self.0.settings, transport, &self.0.pace, self.0.given.clone()).await?;
        *self.0.region.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded.region.clone());
        Ok(Arc::clone(known.insert(Arc::new(loaded))))
    }

    /// Makes the next session look for credentials again, unless that has happened since `bad` were handed out.
    async fn forget(&self, bad: &Arc<Loaded>) {
        let mut known = self.0.loaded.lock().await;
        if known.as_ref().is_some_and(|loaded| Arc::ptr_eq(loaded, bad)) {
            *known = None;
        }
    }

    /// Makes the next session read the certificate authorities again.
    fn forget_trust(&self) {
        self.0.clients.forget(&trust());
    }

    fn pace(&self) -> &Pace {
        &self.0.pace
    }
}

/// AWS's own variable for a company's certificate authority.
fn trust() -> Trust {
    let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    Trust { ca_file: bundle.map(PathBuf::from), ..Trust::default() }
}

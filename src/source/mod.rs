//! Reads, and only reads: each backend's wire format becomes domain values here, and every text that comes from
//! outside passes [`crate::format::sanitise`] on its way in.

pub mod alertmanager;
pub mod checking;
pub mod cloudwatch;
pub mod ecs;
pub mod foreign;
pub mod grafana;
pub mod logs;
pub mod probe;
pub mod prometheus;
pub mod shell;
pub mod sim;

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Chart, ChartAsk, Checkup, ErrorClass, Ingest, Reading, ServiceId, SourceError, SourceKind};

/// A boxed future, as a trait object's methods must return.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One round's question.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The moment the round is for: "now" of every query in it.
    pub now: Timestamp,
    /// How long the round may take in all. A source gives up by itself before that and says what it was waiting for.
    pub within: Duration,
    /// CloudWatch only: the services that need CPU and memory from it.
    pub wanted: Vec<ServiceId>,
}

/// One backend of one context. Opening one does no I/O: clients, credentials and certificates are loaded on the
/// first read, off the first frame's path.
pub trait Source: Send + Sync {
    /// Which backend.
    fn kind(&self) -> SourceKind;

    /// Where it is, free of secrets.
    fn place(&self) -> String;

    /// Whether it is asked for alerts.
    fn owes_alerts(&self) -> bool {
        self.kind().has_alerts()
    }

    /// Requests sent so far.
    fn requests(&self) -> u64;

    /// One round of requests. Fails only when nothing useful came back; parts that fail are in the reading's `problems`.
    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>>;

    /// Charts of one service.
    fn chart<'a>(&'a self, _ask: &'a ChartAsk, _now: Timestamp) -> Answer<'a, Result<Chart, SourceError>> {
        Box::pin(async { Err(SourceError::new(ErrorClass::Unsupported, "this source has no charts")) })
    }

    /// How much it takes in, where it is something that takes in samples and says so.
    fn ingest(&self, _now: Timestamp) -> Answer<'_, Result<Option<Ingest>, SourceError>> {
        Box::pin(async { Ok(None) })
    }

    /// What `rounds doctor` says: reachability, credentials, permissions, versions, each with the next step.
    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>>;
}

/// How long a source itself waits: a little less than it is given, so that it can still say what it was waiting for.
pub(crate) fn patience(within: Duration) -> Duration {
    within.saturating_sub((within / 10).min(Duration::from_millis(500)))
}

//! Checks: read-only questions asked one at a time. What is looked at comes through `estate::Estate`, once for the real
//! world and once for the simulated one; what it means is decided in `judge`, which knows no difference.

mod judge;

use std::sync::Arc;

use jiff::Timestamp;

use super::Answer;
use crate::config;
use crate::domain::{Check, CheckResult, ServiceId, Snapshot, Trace};
use crate::net::aws::Aws;
use crate::net::http::Clients;
use crate::sim::World;

/// Answers checks of one context. A check never fails: what cannot be found out is
/// [`crate::domain::CheckState::Unknown`], with why.
pub trait Prober: Send + Sync {
    /// Looks, and says what was found. `snapshot` is the latest look at everything; `now` its clock's time.
    fn ask<'a>(&'a self, check: &'a Check, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, CheckResult>;

    /// Walks the way of a request to a service.
    fn trace<'a>(&'a self, service: &'a ServiceId, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, Trace>;
}

/// The checks of a context of the configuration. No I/O happens before the first question.
pub fn open(context: &config::Context, aws: Option<&Aws>, clients: &Clients) -> Arc<dyn Prober> {
    let _ = (context, aws, clients);
    Arc::new(Blind)
}

/// The checks of a simulated world.
pub fn simulated(world: Arc<World>) -> Arc<dyn Prober> {
    drop(world);
    Arc::new(Blind)
}

/// Sees nothing yet, and says so.
struct Blind;

impl Prober for Blind {
    fn ask<'a>(&'a self, check: &'a Check, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, CheckResult> {
        Box::pin(judge::ask(check, snapshot, now))
    }

    fn trace<'a>(&'a self, service: &'a ServiceId, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, Trace> {
        Box::pin(judge::trace(service, snapshot, now))
    }
}

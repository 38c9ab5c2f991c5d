//! Checks: read-only questions asked one at a time. What is looked at comes through [`estate::Estate`], once for the real
//! world and once for the simulated one; what it means is decided in [`judge`], which knows no difference.

mod estate;
mod judge;
mod real;
mod simulated;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::judge::Case;
use self::real::Access;
use self::simulated::Looking;
use super::Answer;
use super::foreign::OwnerLabels;
use super::logs::{self, LogSource};
use crate::config;
use crate::domain::{Check, CheckResult, Policy, ServiceId, Snapshot, Trace};
use crate::net::aws::Aws;
use crate::net::http::{Clients, Deadline};
use crate::sim::World;

/// The longest a question may take, whatever it looks at.
const LIMIT: Duration = Duration::from_secs(30);

/// Answers checks of one context. A check never fails: what cannot be found out is
/// [`crate::domain::CheckState::Unknown`], with why.
pub trait Prober: Send + Sync {
    /// Looks, and says what was found. `snapshot` is the latest look at everything; `now` its clock's time.
    fn ask<'a>(&'a self, check: &'a Check, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, CheckResult>;

    /// Walks the way of a request to a service.
    fn trace<'a>(&'a self, service: &'a ServiceId, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, Trace>;
}

/// The checks of a context of the configuration. No I/O happens before the first question.
pub fn open(
    context: &config::Context,
    aws: Option<&Aws>,
    clients: &Clients,
    logs: Option<Arc<dyn LogSource>>,
) -> Arc<dyn Prober> {
    Arc::new(Real {
        access: Access::new(context, aws, clients),
        labels: OwnerLabels::of(context.prometheus.as_ref()),
        policy: context.policy.clone(),
        logs,
    })
}

/// The checks of a simulated world.
pub fn simulated(world: &Arc<World>) -> Arc<dyn Prober> {
    Arc::new(Simulated {
        world: Arc::clone(world),
        labels: OwnerLabels::default(),
        policy: Policy::default(),
        logs: logs::sim::open(Arc::clone(world)),
    })
}

struct Real {
    access: Access,
    labels: OwnerLabels,
    policy: Policy,
    logs: Option<Arc<dyn LogSource>>,
}

struct Simulated {
    world: Arc<World>,
    labels: OwnerLabels,
    policy: Policy,
    logs: Arc<dyn LogSource>,
}

impl Prober for Real {
    fn ask<'a>(&'a self, check: &'a Check, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, CheckResult> {
        Box::pin(async move {
            let began = Deadline::after(LIMIT);
            let look = self.access.look(now);
            let case = Case {
                estate: &look,
                logs: self.logs.as_deref(),
                labels: &self.labels,
                policy: &self.policy,
                snapshot,
                now,
            };
            let answer = tokio::time::timeout(LIMIT, Box::pin(judge::ask(&case, check))).await;
            let mut answer = answer.unwrap_or_else(|_| judge::late(check, now, LIMIT));
            answer.took = began.elapsed();
            answer
        })
    }

    fn trace<'a>(&'a self, service: &'a ServiceId, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, Trace> {
        Box::pin(async move {
            let began = Deadline::after(LIMIT);
            let look = self.access.look(now);
            let case = Case {
                estate: &look,
                logs: self.logs.as_deref(),
                labels: &self.labels,
                policy: &self.policy,
                snapshot,
                now,
            };
            let mut trace = Box::pin(judge::trace(&case, service)).await;
            trace.took = began.elapsed();
            trace
        })
    }
}

impl Prober for Simulated {
    fn ask<'a>(&'a self, check: &'a Check, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, CheckResult> {
        Box::pin(async move {
            let look = Looking { world: &self.world, now };
            let case = Case {
                estate: &look,
                logs: Some(&*self.logs),
                labels: &self.labels,
                policy: &self.policy,
                snapshot,
                now,
            };
            judge::ask(&case, check).await
        })
    }

    fn trace<'a>(&'a self, service: &'a ServiceId, snapshot: &'a Snapshot, now: Timestamp) -> Answer<'a, Trace> {
        Box::pin(async move {
            let look = Looking { world: &self.world, now };
            let case = Case {
                estate: &look,
                logs: Some(&*self.logs),
                labels: &self.labels,
                policy: &self.policy,
                snapshot,
                now,
            };
            judge::trace(&case, service).await
        })
    }
}

#[cfg(test)]
mod tests;

//! All that is known at one instant.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Alert, Dashboard, Deployment, EcsService, Finding, FindingKind, Observed, Series, ServiceId, Signal, Silence,
    SourceKind, SourceState, SourceStatus, Target, TaskDefinition, Verdict,
};

/// Which environment is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContextInfo {
    /// The context's name in the configuration.
    pub name: String,
    /// Whether it is production: shown in the header, guarded when changing things.
    pub production: bool,
    /// Whether it is the simulated fleet.
    pub demo: bool,
    /// The AWS region.
    pub region: Option<String>,
    /// The AWS account, twelve digits, once known.
    pub account: Option<String>,
    /// Who we are to AWS, once known.
    pub caller_arn: Option<String>,
}

/// How many tasks there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// In RUNNING.
    pub running: u32,
    /// Wanted.
    pub desired: u32,
    /// Starting.
    pub pending: u32,
}

/// One signal of one service, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalHealth {
    /// The value now.
    pub now: Observed<f64>,
    /// The last hour or so, with gaps.
    pub series: Option<Arc<Series>>,
    /// What the value alone says, before any `for`; colours the cell.
    pub level: Verdict,
    /// The query or call that gave it.
    pub query: Option<Arc<str>>,
}

/// One row: a service and everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceHealth {
    /// Cluster and name.
    pub id: ServiceId,
    /// The worst of the findings.
    pub verdict: Verdict,
    /// Worst first, then by kind.
    pub findings: Vec<Finding>,
    /// Tasks running, wanted and starting.
    pub tasks: Observed<TaskCounts>,
    /// Indexed by [`Signal`] as in [`Signal::ALL`]; use [`ServiceHealth::signal`].
    pub signals: [SignalHealth; 7],
    /// Whether this is one of the monitoring stack's own services.
    pub is_stack: bool,
    /// When something was last changed: the newest deployment's beginning.
    pub changed_at: Option<Timestamp>,
    /// What ECS says, where it was read.
    pub ecs: Option<Arc<EcsService>>,
    /// Image and size of the definition in force, where read.
    pub definition: Option<Arc<TaskDefinition>>,
    /// Positions in [`Snapshot::alerts`], worst first.
    pub alerts: Vec<usize>,
    /// Positions in [`Snapshot::targets`].
    pub targets: Vec<usize>,
}

impl ServiceHealth {
    /// One signal.
    pub const fn signal(&self, signal: Signal) -> &SignalHealth {
        &self.signals[signal as usize]
    }

    /// The newest deployment, where ECS was read.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.ecs.as_ref()?.deployments.first()
    }
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ChangeKind")]
pub enum OccurrenceKind {
    /// A deployment began.
    Deployed,
    /// A task stopped outside a deployment.
    TaskStopped,
    /// An alert began to fire.
    AlertFired,
    /// An alert was there and is no longer; known only from what this process saw.
    AlertResolved,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: OccurrenceKind,
    /// To whom, where it was a service.
    pub service: Option<ServiceId>,
    /// In one line, without the service's name (`deployment api:118`).
    pub text: String,
}

/// How far it can be seen whether alerts fire. Only where it is [`AlertSight::Whole`] does an empty list mean that none
/// does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertSight {
    /// Every source that ought to tell of alerts does.
    Whole,
    /// Some do, and these ought to and do not.
    Part(Vec<SourceKind>),
    /// None does any more; one last did at that time.
    Lost(Timestamp),
    /// None ever did.
    Never,
}

/// All that is known at one instant. Immutable; shared by [`Arc`].
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Which environment.
    pub context: ContextInfo,
    /// When it was put together.
    pub at: Timestamp,
    /// The worst of everything below.
    pub verdict: Verdict,
    /// Worst first, then by cluster and name.
    pub services: Vec<ServiceHealth>,
    /// Findings that belong to no service: sources that fail, alerts and targets without an owner. Worst first.
    pub findings: Vec<Finding>,
    /// One list of all alerts: firing before pending before suppressed, worst first, newest first.
    pub alerts: Vec<Alert>,
    /// Active and pending silences.
    pub silences: Vec<Silence>,
    /// Active scrape targets, the broken ones first.
    pub targets: Vec<Target>,
    /// Whether targets could be read at all.
    pub targets_known: bool,
    /// Every configured source.
    pub sources: Vec<SourceStatus>,
    /// Dashboards, for links.
    pub dashboards: Vec<Dashboard>,
    /// The last 24 hours, newest first.
    pub changes: Vec<Occurrence>,
    /// Owners in metrics that match no service, sorted (shown on the Sources screen; they change no verdict).
    pub strangers: Vec<String>,
    /// Things to tell the operator that are no findings (`prometheus is not configured: ...`).
    pub notes: Vec<String>,
}

impl Snapshot {
    /// The most changes that are kept: where there are as many, older ones of the 24 hours are left out.
    pub const MOST_CHANGES: usize = 500;

    /// Services by verdict: how many are critical, warning, unknown and ok, in that order.
    pub fn tally(&self) -> [(Verdict, usize); 4] {
        Verdict::WORST_FIRST
            .map(|verdict| (verdict, self.services.iter().filter(|service| service.verdict == verdict).count()))
    }

    /// A service by its id.
    pub fn service(&self, id: &ServiceId) -> Option<&ServiceHealth> {
        self.services.iter().find(|service| service.id == *id)
    }

    /// Whether nobody who reported the alert answers any more: it may have ended since.
    pub fn is_stale(&self, alert: &Alert) -> bool {
        let answers = |kind: &SourceKind| {
            self.source(*kind).is_none_or(|source| matches!(source.state, SourceState::Fresh { .. }))
        };
        !alert.seen_in.iter().any(answers)
    }

    /// How far it can be seen whether alerts fire.
    pub fn alert_sight(&self) -> AlertSight {
        let blind = self.sources.iter().filter(|source| source.blind_to_alerts().is_some());
        let blind: Vec<SourceKind> = blind.map(|source| source.kind).collect();
        if self.sources.iter().any(SourceStatus::sees_alerts) {
            return if blind.is_empty() { AlertSight::Whole } else { AlertSight::Part(blind) };
        }
        let told = self.sources.iter().filter(|source| source.tells_alerts).filter_map(SourceStatus::last_good);
        told.max().map_or(AlertSight::Never, AlertSight::Lost)
    }

    /// Whether ECS was read at its last turn, and all of it: a deployment or a stop that is not listed was none.
    pub fn sees_ecs(&self) -> bool {
        self.source(SourceKind::Ecs).is_some_and(|ecs| matches!(ecs.state, SourceState::Fresh { .. }))
            && !self.findings.iter().any(|it| it.kind == FindingKind::Source && it.evidence.source == SourceKind::Ecs)
            && self.services.iter().filter_map(|service| service.ecs.as_ref()).all(|ecs| ecs.tasks_known)
    }

    /// A source, where it is configured.
    pub fn source(&self, kind: SourceKind) -> Option<&SourceStatus> {
        self.sources.iter().find(|source| source.kind == kind)
    }
}

//! The shape of the JSON. Doc comments here are the schema's descriptions and the reference table of `docs/once.md`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::SCHEMA;
use crate::domain::{ErrorClass, FindingKind, OccurrenceKind, Severity, SourceKind, Unit, Verdict};

/// A moment in UTC, as RFC 3339 writes it.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Moment(pub Timestamp);

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// One round of looking at everything.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = SCHEMA)]
pub struct Once {
    /// Name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// Which environment was looked at.
    pub context: Context,
    /// When the round was put together. Every age is counted from here.
    pub at: Moment,
    /// The worst of everything; `unknown` when no source answered.
    pub verdict: Verdict,
    /// The verdict as an exit code (0 ok, 1 warning, 2 critical, 3 unknown), before `--fail-on`.
    pub exit_code: u8,
    /// How many there are of what. Counts everything, also what `--problems` leaves out.
    pub summary: Summary,
    /// Whether services that are ok were left out of `services`.
    pub problems_only: bool,
    /// Services, worst first.
    pub services: Vec<Service>,
    /// Findings that belong to no service.
    pub findings: Vec<Finding>,
    /// Every alert from every source: firing, then pending, then suppressed.
    pub alerts: Vec<Alert>,
    /// Active and pending silences.
    pub silences: Vec<Silence>,
    /// Scrape targets that are not up; `null` when targets could not be read.
    pub broken_targets: Option<Vec<Target>>,
    /// Every configured source.
    pub sources: Vec<Source>,
    /// What happened in the last 24 hours, newest first.
    pub changes: Vec<Change>,
    /// Names in metrics that match no service. They change no verdict.
    pub unmatched: Vec<String>,
    /// Things to know that are no findings.
    pub notes: Vec<String>,
}

/// Which environment was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Context {
    /// Its name in the configuration.
    pub name: String,
    /// Whether it is production.
    pub production: bool,
    /// Whether it is the simulated fleet: nothing in this document is real.
    pub demo: bool,
    /// The AWS region.
    pub region: Option<String>,
    /// The AWS account.
    pub account: Option<String>,
}

/// How many there are of what.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Services by verdict.
    pub services: ServiceCounts,
    /// Alerts by state.
    pub alerts: AlertCounts,
    /// Scrape targets by health; `null` when targets could not be read.
    pub targets: Option<TargetCounts>,
    /// Sources by whether they answered.
    pub sources: SourceCounts,
}

/// Services by verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceCounts {
    /// All of them.
    pub total: usize,
    /// Critical ones.
    pub critical: usize,
    /// Those with a warning.
    pub warning: usize,
    /// Those that could not be judged.
    pub unknown: usize,
    /// Healthy ones.
    pub ok: usize,
}

/// Alerts by state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AlertCounts {
    /// Firing and heard by somebody.
    pub firing: usize,
    /// Pending.
    pub pending: usize,
    /// Silenced, inhibited or muted.
    pub suppressed: usize,
}

/// Scrape targets by health.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TargetCounts {
    /// Answered at the last scrape.
    pub up: usize,
    /// Did not.
    pub down: usize,
    /// Not scraped yet.
    pub unknown: usize,
}

/// Sources by whether they answered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceCounts {
    /// Configured.
    pub total: usize,
    /// Answered at the last attempt.
    pub fresh: usize,
}

/// A service's name and where it runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceName {
    /// The cluster; `null` for a service that is known from metrics only.
    pub cluster: Option<String>,
    /// The service.
    pub name: String,
}

/// One service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Service {
    /// The cluster; `null` for a service that is known from metrics only.
    pub cluster: Option<String>,
    /// The service's name.
    pub name: String,
    /// The worst of its findings.
    pub verdict: Verdict,
    /// Whether it belongs to the monitoring stack itself.
    pub stack: bool,
    /// The reasons for the verdict, worst first.
    pub findings: Vec<Finding>,
    /// How many tasks there are.
    pub tasks: Tasks,
    /// What is measured of it.
    pub signals: Signals,
    /// The newest deployment; `null` when ECS was not read.
    pub deployment: Option<Deployment>,
    /// Containers and their images, where the task definition was read.
    pub images: Vec<Image>,
    /// When something was last changed.
    pub changed_at: Option<Moment>,
}

/// One reason for a verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// How bad.
    pub verdict: Verdict,
    /// About what.
    pub kind: FindingKind,
    /// One line for a person.
    pub text: String,
    /// The earliest moment it is known to have held.
    pub since: Option<Moment>,
    /// Whether it may have held for longer than can be seen.
    pub or_earlier: bool,
    /// How it is known.
    pub evidence: Evidence,
}

/// How a finding is known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// The backend.
    pub source: SourceKind,
    /// The query or API call whose answer it is.
    pub query: String,
    /// The value seen, where it is a number.
    pub value: Option<f64>,
    /// What value and threshold count.
    pub unit: Option<Unit>,
    /// The threshold that was passed.
    pub threshold: Option<f64>,
    /// How it was passed: `>` or `>=`.
    pub sign: Option<String>,
    /// When the value was measured.
    pub at: Moment,
}

/// What is known about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// Read from a source that answers.
    Fresh,
    /// The last value of a source that no longer answers.
    Stale,
    /// Should exist and is not known. The value is `null`, never 0.
    Unknown,
    /// Does not exist for this service.
    NotApplicable,
}

/// How many tasks there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tasks {
    /// What is known about the numbers.
    pub state: Knowledge,
    /// Tasks running.
    pub running: Option<u32>,
    /// Tasks wanted.
    pub desired: Option<u32>,
    /// Tasks starting.
    pub pending: Option<u32>,
    /// Where the numbers were read.
    pub source: Option<SourceKind>,
    /// When they held.
    pub at: Option<Moment>,
    /// Why they are stale, unknown or not applicable.
    pub reason: Option<String>,
}

/// The signals of a service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Signals {
    /// CPU of what the tasks reserve.
    pub cpu: Signal,
    /// Memory of what the tasks reserve.
    pub memory: Signal,
    /// Requests a second.
    pub traffic: Signal,
    /// Failed requests of all requests.
    pub errors: Signal,
    /// The latency that 95 % of requests stay under.
    pub latency_p95: Signal,
}

/// One signal of one service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Signal {
    /// What is known about the value.
    pub state: Knowledge,
    /// The value; `null` when there is none.
    pub value: Option<f64>,
    /// What it counts.
    pub unit: Unit,
    /// What the value alone says, before it has lasted for long enough to be a finding; `null` without a value.
    pub level: Option<Verdict>,
    /// Where it was read.
    pub source: Option<SourceKind>,
    /// When it was measured.
    pub at: Option<Moment>,
    /// The query or API call that gave it.
    pub query: Option<String>,
    /// Why it is stale, unknown or not applicable.
    pub reason: Option<String>,
}

/// How a rollout is going.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rollout {
    /// Still replacing tasks.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Failed,
    /// ECS does not say.
    Unknown,
}

/// One deployment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deployment {
    /// ECS's id.
    pub id: String,
    /// Family and revision of the task definition.
    pub definition: String,
    /// How the rollout is going.
    pub rollout: Rollout,
    /// Whether it undoes another.
    pub rollback: bool,
    /// ECS's text for the state of the rollout.
    pub reason: Option<String>,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks running.
    pub running: u32,
    /// Tasks starting.
    pub pending: u32,
    /// Tasks that failed in a row.
    pub failed_tasks: u32,
    /// When it began.
    pub created_at: Option<Moment>,
    /// When it last changed.
    pub updated_at: Option<Moment>,
}

/// A container and its image.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Image {
    /// The container.
    pub container: String,
    /// Its image.
    pub image: String,
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// The condition holds, not yet for long enough.
    Pending,
    /// It fires.
    Firing,
}

/// One alert.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// How bad it says it is.
    pub severity: Severity,
    /// Pending or firing.
    pub state: AlertState,
    /// Why it notifies nobody; `null` when it does.
    pub suppressed: Option<Suppressed>,
    /// Since when it is pending or firing.
    pub since: Option<Moment>,
    /// The service it is about.
    pub service: Option<ServiceName>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The value of its expression, as the server prints it.
    pub value: Option<String>,
    /// Its rule's expression.
    pub query: Option<String>,
    /// Where it can be looked at.
    pub url: Option<String>,
    /// Every source that reported it.
    pub seen_in: Vec<SourceKind>,
}

/// How an alert is kept from notifying.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedBy {
    /// By silences.
    Silenced,
    /// By other alerts.
    Inhibited,
    /// By time intervals.
    Muted,
}

/// Why an alert notifies nobody.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suppressed {
    /// How.
    pub how: SuppressedBy,
    /// Ids of the silences, fingerprints of the alerts, or names of the intervals.
    pub by: Vec<String>,
}

/// One silence.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Silence {
    /// Its id.
    pub id: String,
    /// Its matchers.
    pub matchers: Vec<String>,
    /// When it begins.
    pub starts_at: Option<Moment>,
    /// When it ends.
    pub ends_at: Option<Moment>,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Where it lives.
    pub source: SourceKind,
}

/// The last scrape's outcome.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetHealth {
    /// It failed.
    Down,
    /// Not scraped yet.
    Unknown,
    /// It succeeded.
    Up,
}

/// One scrape target.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Target {
    /// The scrape job.
    pub job: String,
    /// The `instance` label.
    pub instance: String,
    /// The URL scraped.
    pub url: String,
    /// The last scrape's outcome.
    pub health: TargetHealth,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it was.
    pub last_scrape: Option<Moment>,
}

/// How a source is doing.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Not asked, because not needed.
    Standby,
    /// Asked; no answer yet.
    Waiting,
    /// Answered at the last attempt.
    Fresh,
    /// Answered once, and is overdue.
    Stale,
    /// The last attempt failed.
    Failing,
}

/// One source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Source {
    /// Which one.
    pub name: SourceKind,
    /// Where it is.
    pub place: String,
    /// How it is doing.
    pub state: SourceState,
    /// When the last good answer was complete.
    pub at: Option<Moment>,
    /// How old that answer is, in seconds.
    pub age_s: Option<u64>,
    /// Since when it has been failing.
    pub failing_since: Option<Moment>,
    /// Why it fails.
    pub error: Option<Problem>,
    /// Parts that could not be read while the rest could.
    pub problems: Vec<Problem>,
    /// Its version, as it says itself.
    pub version: Option<String>,
    /// How long the last good round of requests took, in milliseconds.
    pub latency_ms: Option<u64>,
    /// Requests sent.
    pub requests: u64,
    /// What it says of its own health and size.
    pub facts: BTreeMap<String, String>,
}

/// Why something could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// What kind of failure.
    pub class: ErrorClass,
    /// What failed and why.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change {
    /// When.
    pub at: Moment,
    /// What kind.
    pub kind: OccurrenceKind,
    /// To which service.
    pub service: Option<ServiceName>,
    /// In one line.
    pub text: String,
}

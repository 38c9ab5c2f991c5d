//! Changes: what a person wants altered, what that would do, and how it went. Only [`crate::exec`] makes them happen.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ServiceId, SourceKind, TaskCounts};

/// One thing that can be altered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Stop one task; the scheduler puts another in its place (ECS `StopTask`).
    RestartTask {
        /// Whose.
        service: ServiceId,
        /// The task's id; a beginning that fits one task only is enough to ask for a plan.
        task: String,
    },
    /// Replace every task by a new one of the same definition (ECS `UpdateService`, forceNewDeployment).
    Redeploy {
        /// Whose.
        service: ServiceId,
    },
    /// Run another number of tasks (ECS `UpdateService`, desiredCount).
    Scale {
        /// Whose.
        service: ServiceId,
        /// Tasks wanted from now on.
        desired: u32,
    },
    /// Go back to what ran before: undo the deployment under way (ECS `StopServiceDeployment` ROLLBACK), else deploy the
    /// definition before this one.
    RollBack {
        /// Whose.
        service: ServiceId,
    },
    /// Let alerts that match notify nobody for a while.
    Silence(SilenceAsk),
    /// End a silence now.
    ExpireSilence {
        /// Its id.
        id: String,
        /// Where it lives.
        source: SourceKind,
    },
    /// Leave a note on every dashboard (a Grafana annotation).
    Annotate {
        /// The note.
        text: String,
        /// Further tags; `rounds` is always one.
        tags: Vec<String>,
    },
    /// Let Prometheus read its configuration and rules again.
    ReloadPrometheus,
    /// Make, change or destroy the backing stack, as a saved plan of Terraform says.
    Provision {
        /// Which of them.
        operation: ProvisionOperation,
        /// The environment.
        environment: String,
        /// The folder of the root module.
        folder: String,
    },
}

/// What is done with the backing stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionOperation {
    /// Made, or changed.
    Apply,
    /// Destroyed.
    Destroy,
    /// A root module written for it. Changes nothing but files here.
    Init,
    /// Planned. Changes nothing.
    Plan,
    /// Its context written into the console's configuration.
    Output,
}

impl ProvisionOperation {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Init => "init",
            Self::Plan => "plan",
            Self::Output => "output",
        }
    }
}

/// A silence as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SilenceAsk {
    /// All of them must match an alert's labels; at least one.
    pub matchers: Vec<Matcher>,
    /// For how long, in seconds.
    #[serde(with = "seconds")]
    #[schemars(with = "u64")]
    pub lasts: Duration,
    /// Why, for whoever finds it.
    pub comment: String,
    /// Where it is made: Alertmanager, or Grafana for Grafana-managed alerts.
    pub source: SourceKind,
}

/// One condition on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// What it must be, or the regular expression it must fit as a whole.
    pub value: String,
    /// Whether the value is a regular expression.
    #[serde(default)]
    pub is_regex: bool,
    /// Whether the label must *not* be that.
    #[serde(default)]
    pub is_negated: bool,
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (self.is_regex, self.is_negated) {
            (false, false) => "=",
            (false, true) => "!=",
            (true, false) => "=~",
            (true, true) => "!~",
        };
        write!(f, "{}{sign}\"{}\"", self.name, self.value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl Change {
    /// The word for it on the command line and in the journal.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::RestartTask { .. } => "restart",
            Self::Redeploy { .. } => "redeploy",
            Self::Scale { .. } => "scale",
            Self::RollBack { .. } => "rollback",
            Self::Silence(_) => "silence",
            Self::ExpireSilence { .. } => "expire-silence",
            Self::Annotate { .. } => "annotate",
            Self::ReloadPrometheus => "reload-prometheus",
            Self::Provision { .. } => "provision",
        }
    }

    /// The service it is about, where it is about one.
    pub const fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::RestartTask { service, .. }
            | Self::Redeploy { service }
            | Self::Scale { service, .. }
            | Self::RollBack { service } => Some(service),
            Self::Silence(_)
            | Self::ExpireSilence { .. }
            | Self::Annotate { .. }
            | Self::ReloadPrometheus
            | Self::Provision { .. } => None,
        }
    }
}

/// Which environment a change belongs to. Pinned in the plan: what the screen shows later does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ChangePlace {
    /// The context's name.
    pub context: String,
    /// Whether it is production.
    pub production: bool,
    /// Whether it is the simulated fleet.
    pub demo: bool,
    /// The AWS region.
    pub region: Option<String>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// Who we are to AWS.
    pub caller_arn: Option<String>,
}

impl ChangePlace {
    /// An environment of which nothing but the name is known.
    pub fn of(context: &str) -> Self {
        let context = context.to_owned();
        Self { context, production: false, demo: false, region: None, account: None, caller_arn: None }
    }
}

/// What will happen, before it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// Names this plan and everything that follows from it in the journal; unique, and sorts by time.
    pub id: String,
    /// What was asked for, its task named whole.
    pub change: Change,
    /// Where.
    pub place: ChangePlace,
    /// When it was made.
    #[schemars(with = "String")]
    pub made_at: Timestamp,
    /// The headline (`restart task 3f9c21aa of api-2`).
    pub title: String,
    /// What is now, what will be, what else is in flight, what will be watched: for a person, in order.
    pub lines: Vec<PlanLine>,
    /// How many tasks there are and will be, for changes of a service.
    pub blast: Option<Blast>,
    /// Why it should not simply be done. Empty: nothing speaks against it.
    pub objections: Vec<Objection>,
    /// The same thing as a command line of another tool (`aws ecs stop-task ...`), where there is one.
    pub same_as: Option<String>,
    /// What will be watched afterwards, in order.
    pub stages: Vec<Stage>,
    /// What must be typed to confirm it: the service's name (or the context's, where it is about no service) in production.
    pub typed: Option<String>,
    /// The facts the plan rests on, in one text; when they have changed the plan is refused.
    pub basis: String,
    /// A silence for exactly this service, from the change until it is verified, where one was asked for; the cap in seconds.
    pub silence: Option<SilenceAsk>,
    /// How long it is watched before it is given up, in seconds.
    #[serde(with = "seconds")]
    #[schemars(with = "u64")]
    pub patience: Duration,
}

impl Plan {
    /// The objections that nobody has accepted.
    pub fn unaccepted<'a>(&'a self, accepted: &'a [ObjectionKind]) -> impl Iterator<Item = &'a Objection> {
        self.objections
            .iter()
            .filter(|objection| !(objection.kind.can_be_accepted() && accepted.contains(&objection.kind)))
    }
}

/// What a plan is asked for beside the change itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanOptions {
    /// A silence for exactly this service from the change until it is verified; the cap in seconds.
    #[serde(with = "optional_seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<u64>")]
    pub silence: Option<Duration>,
    /// How long it is watched before it is given up, in seconds; the context's `change_timeout` where absent.
    #[serde(with = "optional_seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<u64>")]
    pub patience: Option<Duration>,
}

/// One line of a plan: `now`, `after`, `in flight`, `then` ... and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanLine {
    /// The word before it.
    pub label: String,
    /// The text, sanitised.
    pub text: String,
}

/// What a change does to a service's tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Blast {
    /// Running tasks now, not counting unhealthy ones.
    pub healthy_now: u32,
    /// The fewest healthy ones while it happens.
    pub healthy_during: u32,
    /// Tasks wanted now.
    pub desired_now: u32,
    /// Tasks wanted afterwards.
    pub desired_after: u32,
    /// Whether there will be a time without any.
    pub downtime: bool,
}

/// One reason against a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Objection {
    /// What kind: decides whether a person may accept it.
    pub kind: ObjectionKind,
    /// In one sentence.
    pub text: String,
}

/// Kinds of reasons against a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionKind {
    /// No healthy task would be left for a while. Accepted by `--allow-downtime`.
    Downtime,
    /// A deployment is rolling. Accepted by `--force`.
    Rolling,
    /// What the plan depends on cannot be known. Never accepted.
    Unknown,
    /// It would change nothing, or there is nothing to go back to. Never accepted.
    Pointless,
    /// The backend cannot do it (`CODE_DEPLOY`, a data source without the API). Never accepted.
    Unsupported,
    /// Changes are taken away here (`--read-only`, the context's `read_only`). Never accepted.
    ReadOnly,
}

impl ObjectionKind {
    /// Whether a person may accept it.
    pub const fn can_be_accepted(self) -> bool {
        matches!(self, Self::Downtime | Self::Rolling)
    }

    /// The flag that accepts it.
    pub const fn flag(self) -> Option<&'static str> {
        match self {
            Self::Downtime => Some("--allow-downtime"),
            Self::Rolling => Some("--force"),
            Self::Unknown | Self::Pointless | Self::Unsupported | Self::ReadOnly => None,
        }
    }
}

/// A person's yes to one plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Consent {
    /// What was typed, where the plan asks for that.
    pub typed: Option<String>,
    /// The objections accepted.
    pub accepted: Vec<ObjectionKind>,
    /// How it was given: `typed`, `key`, `--yes`, `runbook NAME --yes`.
    pub by: String,
}

/// Something that is watched after a change, in the order it comes to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The call itself was accepted.
    Call,
    /// The new tasks run and are healthy, the old ones are gone.
    Tasks,
    /// The load balancer's target group has them healthy.
    TargetGroup,
    /// Prometheus scrapes them.
    Scrape,
    /// The service's alerts are resolved.
    Alerts,
    /// The change is written where it can be read back (a silence is active or gone, an annotation or a reload is there).
    ReadBack,
}

impl Stage {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Tasks => "tasks",
            Self::TargetGroup => "target group",
            Self::Scrape => "scrape",
            Self::Alerts => "alerts",
            Self::ReadBack => "read back",
        }
    }
}

/// Where a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Its turn has not come.
    Waiting,
    /// It is watched now.
    Watching,
    /// It came to pass.
    Done,
    /// It cannot come to pass any more.
    Failed,
    /// It does not apply, or cannot be seen from here; the text says which.
    Skipped,
}

/// One stage and what is seen of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StageProgress {
    /// Which.
    pub stage: Stage,
    /// Where it is.
    pub state: StageState,
    /// What it waits for, or what was seen (`new task 81bc02aa PENDING`).
    pub text: String,
    /// How long after the change it came to pass, in seconds.
    #[serde(with = "optional_seconds", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<u64>")]
    pub after: Option<Duration>,
}

/// How a change is going.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Progress {
    /// The plan's id.
    pub plan: String,
    /// When the call left.
    #[schemars(with = "String")]
    pub began: Timestamp,
    /// When this was seen.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Every stage of the plan.
    pub stages: Vec<StageProgress>,
    /// What happened beside it and decides nothing (`the annotation could not be written: ...`), sanitised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The end, once there is one.
    pub outcome: Option<Outcome>,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was watched came to pass.
    Verified,
    /// It was made, and then something went wrong.
    Failed {
        /// What.
        why: String,
    },
    /// It was made, and what could be seen of it came to pass; something that belongs to it could not be looked at.
    Unverified {
        /// What, and why not.
        unseen: String,
    },
    /// It was made, and not everything came to pass in the time allowed.
    GaveUp {
        /// What was still waited for.
        waiting_for: String,
    },
    /// The backend refused the call, or it never got there: nothing was changed.
    NotMade {
        /// Why.
        why: String,
    },
    /// It is not known whether the call arrived (the connection broke while it was under way): look before doing it again.
    Unknown {
        /// What is known.
        why: String,
    },
    /// It was made, and nobody watched to the end (the program was told to stop, or died).
    Unwatched {
        /// What was still waited for.
        waiting_for: String,
    },
}

/// Why a change was not even begun. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// Why, in one line.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// The same with the next step to take.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether changes are possible at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GateState {
    /// Changes are taken away altogether, and why (`--read-only`, the context's `read_only`).
    ReadOnly {
        /// Who said so.
        by: String,
    },
    /// Possible once armed: how production contexts start.
    #[default]
    Disarmed,
    /// Possible until then.
    Armed {
        /// When it disarms by itself.
        until: Timestamp,
    },
    /// Possible: contexts that are not production.
    Open,
}

impl GateState {
    /// Whether a change may pass at `now`.
    pub fn lets_pass(&self, now: Timestamp) -> bool {
        match self {
            Self::ReadOnly { .. } | Self::Disarmed => false,
            Self::Armed { until } => now < *until,
            Self::Open => true,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::Failed { why } => write!(f, "failed: {why}"),
            Self::Unverified { unseen } => write!(f, "done, not verified: {unseen}"),
            Self::GaveUp { waiting_for } => write!(f, "gave up; still waiting for {waiting_for}"),
            Self::NotMade { why } => write!(f, "not made, nothing was changed: {why}"),
            Self::Unknown { why } => write!(f, "outcome unknown: {why}"),
            Self::Unwatched { waiting_for } => {
                write!(f, "made, not watched to the end; still waiting for {waiting_for}")
            }
        }
    }
}

impl Blast {
    /// The counts a service shows now.
    pub const fn now(counts: TaskCounts, healthy: u32) -> Self {
        Self {
            healthy_now: healthy,
            healthy_during: healthy,
            desired_now: counts.desired,
            desired_after: counts.desired,
            downtime: false,
        }
    }
}

/// Durations as whole seconds in JSON.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

/// Durations that may be absent, likewise.
mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands in a reference to the field")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_u64(value.as_secs()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|seconds| seconds.map(Duration::from_secs))
    }
}

//! What is known, and what it means. No I/O, no clock, no terminal.
//!
//! Sources hand in a [`Reading`] each; [`crate::assess`] joins them into one immutable [`Snapshot`] that the screens,
//! `--once` and every other output share, so that no two of them can disagree.

pub mod alert;
pub mod change;
pub mod chart;
pub mod check;
pub mod checkup;
pub mod cost;
pub mod deployment;
pub mod estate;
pub mod finding;
pub mod id;
pub mod journal;
pub mod log;
pub mod observed;
pub mod policy;
pub mod reading;
pub mod run;
pub mod runbook;
pub mod series;
pub mod service;
pub mod signal;
pub mod snapshot;
pub mod source;
pub mod target;
pub mod task;
pub mod terraform;
pub mod trace;
pub mod verdict;

pub use alert::{Alert, AlertState, Severity, Silence, Suppression};
pub use change::{
    Blast, Change, ChangePlace, Consent, GateState, Matcher, Objection, ObjectionKind, Outcome, Plan, PlanLine,
    PlanOptions, Progress, ProvisionOperation, Refusal, SilenceAsk, Stage, StageProgress, StageState,
};
pub use chart::{Chart, ChartAsk, Span};
pub use check::{CauseRow, Check, CheckKind, CheckOption, CheckResult, CheckRow, CheckState, Looked};
pub use checkup::{Checkup, CheckupState};
pub use cost::{Basis, Bill, BillLine, Ingest, Money, amounts, more_or_less};
pub use deployment::{Deployment, DeploymentStatus, Rollout, ServiceEvent};
pub use finding::{Evidence, Finding, FindingKind, Since};
pub use id::{Labels, Owner, ServiceId};
pub use log::{
    LogAsk, LogKind, LogLevel, LogLine, LogLive, LogNews, LogOrigin, LogPage, LogScope, LogState, LogStream, LogStreams,
};
pub use observed::{Observed, Sampled};
pub use policy::{Limit, Policy};
pub use reading::{
    AlertmanagerReading, CloudWatchReading, Dashboard, EcsReading, GrafanaReading, PrometheusReading, Reading,
    SignalReading, Unseen,
};
pub use run::{CauseFound, Conclusion, Run, RunDeed, RunStep, ToldInput, Unlearnt};
pub use runbook::{
    Applies, CauseWords, ChangeKind, Condition, Deed, FleetPick, InputKind, Next, Reference, RunInput, Runbook,
    RunbookOrigin, Step, StepField, StepState, Template, TemplatePart,
};
pub use series::Series;
pub use service::{Cluster, EcsService, TaskDefinition};
pub use signal::{Signal, Unit};
pub use snapshot::{
    AlertSight, ContextInfo, Occurrence, OccurrenceKind, ServiceHealth, SignalHealth, Snapshot, TaskCounts,
};
pub use source::{ErrorClass, SourceError, SourceKind, SourceState, SourceStatus};
pub use target::{Target, TargetHealth};
pub use task::{StopCode, Task, TaskHealth, TaskState};
pub use terraform::{
    Action, Diagnostic, Gravity, Lock, PlannedChange, ResourceRun, ResourceState, Tally, TerraformEvent, TerraformRun,
};
pub use trace::{Hop, HopKind, Trace};
pub use verdict::Verdict;

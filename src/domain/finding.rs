//! Reasons: what is wrong with a thing, and how that is known.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SourceKind, Unit, Verdict};

/// What a finding is about, in the order people ask: what users feel, what is broken, what is about to be. Stable names,
/// used in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Error rate past a threshold.
    Errors,
    /// Latency past a threshold.
    Latency,
    /// Fewer tasks run than are wanted.
    TasksMissing,
    /// A task has been starting for too long.
    TaskPending,
    /// A task fails its own health check.
    TaskUnhealthy,
    /// Tasks end by themselves again and again.
    CrashLoop,
    /// A task was killed for using too much memory.
    OutOfMemory,
    /// A deployment was given up.
    DeploymentFailed,
    /// A deployment has been rolling for too long.
    DeploymentStuck,
    /// A deployment was undone.
    RolledBack,
    /// CPU past a threshold.
    Cpu,
    /// Memory past a threshold.
    Memory,
    /// A scrape target does not answer.
    TargetDown,
    /// A task runs and nothing scrapes it.
    TargetMissing,
    /// A signal that used to be measured no longer is.
    MetricsStopped,
    /// A value that should exist was never seen.
    NoData,
    /// An alert fires.
    Alert,
    /// A source cannot be read.
    Source,
    /// ECS says the service is draining, inactive or missing.
    ServiceGone,
}

/// Since when something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// The earliest moment it is known to have held.
    pub at: Timestamp,
    /// Whether it may have held for longer than can be seen from here.
    pub or_earlier: bool,
}

/// How a finding is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The backend.
    pub source: SourceKind,
    /// The query or API call whose answer it is.
    pub query: String,
    /// The value seen, with its unit, where it is a number.
    pub value: Option<(f64, Unit)>,
    /// The threshold it passed and how (`>` or `>=`), in the same unit.
    pub threshold: Option<(&'static str, f64)>,
    /// When the value was measured.
    pub at: Timestamp,
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad.
    pub verdict: Verdict,
    /// About what.
    pub kind: FindingKind,
    /// One line for a person, without its age (`error rate 4.1% >= 1%`).
    pub text: String,
    /// Since when, where that is known.
    pub since: Option<Since>,
    /// How it is known.
    pub evidence: Evidence,
}

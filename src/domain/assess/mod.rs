//! Joins what the sources brought into one judged [`Snapshot`].

use jiff::Timestamp;

use super::{ContextInfo, Policy, Reading, Snapshot, SourceKind, SourceStatus};

/// The latest good reading of every source, and what only this process remembers.
#[derive(Debug, Clone, Default)]
pub struct Facts {}

impl Facts {
    /// Takes in one source's new answer.
    pub fn take(&mut self, _reading: Reading, _at: Timestamp) {}
}

/// Everything else an assessment depends on.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Which environment.
    pub context: ContextInfo,
    /// Thresholds.
    pub policy: Policy,
    /// Which services are the monitoring stack's own (globs).
    pub stack_services: Vec<String>,
    /// Services shown (globs); all when empty.
    pub services: Vec<String>,
    /// Sources that are configured.
    pub configured: Vec<SourceKind>,
}

/// The snapshot of all that is known at `now`.
pub fn assess(_facts: &Facts, _sources: &[SourceStatus], _setting: &Setting, _now: Timestamp) -> Snapshot {
    unreachable!()
}

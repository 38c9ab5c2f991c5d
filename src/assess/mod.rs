//! Joins what the sources brought into one judged [`Snapshot`].
//!
//! The readings go in as they come ([`Facts::take`]); [`assess`] is a pure function of them, of how the sources are
//! doing, and of the moment. Whatever depends on time (for how long a threshold was passed) is read from the series
//! themselves, so that one look (`--once`) and a screen that has been open for days judge alike.

mod alerts;
mod changes;
mod facts;
mod hold;
mod roster;
mod signals;
mod sources;
mod targets;
mod tasks;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    Alert, ContextInfo, Finding, Policy, ServiceHealth, ServiceId, Snapshot, SourceKind, SourceState, SourceStatus,
    Target, Verdict,
};
pub use facts::Facts;
use roster::Roster;

/// Everything an assessment depends on besides the readings.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Which environment; account and caller are filled in from what ECS says.
    pub context: ContextInfo,
    /// Thresholds.
    pub policy: Policy,
    /// Which services are the monitoring stack's own.
    pub stack_services: Vec<glob::Pattern>,
    /// Services shown, by name or by `cluster/name`; all when empty.
    pub services: Vec<glob::Pattern>,
    /// Things to tell the operator that are no findings.
    pub notes: Vec<String>,
}

impl Setting {
    fn shows(&self, id: &ServiceId) -> bool {
        self.services.is_empty()
            || self.services.iter().any(|glob| glob.matches(&id.name) || glob.matches(&id.to_string()))
    }
}

/// What the parts of an assessment share.
struct Round<'a> {
    facts: &'a Facts,
    sources: &'a [SourceStatus],
    setting: &'a Setting,
    now: Timestamp,
}

impl Round<'_> {
    fn state(&self, kind: SourceKind) -> Option<&SourceState> {
        self.sources.iter().find(|source| source.kind == kind).map(|source| &source.state)
    }

    /// Why what a source said last can no longer be relied on; `None` while it answers.
    fn why_stale(&self, kind: SourceKind) -> Option<Arc<str>> {
        match self.state(kind)? {
            SourceState::Fresh { .. } | SourceState::Standby => None,
            SourceState::Waiting => Some(format!("waiting for {kind}").into()),
            SourceState::Stale { .. } => Some(format!("{kind} does not answer").into()),
            SourceState::Failing { error, .. } => Some(format!("{kind} failing: {}", error.reason_first()).into()),
        }
    }
}

/// The snapshot of all that is known at `now`.
pub fn assess(facts: &Facts, sources: &[SourceStatus], setting: &Setting, now: Timestamp) -> Snapshot {
    let round = Round { facts, sources, setting, now };
    let roster = Roster::of(&round);
    let alerts = alerts::join(&round, &roster);
    let targets = targets::join(&round, &roster);
    let joined = Joined {
        signals: signals::Index::of(&round, &roster),
        alerts_of: by_service(&alerts, |alert| roster.position(alert.service.as_ref()?)),
        targets_of: targets::by_service(&targets, &roster),
        alerts: &alerts,
        targets: &targets,
    };

    let mut services: Vec<ServiceHealth> = roster.entries().map(|entry| service(&round, entry, &joined)).collect();
    services.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.id.cmp(&b.id)));

    let mut findings = sources::findings(&round, &services);
    findings.extend(alerts::ownerless(&round, &alerts));
    findings.extend(targets::ownerless(&round, &targets));
    sort_findings(&mut findings);

    let verdict = Verdict::worst(
        services.iter().map(|service| service.verdict).chain(findings.iter().map(|finding| finding.verdict)),
    );
    Snapshot {
        context: context(&round),
        at: now,
        verdict,
        changes: changes::of(&round, &services, &alerts),
        services,
        findings,
        alerts,
        silences: facts.silences(),
        targets_known: facts.prometheus().is_some_and(|reading| reading.targets.is_some()),
        targets,
        sources: sources.to_vec(),
        dashboards: facts.grafana().map(|reading| reading.dashboards.clone()).unwrap_or_default(),
        strangers: roster.strangers,
        notes: setting.notes.clone(),
    }
}

/// The services that need CPU and memory from CloudWatch: a task runs, and Prometheus does not give both.
pub fn lacking(facts: &Facts, sources: &[SourceStatus], setting: &Setting, now: Timestamp) -> Vec<ServiceId> {
    let round = Round { facts, sources, setting, now };
    let roster = Roster::of(&round);
    let signals = signals::Index::of(&round, &roster);
    roster
        .entries()
        .filter(|entry| entry.ecs.is_some_and(|ecs| ecs.running > 0))
        .filter(|entry| signals.lacks_resources(&round, entry.position))
        .map(|entry| entry.id.clone())
        .collect()
}

fn context(round: &Round<'_>) -> ContextInfo {
    let mut context = round.setting.context.clone();
    if let Some(ecs) = round.facts.ecs() {
        context.account = ecs.account.clone().or(context.account);
        context.caller_arn = ecs.caller_arn.clone().or(context.caller_arn);
        context.region = Some(ecs.region.clone()).filter(|region| !region.is_empty()).or(context.region);
    }
    context
}

/// Everything that is looked up for each service.
struct Joined<'a> {
    signals: signals::Index<'a>,
    alerts: &'a [Alert],
    alerts_of: HashMap<usize, Vec<usize>>,
    targets: &'a [Target],
    targets_of: HashMap<usize, Vec<usize>>,
}

fn service(round: &Round<'_>, entry: roster::Entry<'_>, joined: &Joined<'_>) -> ServiceHealth {
    let alerts = joined.alerts_of.get(&entry.position).cloned().unwrap_or_default();
    let targets = joined.targets_of.get(&entry.position).cloned().unwrap_or_default();
    let judged = joined.signals.judge(round, &entry);

    let mut findings = judged.findings;
    findings.extend(tasks::findings(round, &entry));
    findings.extend(targets::findings(round, &entry, targets.iter().map(|&position| &joined.targets[position])));
    findings.extend(alerts::findings(round, alerts.iter().map(|&position| &joined.alerts[position])));
    sort_findings(&mut findings);

    ServiceHealth {
        id: entry.id.clone(),
        verdict: Verdict::worst(findings.iter().map(|finding| finding.verdict)),
        findings,
        tasks: tasks::counts(round, &entry),
        signals: judged.signals,
        is_stack: round.setting.stack_services.iter().any(|glob| glob.matches(&entry.id.name)),
        changed_at: entry.ecs.and_then(|ecs| ecs.deployments.iter().filter_map(|d| d.created_at).max()),
        definition: entry.ecs.and_then(|ecs| round.facts.definition(&ecs.definition)),
        ecs: entry.ecs.cloned(),
        alerts,
        targets,
    }
}

/// Positions of items by the service they belong to.
fn by_service<T>(items: &[T], position_of: impl Fn(&T) -> Option<usize>) -> HashMap<usize, Vec<usize>> {
    let mut by_service: HashMap<usize, Vec<usize>> = HashMap::new();
    for (position, item) in items.iter().enumerate() {
        if let Some(service) = position_of(item) {
            by_service.entry(service).or_default().push(position);
        }
    }
    by_service
}

/// Worst first; among equals by kind, which is declared in the order people ask in.
fn sort_findings(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(a.kind.cmp(&b.kind)).then_with(|| a.text.cmp(&b.text)));
}

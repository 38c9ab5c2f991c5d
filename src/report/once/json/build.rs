//! From the domain to the wire.

use std::time::Duration;

use jiff::Timestamp;

use super::super::Options;
use super::super::words::{self, NOT_A_NUMBER, clean};
use super::SCHEMA;
use super::wire::{
    Alert, AlertCounts, AlertState, Change, Context, Deployment, Evidence, Finding, Image, Knowledge, Moment, Once,
    Problem, Rollout, Service, ServiceCounts, ServiceName, Signal, Signals, Silence, Source, SourceCounts, SourceState,
    Summary, Suppressed, SuppressedBy, Target, TargetCounts, TargetHealth, Tasks,
};
use crate::domain::{self, Observed, Snapshot, Verdict};
use crate::report::outcome;

/// The whole document.
pub fn document(snapshot: &Snapshot, options: &Options) -> Once {
    let broken = snapshot.targets.iter().filter(|target| target.health != domain::TargetHealth::Up);
    Once {
        schema: SCHEMA,
        context: context(&snapshot.context),
        at: Moment(snapshot.at),
        verdict: outcome(snapshot),
        exit_code: outcome(snapshot).exit_code(),
        summary: summary(snapshot),
        problems_only: options.problems_only,
        services: words::shown(snapshot, options).map(service).collect(),
        findings: snapshot.findings.iter().map(finding).collect(),
        alerts: snapshot.alerts.iter().map(alert).collect(),
        silences: snapshot.silences.iter().map(silence).collect(),
        broken_targets: snapshot.targets_known.then(|| broken.map(target).collect()),
        sources: snapshot.sources.iter().map(|status| source(status, snapshot.at)).collect(),
        changes: snapshot.changes.iter().map(change).collect(),
        unmatched: snapshot.strangers.iter().map(|name| clean(name)).collect(),
        notes: snapshot.notes.iter().map(|note| clean(note)).collect(),
    }
}

fn optional(text: Option<&str>) -> Option<String> {
    text.map(clean)
}

fn context(info: &domain::ContextInfo) -> Context {
    Context {
        name: clean(&info.name),
        production: info.production,
        demo: info.demo,
        region: optional(info.region.as_deref()),
        account: optional(info.account.as_deref()),
    }
}

fn summary(snapshot: &Snapshot) -> Summary {
    let services = |verdict| snapshot.services.iter().filter(|service| service.verdict == verdict).count();
    let alerts = |wanted: fn(&domain::Alert) -> bool| snapshot.alerts.iter().filter(|alert| wanted(alert)).count();
    let targets = |health| snapshot.targets.iter().filter(|target| target.health == health).count();
    Summary {
        services: ServiceCounts {
            total: snapshot.services.len(),
            critical: services(Verdict::Critical),
            warning: services(Verdict::Warning),
            unknown: services(Verdict::Unknown),
            ok: services(Verdict::Ok),
        },
        alerts: AlertCounts {
            firing: alerts(domain::Alert::is_active),
            pending: alerts(|alert| alert.suppression.is_none() && !alert.is_active()),
            suppressed: alerts(|alert| alert.suppression.is_some()),
        },
        targets: snapshot.targets_known.then(|| TargetCounts {
            up: targets(domain::TargetHealth::Up),
            down: targets(domain::TargetHealth::Down),
            unknown: targets(domain::TargetHealth::Unknown),
        }),
        sources: SourceCounts {
            total: snapshot.sources.len(),
            fresh: snapshot
                .sources
                .iter()
                .filter(|source| matches!(source.state, domain::SourceState::Fresh { .. }))
                .count(),
        },
    }
}

fn service_name(id: &domain::ServiceId) -> ServiceName {
    ServiceName { cluster: cluster(id), name: clean(&id.name) }
}

fn cluster(id: &domain::ServiceId) -> Option<String> {
    (!id.cluster.is_empty()).then(|| clean(&id.cluster))
}

fn service(health: &domain::ServiceHealth) -> Service {
    let images = health.definition.iter().flat_map(|definition| &definition.images);
    Service {
        cluster: cluster(&health.id),
        name: clean(&health.id.name),
        verdict: health.verdict,
        stack: health.is_stack,
        findings: health.findings.iter().map(finding).collect(),
        tasks: tasks(&health.tasks),
        signals: Signals {
            cpu: signal(health, domain::Signal::Cpu),
            memory: signal(health, domain::Signal::Memory),
            traffic: signal(health, domain::Signal::Traffic),
            errors: signal(health, domain::Signal::Errors),
            latency_p95: signal(health, domain::Signal::LatencyP95),
        },
        deployment: health.deployment().map(deployment),
        images: images.map(|(container, image)| Image { container: clean(container), image: clean(image) }).collect(),
        changed_at: health.changed_at.map(Moment),
    }
}

const fn knowledge<T>(observed: &Observed<T>) -> Knowledge {
    match observed {
        Observed::Fresh(_) => Knowledge::Fresh,
        Observed::Stale(..) => Knowledge::Stale,
        Observed::Unknown(_) => Knowledge::Unknown,
        Observed::NotApplicable(_) => Knowledge::NotApplicable,
    }
}

fn tasks(observed: &Observed<domain::TaskCounts>) -> Tasks {
    let sampled = observed.sampled();
    Tasks {
        state: knowledge(observed),
        running: sampled.map(|sampled| sampled.value.running),
        desired: sampled.map(|sampled| sampled.value.desired),
        pending: sampled.map(|sampled| sampled.value.pending),
        source: sampled.map(|sampled| sampled.source),
        at: sampled.map(|sampled| Moment(sampled.at)),
        reason: optional(observed.reason()),
    }
}

fn signal(health: &domain::ServiceHealth, which: domain::Signal) -> Signal {
    let domain::SignalHealth { now, level, query, .. } = health.signal(which);
    let sampled = now.sampled();
    let value = sampled.map(|sampled| sampled.value).filter(|value| value.is_finite());
    let not_a_number = sampled.is_some() && value.is_none();
    Signal {
        state: if not_a_number { Knowledge::Unknown } else { knowledge(now) },
        value,
        unit: which.unit(),
        level: value.map(|_| *level),
        source: sampled.map(|sampled| sampled.source),
        at: sampled.map(|sampled| Moment(sampled.at)),
        query: optional(query.as_deref()),
        reason: if not_a_number { Some(NOT_A_NUMBER.to_owned()) } else { optional(now.reason()) },
    }
}

fn finding(finding: &domain::Finding) -> Finding {
    let domain::Evidence { source, query, value, threshold, at } = &finding.evidence;
    let threshold = threshold.filter(|(_, number)| number.is_finite());
    Finding {
        verdict: finding.verdict,
        kind: finding.kind,
        text: clean(&finding.text),
        since: finding.since.map(|since| Moment(since.at)),
        or_earlier: finding.since.is_some_and(|since| since.or_earlier),
        evidence: Evidence {
            source: *source,
            query: clean(query),
            value: value.map(|(number, _)| number).filter(|number| number.is_finite()),
            unit: value.map(|(_, unit)| unit),
            threshold: threshold.map(|(_, number)| number),
            sign: threshold.map(|(sign, _)| sign.to_owned()),
            at: Moment(*at),
        },
    }
}

fn deployment(deployment: &domain::Deployment) -> Deployment {
    Deployment {
        id: clean(&deployment.id),
        definition: clean(&deployment.definition),
        rollout: match deployment.rollout {
            domain::Rollout::InProgress => Rollout::InProgress,
            domain::Rollout::Completed => Rollout::Completed,
            domain::Rollout::Failed => Rollout::Failed,
            domain::Rollout::Unknown => Rollout::Unknown,
        },
        rollback: deployment.is_rollback(),
        reason: optional(deployment.reason.as_deref()),
        desired: deployment.desired,
        running: deployment.running,
        pending: deployment.pending,
        failed_tasks: deployment.failed_tasks,
        created_at: deployment.created_at.map(Moment),
        updated_at: deployment.updated_at.map(Moment),
    }
}

fn alert(alert: &domain::Alert) -> Alert {
    let labels = |labels: &domain::Labels| labels.iter().map(|(name, value)| (clean(name), clean(value))).collect();
    Alert {
        name: clean(&alert.name),
        severity: alert.severity,
        state: match alert.state {
            domain::AlertState::Pending => AlertState::Pending,
            domain::AlertState::Firing => AlertState::Firing,
        },
        suppressed: alert.suppression.as_ref().map(suppressed),
        since: alert.since.map(Moment),
        service: alert.service.as_ref().map(service_name),
        labels: labels(&alert.labels),
        annotations: labels(&alert.annotations),
        value: optional(alert.value.as_deref()),
        query: optional(alert.query.as_deref()),
        url: optional(alert.url.as_deref()),
        seen_in: alert.seen_in.clone(),
    }
}

fn suppressed(suppression: &domain::Suppression) -> Suppressed {
    let (how, by) = match suppression {
        domain::Suppression::Silenced(by) => (SuppressedBy::Silenced, by),
        domain::Suppression::Inhibited(by) => (SuppressedBy::Inhibited, by),
        domain::Suppression::Muted(by) => (SuppressedBy::Muted, by),
    };
    Suppressed { how, by: by.iter().map(|id| clean(id)).collect() }
}

fn silence(silence: &domain::Silence) -> Silence {
    Silence {
        id: clean(&silence.id),
        matchers: silence.matchers.iter().map(|matcher| clean(matcher)).collect(),
        starts_at: silence.starts_at.map(Moment),
        ends_at: silence.ends_at.map(Moment),
        created_by: clean(&silence.created_by),
        comment: clean(&silence.comment),
        source: silence.source,
    }
}

fn target(target: &domain::Target) -> Target {
    Target {
        job: clean(&target.job),
        instance: clean(&target.instance),
        url: clean(&target.url),
        health: match target.health {
            domain::TargetHealth::Down => TargetHealth::Down,
            domain::TargetHealth::Unknown => TargetHealth::Unknown,
            domain::TargetHealth::Up => TargetHealth::Up,
        },
        last_error: (!target.last_error.is_empty()).then(|| clean(&target.last_error)),
        last_scrape: target.last_scrape.map(Moment),
    }
}

fn source(status: &domain::SourceStatus, now: Timestamp) -> Source {
    let (state, at, failing_since, error) = match &status.state {
        domain::SourceState::Standby => (SourceState::Standby, None, None, None),
        domain::SourceState::Waiting => (SourceState::Waiting, None, None, None),
        domain::SourceState::Fresh { at } => (SourceState::Fresh, Some(*at), None, None),
        domain::SourceState::Stale { at } => (SourceState::Stale, Some(*at), None, None),
        domain::SourceState::Failing { last_good, since, error } => {
            (SourceState::Failing, *last_good, Some(*since), Some(error))
        }
    };
    Source {
        name: status.kind,
        place: clean(&status.place),
        state,
        at: at.map(Moment),
        age_s: at.map(|at| u64::try_from(now.duration_since(at).as_secs()).unwrap_or_default()),
        failing_since: failing_since.map(Moment),
        error: error.map(problem),
        problems: status.problems.iter().map(problem).collect(),
        version: optional(status.version.as_deref()),
        latency_ms: status.latency.map(milliseconds),
        requests: status.requests,
        facts: status.facts.iter().map(|(name, text)| (clean(name), clean(text))).collect(),
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

fn problem(error: &domain::SourceError) -> Problem {
    Problem { class: error.class, what: clean(&error.what), hint: optional(error.hint.as_deref()) }
}

fn change(change: &domain::Occurrence) -> Change {
    Change {
        at: Moment(change.at),
        kind: change.kind,
        service: change.service.as_ref().map(service_name),
        text: clean(&change.text),
    }
}

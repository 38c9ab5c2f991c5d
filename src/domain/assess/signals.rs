//! What is known of each signal of each service, and what it means.

use std::collections::HashMap;
use std::sync::Arc;

use super::roster::{Entry, Roster};
use super::{Round, hold};
use crate::domain::{
    Evidence, Finding, FindingKind, Observed, Sampled, Signal, SignalHealth, SignalReading, Since, SourceKind, Verdict,
};
use crate::format;

/// A value measured longer ago than this is not the value now, whoever gave it: CloudWatch may not have been asked
/// since it was last needed.
const TOO_OLD: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Readings by service and signal, Prometheus' and CloudWatch's apart.
pub struct Index<'a> {
    prometheus: HashMap<(usize, Signal), &'a SignalReading>,
    cloudwatch: HashMap<(usize, Signal), &'a SignalReading>,
}

/// One service's signals and what is wrong with them.
pub struct Judged {
    pub signals: [SignalHealth; 7],
    pub findings: Vec<Finding>,
}

/// A signal as it was observed, with the reading it came from.
struct Seen<'a> {
    now: Observed<f64>,
    reading: Option<&'a SignalReading>,
}

impl<'a> Index<'a> {
    pub fn of(round: &Round<'a>, roster: &Roster) -> Self {
        let index = |readings: &'a [SignalReading]| {
            let mut by_service = HashMap::with_capacity(readings.len());
            for reading in readings {
                for position in roster.owned_by(&reading.owner) {
                    by_service.insert((position, reading.signal), reading);
                }
            }
            by_service
        };
        Self {
            prometheus: index(round.facts.prometheus().map(|r| r.signals.as_slice()).unwrap_or_default()),
            cloudwatch: index(round.facts.cloudwatch().map(|r| r.signals.as_slice()).unwrap_or_default()),
        }
    }

    /// Whether Prometheus gives no CPU or no memory now.
    pub fn lacks_resources(&self, round: &Round<'_>, position: usize) -> bool {
        round.state(SourceKind::Prometheus).is_none()
            || round.why_stale(SourceKind::Prometheus).is_some()
            || [Signal::Cpu, Signal::Memory]
                .into_iter()
                .any(|signal| self.prometheus.get(&(position, signal)).is_none_or(|reading| reading.now.is_none()))
    }

    pub fn judge(&self, round: &Round<'_>, entry: &Entry<'_>) -> Judged {
        let mut findings = Vec::new();
        let mut stale: Vec<(Signal, Arc<str>)> = Vec::new();
        let signals = Signal::ALL.map(|signal| {
            let seen = self.observe(round, entry, signal);
            if Signal::ROUND.contains(&signal) {
                findings.extend(breach(round, signal, &seen));
                findings.extend(stopped(round, signal, &seen));
                match &seen.now {
                    Observed::Stale(_, why) | Observed::Unknown(why) if !is_stopped(&seen) => {
                        stale.push((signal, Arc::clone(why)));
                    }
                    _ => {}
                }
            }
            health(round, signal, seen)
        });
        findings.extend(unknown(round, &stale));
        Judged { signals, findings }
    }

    fn observe(&self, round: &Round<'_>, entry: &Entry<'_>, signal: Signal) -> Seen<'a> {
        let prometheus = self.prometheus.get(&(entry.position, signal)).copied();
        let cloudwatch = self.cloudwatch.get(&(entry.position, signal)).copied();
        let fresh = |kind, reading: Option<&'a SignalReading>| {
            let reading = reading.filter(|_| round.why_stale(kind).is_none())?;
            let now = reading.now.clone().filter(|sampled| round.now.duration_since(sampled.at) < TOO_OLD)?;
            Some(Seen { now: Observed::Fresh(now), reading: Some(reading) })
        };
        let stale = |kind, reading: Option<&'a SignalReading>| {
            let (reading, why) = reading.zip(round.why_stale(kind))?;
            Some(Seen { now: Observed::Stale(reading.now.clone()?, why), reading: Some(reading) })
        };
        fresh(SourceKind::Prometheus, prometheus)
            .or_else(|| fresh(SourceKind::CloudWatch, cloudwatch))
            .or_else(|| stale(SourceKind::Prometheus, prometheus))
            .or_else(|| stale(SourceKind::CloudWatch, cloudwatch))
            .unwrap_or_else(|| Seen { now: absent(round, entry, signal, prometheus), reading: prometheus })
    }
}

/// Why there is no value at all.
fn absent(round: &Round<'_>, entry: &Entry<'_>, signal: Signal, past: Option<&SignalReading>) -> Observed<f64> {
    let is_ecs_fresh = round.why_stale(SourceKind::Ecs).is_none();
    if let Some(ecs) = entry.ecs.filter(|_| is_ecs_fresh)
        && ecs.running == 0
    {
        return Observed::NotApplicable(if ecs.desired == 0 { "scaled to 0" } else { "no task runs" }.into());
    }
    if !Signal::ROUND.contains(&signal) {
        return Observed::NotApplicable("read for charts only".into());
    }
    if past.and_then(|reading| reading.series.as_ref()).is_some_and(|series| series.last_known().is_some()) {
        return Observed::Unknown("was measured, no longer is".into());
    }
    let is_configured = round.state(SourceKind::Prometheus).is_some();
    if let Some(why) = round.why_stale(SourceKind::Prometheus) {
        return Observed::Unknown(why);
    }
    let failed = round.facts.prometheus().into_iter().flat_map(|reading| &reading.failed_signals);
    if let Some((_, why)) = failed.into_iter().find(|(failed, _)| *failed == signal) {
        return Observed::Unknown(format!("its query failed: {why}").into());
    }
    if !signal.is_universal() {
        let why = if is_configured { "no request metrics" } else { "prometheus is not configured" };
        return Observed::NotApplicable(why.into());
    }
    match round.state(SourceKind::CloudWatch) {
        None if is_configured => Observed::Unknown("not in prometheus, and cloudwatch is not configured".into()),
        None => Observed::NotApplicable("neither prometheus nor cloudwatch is configured".into()),
        Some(_) => match round.why_stale(SourceKind::CloudWatch) {
            Some(why) => Observed::Unknown(why),
            None if is_configured => Observed::Unknown("neither in prometheus nor in cloudwatch".into()),
            None => Observed::Unknown("not in cloudwatch".into()),
        },
    }
}

fn health(round: &Round<'_>, signal: Signal, seen: Seen<'_>) -> SignalHealth {
    let level = match (round.setting.policy.limit(signal), seen.now.sampled()) {
        (Some(limit), Some(sampled)) if limit.is_past(sampled.value, limit.critical) => Verdict::Critical,
        (Some(limit), Some(sampled)) if limit.is_past(sampled.value, limit.warning) => Verdict::Warning,
        (_, Some(_)) => Verdict::Ok,
        (_, None) => match seen.now {
            Observed::Unknown(_) => Verdict::Unknown,
            _ => Verdict::Ok,
        },
    };
    SignalHealth {
        now: seen.now,
        series: seen.reading.and_then(|reading| reading.series.clone()),
        level,
        query: seen.reading.map(|reading| Arc::clone(&reading.query)),
    }
}

const fn kind(signal: Signal) -> FindingKind {
    match signal {
        Signal::Cpu => FindingKind::Cpu,
        Signal::Memory => FindingKind::Memory,
        Signal::Errors => FindingKind::Errors,
        Signal::Traffic | Signal::LatencyP50 | Signal::LatencyP95 | Signal::LatencyP99 => FindingKind::Latency,
    }
}

fn breach(round: &Round<'_>, signal: Signal, seen: &Seen<'_>) -> Option<Finding> {
    let policy = &round.setting.policy;
    let limit = policy.limit(signal)?;
    let sampled = seen.now.sampled()?;
    let reading = seen.reading?;
    let breach = hold::breach(reading.series.as_deref(), sampled, limit, policy)?;
    let shown = format::measure(sampled.value, signal.unit());
    let threshold = format::measure(breach.threshold, signal.unit());
    let relation = if limit.is_past(sampled.value, breach.threshold) {
        format!("{} {threshold}", limit.sign())
    } else {
        format!("falling, was {} {threshold}", limit.sign())
    };
    Some(Finding {
        verdict: breach.verdict,
        kind: kind(signal),
        text: format!("{} {shown} {relation}", signal.word()),
        since: Some(breach.since),
        evidence: Evidence {
            source: sampled.source,
            query: reading.query.to_string(),
            value: Some((sampled.value, signal.unit())),
            threshold: Some((limit.sign(), breach.threshold)),
            at: sampled.at,
        },
    })
}

/// Whether the signal was measured within the window and no longer is, while its source answers.
fn is_stopped(seen: &Seen<'_>) -> bool {
    matches!(seen.now, Observed::Unknown(_))
        && seen.reading.is_some_and(|reading| {
            reading.now.is_none() && reading.series.as_ref().is_some_and(|series| series.last_known().is_some())
        })
}

fn stopped(round: &Round<'_>, signal: Signal, seen: &Seen<'_>) -> Option<Finding> {
    let reading = seen.reading.filter(|_| is_stopped(seen))?;
    let (last, value) = reading.series.as_ref()?.last_known()?;
    Some(Finding {
        verdict: Verdict::Unknown,
        kind: FindingKind::MetricsStopped,
        text: format!("{} is no longer measured, last was {}", signal.word(), format::measure(value, signal.unit())),
        since: Some(Since { at: last, or_earlier: false }),
        evidence: Evidence {
            source: SourceKind::Prometheus,
            query: reading.query.to_string(),
            value: Some((value, signal.unit())),
            threshold: None,
            at: round.facts.prometheus_at().unwrap_or(round.now),
        },
    })
}

/// One finding for each reason that leaves signals unknown or stale, naming them all.
fn unknown(round: &Round<'_>, lost: &[(Signal, Arc<str>)]) -> Vec<Finding> {
    let mut reasons: Vec<(Arc<str>, Vec<Signal>)> = Vec::new();
    for (signal, why) in lost {
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, signals)) => signals.push(*signal),
            None => reasons.push((Arc::clone(why), vec![*signal])),
        }
    }
    reasons
        .into_iter()
        .map(|(why, signals)| {
            let words: Vec<&str> = signals.iter().map(|signal| signal.word()).collect();
            Finding {
                verdict: Verdict::Unknown,
                kind: FindingKind::NoData,
                text: format!("{} unknown: {why}", words.join(", ")),
                since: None,
                evidence: Evidence {
                    source: SourceKind::Prometheus,
                    query: words.join(", "),
                    value: None,
                    threshold: None,
                    at: round.now,
                },
            }
        })
        .collect()
}

/// A value read from a source: for cells that are no signal.
pub fn observed<T>(round: &Round<'_>, kind: SourceKind, value: T) -> Observed<T> {
    let at = round.facts.ecs_at().unwrap_or(round.now);
    let sampled = Sampled { value, at, source: kind };
    match round.why_stale(kind) {
        None => Observed::Fresh(sampled),
        Some(why) => Observed::Stale(sampled, why),
    }
}

//! What is known of each signal of each service, and what it means.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::roster::{Entry, Roster};
use super::{Round, hold};
use crate::domain::{
    Evidence, Finding, FindingKind, Observed, Policy, Sampled, Series, Signal, SignalHealth, SignalReading, Since,
    SourceKind, Verdict,
};
use crate::format;

/// A value measured longer ago than this is not the value now, whoever gave it: CloudWatch may not have been asked
/// since it was last needed.
const TOO_OLD: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Said of a signal that the window still shows and that has no value now.
const STOPPED: &str = "was measured, no longer is";

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

/// A signal as it was observed, the reading it came from, and the source that gave it or should have.
struct Seen<'a> {
    now: Observed<f64>,
    reading: Option<&'a SignalReading>,
    source: SourceKind,
}

impl Seen<'_> {
    fn value(&self) -> Option<f64> {
        self.now.sampled().map(|sampled| sampled.value)
    }

    fn series(&self) -> Option<&Series> {
        self.reading?.series.as_deref()
    }
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
            || [Signal::Cpu, Signal::Memory].into_iter().any(|signal| {
                why_stale(round, SourceKind::Prometheus, signal).is_some()
                    || self.prometheus.get(&(position, signal)).is_none_or(|reading| reading.now.is_none())
            })
    }

    pub fn judge(&self, round: &Round<'_>, entry: &Entry<'_>) -> Judged {
        let seen = Signal::ALL.map(|signal| (signal, self.observe(round, entry, signal)));
        let requests = seen.iter().find(|(signal, _)| *signal == Signal::Traffic).map(|(_, seen)| seen);
        let read = || seen.iter().filter(|(signal, _)| Signal::ROUND.contains(signal));
        let mut findings: Vec<Finding> =
            read().filter_map(|(signal, seen)| breach(round, *signal, seen, requests)).collect();
        findings.extend(stopped(round, read()));
        findings.extend(unknown(round, read()));
        let traffic = requests.and_then(Seen::value);
        Judged { signals: seen.map(|(signal, seen)| health(round, signal, seen, traffic)), findings }
    }

    fn observe(&self, round: &Round<'_>, entry: &Entry<'_>, signal: Signal) -> Seen<'a> {
        let prometheus = self.prometheus.get(&(entry.position, signal)).copied();
        let cloudwatch = self.cloudwatch.get(&(entry.position, signal)).copied();
        let fresh = |kind, reading: Option<&'a SignalReading>| {
            let reading = reading.filter(|_| why_stale(round, kind, signal).is_none())?;
            let now = reading.now.clone().filter(|sampled| round.now.duration_since(sampled.at) < TOO_OLD)?;
            Some(Seen { now: Observed::Fresh(now), reading: Some(reading), source: kind })
        };
        let stale = |kind, reading: Option<&'a SignalReading>| {
            let (reading, why) = reading.zip(why_stale(round, kind, signal))?;
            Some(Seen { now: Observed::Stale(reading.now.clone()?, why), reading: Some(reading), source: kind })
        };
        fresh(SourceKind::Prometheus, prometheus)
            .or_else(|| fresh(SourceKind::CloudWatch, cloudwatch))
            .or_else(|| stale(SourceKind::Prometheus, prometheus))
            .or_else(|| stale(SourceKind::CloudWatch, cloudwatch))
            .unwrap_or_else(|| {
                let traffic = self.prometheus.get(&(entry.position, Signal::Traffic));
                let traffic = traffic.filter(|_| why_stale(round, SourceKind::Prometheus, Signal::Traffic).is_none());
                let traffic = traffic.and_then(|reading| Some(reading.now.as_ref()?.value));
                let (source, now) = absent(round, entry, signal, prometheus, traffic);
                Seen { now, reading: prometheus, source }
            })
    }
}

/// Why what a source said last of a signal can no longer be relied on: it does not answer, or this one query failed.
fn why_stale(round: &Round<'_>, kind: SourceKind, signal: Signal) -> Option<Arc<str>> {
    let reading = || round.facts.prometheus().filter(|_| kind == SourceKind::Prometheus);
    round.why_stale(kind).or_else(|| {
        let (_, why) = reading()?.failed_signals.iter().find(|(failed, _)| *failed == signal)?;
        Some(format!("its query failed: {why}").into())
    })
}

/// Why there is no value at all, and which source should have given it.
fn absent(
    round: &Round<'_>,
    entry: &Entry<'_>,
    signal: Signal,
    past: Option<&SignalReading>,
    traffic: Option<f64>,
) -> (SourceKind, Observed<f64>) {
    use SourceKind::{CloudWatch, Ecs, Prometheus};
    let unknown = |source, why: String| (source, Observed::Unknown(why.into()));
    let not_applicable = |source, why: &str| (source, Observed::NotApplicable(why.into()));

    let is_ecs_fresh = round.why_stale(Ecs).is_none();
    if let Some(ecs) = entry.ecs.filter(|ecs| is_ecs_fresh && ecs.running == 0) {
        return not_applicable(Ecs, if ecs.desired == 0 { "scaled to 0" } else { "no task runs" });
    }
    if !Signal::ROUND.contains(&signal) {
        return not_applicable(Prometheus, "read for charts only");
    }
    let is_configured = round.state(Prometheus).is_some();
    if let Some(why) = why_stale(round, Prometheus, signal) {
        return unknown(Prometheus, why.to_string());
    }
    // A ratio and a quantile of no requests do not exist; that is idleness, not blindness.
    let was_measured = past.and_then(|reading| reading.series.as_ref()).is_some_and(|s| s.last_known().is_some());
    if let (Signal::Errors | Signal::LatencyP95, Some(traffic)) = (signal, traffic) {
        return match signal {
            Signal::Errors if traffic > 0.0 && !was_measured => not_applicable(Prometheus, "no error metrics"),
            Signal::LatencyP95 if traffic > 0.0 && !was_measured => not_applicable(Prometheus, "no latency metrics"),
            _ => not_applicable(Prometheus, "no requests lately"),
        };
    }
    if was_measured {
        return unknown(Prometheus, STOPPED.to_owned());
    }
    if !signal.is_universal() {
        let why = if is_configured { "no request metrics" } else { "prometheus is not configured" };
        return not_applicable(Prometheus, why);
    }
    match round.state(CloudWatch) {
        None if is_configured => unknown(Prometheus, "not in prometheus, and cloudwatch is not configured".to_owned()),
        None => not_applicable(CloudWatch, "neither prometheus nor cloudwatch is configured"),
        Some(_) => match round.why_stale(CloudWatch) {
            Some(why) => unknown(CloudWatch, why.to_string()),
            None if is_configured => unknown(CloudWatch, "neither in prometheus nor in cloudwatch".to_owned()),
            None => unknown(CloudWatch, "not in cloudwatch".to_owned()),
        },
    }
}

fn health(round: &Round<'_>, signal: Signal, seen: Seen<'_>, traffic: Option<f64>) -> SignalHealth {
    let policy = &round.setting.policy;
    let limit = policy.limit(signal).filter(|_| !policy.has_too_few_requests(signal, traffic));
    let level = match (limit, seen.now.sampled()) {
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

fn breach(round: &Round<'_>, signal: Signal, seen: &Seen<'_>, requests: Option<&Seen<'_>>) -> Option<Finding> {
    let policy = &round.setting.policy;
    let limit = policy.limit(signal)?;
    let sampled = seen.now.sampled()?;
    let reading = seen.reading?;
    if policy.has_too_few_requests(signal, requests.and_then(Seen::value)) {
        return None;
    }
    let judged = seen.series().map(|series| judged(policy, signal, series, requests.and_then(Seen::series)));
    let breach = hold::breach(judged.as_deref(), sampled, limit, policy)?;
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
        // A first sample that is too high says nothing of how long it has been so.
        since: Some(breach.since).filter(|since| since.at < sampled.at),
        evidence: Evidence {
            source: sampled.source,
            query: reading.query.to_string(),
            value: Some((sampled.value, signal.unit())),
            threshold: Some((limit.sign(), breach.threshold)),
            at: sampled.at,
        },
    })
}

/// The series as it is judged: a moment of too few requests is one without a breach, as for an alert's `for`.
fn judged<'s>(policy: &Policy, signal: Signal, series: &'s Series, requests: Option<&Series>) -> Cow<'s, Series> {
    let few = |at| policy.has_too_few_requests(signal, requests.and_then(|requests| requests.at(at)));
    if !series.iter().any(|(at, _)| few(at)) {
        return Cow::Borrowed(series);
    }
    let values = series.iter().map(|(at, value)| value.map(|value| if few(at) { 0.0 } else { value }));
    Cow::Owned(Series::from_values(series.start(), series.step(), values))
}

/// When the signal was last measured, if it was within the window and no longer is while its source answers.
fn last_measured(seen: &Seen<'_>) -> Option<Timestamp> {
    let is_stopped = matches!(&seen.now, Observed::Unknown(why) if **why == *STOPPED);
    let series = seen.reading.filter(|_| is_stopped)?.series.as_ref()?;
    series.last_known().map(|(at, _)| at)
}

/// One finding for all signals that used to be measured.
fn stopped<'a>(round: &Round<'_>, seen: impl Iterator<Item = &'a (Signal, Seen<'a>)>) -> Option<Finding> {
    let stopped: Vec<(Signal, &Seen<'_>, Timestamp)> =
        seen.filter_map(|(signal, seen)| Some((*signal, seen, last_measured(seen)?))).collect();
    let (_, first, _) = stopped.first()?;
    let words: Vec<&str> = stopped.iter().map(|(signal, ..)| signal.word()).collect();
    let last = stopped.iter().map(|(.., at)| *at).max();
    Some(Finding {
        verdict: Verdict::Unknown,
        kind: FindingKind::MetricsStopped,
        text: format!("no longer measured: {}", words.join(", ")),
        since: last.map(|at| Since { at, or_earlier: false }),
        evidence: Evidence {
            source: SourceKind::Prometheus,
            query: first.reading.map(|reading| reading.query.to_string()).unwrap_or_default(),
            value: None,
            threshold: None,
            at: round.facts.answered_at(SourceKind::Prometheus).unwrap_or(round.now),
        },
    })
}

/// One finding for each reason that leaves signals unknown or stale, naming them all.
fn unknown<'a>(round: &Round<'_>, seen: impl Iterator<Item = &'a (Signal, Seen<'a>)>) -> Vec<Finding> {
    let mut reasons: Vec<(&str, SourceKind, Vec<&str>)> = Vec::new();
    for (signal, seen) in seen.filter(|(_, seen)| last_measured(seen).is_none()) {
        let (Observed::Stale(_, why) | Observed::Unknown(why)) = &seen.now else { continue };
        match reasons.iter_mut().find(|(reason, ..)| **reason == **why) {
            Some((.., words)) => words.push(signal.word()),
            None => reasons.push((why, seen.source, vec![signal.word()])),
        }
    }
    reasons
        .into_iter()
        .map(|(why, source, words)| Finding {
            verdict: Verdict::Unknown,
            kind: FindingKind::NoData,
            text: format!("{} unknown: {why}", words.join(", ")),
            since: None,
            evidence: Evidence { source, query: words.join(", "), value: None, threshold: None, at: round.now },
        })
        .collect()
}

/// A value that ECS gave at that time: for cells that are no signal.
pub fn observed<T>(round: &Round<'_>, at: Timestamp, value: T) -> Observed<T> {
    let sampled = Sampled { value, at, source: SourceKind::Ecs };
    match round.why_stale(SourceKind::Ecs) {
        None => Observed::Fresh(sampled),
        Some(why) => Observed::Stale(sampled, why),
    }
}

//! Alert rules over the simulated signals: what is pending, what fires, and what is silenced.

use std::collections::BTreeMap;

use crate::domain::{Alert, AlertState, Labels, Owner, Severity, Signal, Silence, SourceKind, Suppression};
use crate::format;

use super::clock::{Cycle, DAY, MINUTE, Second, floor, stamp};
use super::incident::Scrape;
use super::noise;
use super::scene::Scene;

/// Seconds between two evaluations of the rules.
pub const EVALUATION: Second = 30;

/// A rule over one signal of every service.
#[derive(Debug)]
pub struct Rule {
    /// The alert's name.
    pub name: &'static str,
    /// Over which signal.
    pub signal: Signal,
    /// From which value on.
    pub threshold: f64,
    /// Whether the threshold itself counts.
    pub inclusive: bool,
    /// For how many seconds before it fires.
    pub hold: Second,
    /// How bad.
    pub severity: Severity,
    /// The expression.
    pub expr: &'static str,
}

/// The plan's rules over signals.
pub const RULES: [Rule; 5] = [
    Rule {
        name: "HighCPUUsage",
        signal: Signal::Cpu,
        threshold: 80.0,
        inclusive: false,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "avg by (service) (ecs_cpu_utilization) > 80",
    },
    Rule {
        name: "HighMemoryUsage",
        signal: Signal::Memory,
        threshold: 85.0,
        inclusive: false,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "avg by (service) (ecs_memory_utilization) > 85",
    },
    Rule {
        name: "HighErrorRate",
        signal: Signal::Errors,
        threshold: 1.0,
        inclusive: true,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "service:http_errors:percent5m >= 1",
    },
    Rule {
        name: "HighErrorRate",
        signal: Signal::Errors,
        threshold: 5.0,
        inclusive: true,
        hold: 2 * MINUTE,
        severity: Severity::Critical,
        expr: "service:http_errors:percent5m >= 5",
    },
    Rule {
        name: "HighLatency",
        signal: Signal::LatencyP95,
        threshold: 1.0,
        inclusive: false,
        hold: 2 * MINUTE,
        severity: Severity::Warning,
        expr: "service:http_latency:p95_5m > 1",
    },
];

/// The rule that Grafana itself manages.
pub const BUDGET: Rule = Rule {
    name: "ErrorBudgetBurn",
    signal: Signal::Errors,
    threshold: 2.0,
    inclusive: true,
    hold: 10 * MINUTE,
    severity: Severity::Critical,
    expr: "service:http_errors:percent5m >= 2",
};

const DOWN_HOLD: Second = 2 * MINUTE;
const RUNBOOKS: &str = "https://runbooks.example.com";

/// An alert that comes from no signal the fleet has: a certificate, a disk.
#[derive(Debug)]
pub struct Standing {
    /// The alert's name.
    pub name: &'static str,
    /// Whose.
    pub service: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Since when it fires.
    pub since: Second,
    /// The expression.
    pub expr: &'static str,
    /// Its value.
    pub value: f64,
    /// Its summary.
    pub summary: &'static str,
}

/// A silence that somebody sets and renews.
#[derive(Debug)]
pub struct Quiet {
    /// When it is set.
    pub cycle: Cycle,
    /// Seconds it lasts.
    pub lasts: Second,
    /// Which alert.
    pub alert: &'static str,
    /// Whose.
    pub service: &'static str,
    /// By whom.
    pub by: &'static str,
    /// Why.
    pub comment: &'static str,
}

impl Quiet {
    /// The silence in effect at a moment.
    pub fn silence(&self, seed: u64, now: Second) -> Option<Silence> {
        let (turn, phase) = self.cycle.turn(now).filter(|(_, phase)| *phase < self.lasts)?;
        let begun = now - phase;
        Some(Silence {
            id: uuid(noise::fork(noise::named(seed, self.alert), turn.unsigned_abs())),
            matchers: vec![format!("alertname=\"{}\"", self.alert), format!("service=\"{}\"", self.service)],
            starts_at: Some(stamp(begun)),
            ends_at: Some(stamp(begun + self.lasts)),
            created_by: self.by.to_owned(),
            comment: self.comment.to_owned(),
            source: SourceKind::Alertmanager,
        })
    }
}

/// A number in the shape of a UUID.
pub fn uuid(hash: u64) -> String {
    let low = noise::mix(hash);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        hash >> 32,
        (hash >> 16) & 0xffff,
        hash & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

impl Rule {
    fn is_past(&self, value: f64) -> bool {
        if self.inclusive { value >= self.threshold } else { value > self.threshold }
    }

    /// The rule's alert for one service at an evaluation, if there is one.
    pub fn evaluate(&self, scene: &Scene<'_>, at: Second) -> Option<Alert> {
        let value_at = |at| scene.measured(SourceKind::Prometheus, self.signal, at);
        let value = value_at(at).filter(|value| self.is_past(*value))?;
        let active = held_since(at, |at| value_at(at).is_some_and(|value| self.is_past(value)));
        let service = &scene.service.id.name;
        let (word, unit) = (self.signal.word(), self.signal.unit());
        let summary = format!(
            "{word} of {service} is {}, {} {}",
            format::measure(value, unit),
            if self.inclusive { "at or above" } else { "above" },
            format::measure(self.threshold, unit),
        );
        let labels = labels(&[("alertname", self.name), ("service", service), ("severity", self.severity.word())]);
        Some(alert(labels, summary, self.expr, value, since(at, active, self.hold)))
    }
}

/// The first of the unbroken run of evaluations up to `at` that `holds` is true for; a day back at most.
fn held_since(at: Second, holds: impl Fn(Second) -> bool) -> Second {
    let mut first = at;
    while first - EVALUATION >= at - DAY && holds(first - EVALUATION) {
        first -= EVALUATION;
    }
    first
}

/// Pending or firing, and since when.
const fn since(at: Second, active: Second, hold: Second) -> (AlertState, Second) {
    if at - active >= hold { (AlertState::Firing, active + hold) } else { (AlertState::Pending, active) }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let own = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    own.chain([("env".to_owned(), "prod".to_owned())]).collect()
}

fn alert(labels: Labels, summary: String, expr: &str, value: f64, (state, since): (AlertState, Second)) -> Alert {
    let name = labels.get("alertname").cloned().unwrap_or_default();
    let runbook = format!("{RUNBOOKS}/{name}");
    Alert {
        severity: Severity::of(&labels),
        state,
        suppression: None,
        since: Some(stamp(since)),
        annotations: [("summary".to_owned(), summary), ("runbook_url".to_owned(), runbook)].into(),
        value: Some(go_float(value)),
        query: Some(expr.to_owned()),
        url: Some(format!("http://prometheus.internal:9090/alerts?search={name}")),
        seen_in: vec![SourceKind::Prometheus],
        owner: labels.get("service").map(|service| Owner::named(service.clone())),
        service: None,
        name,
        labels,
    }
}

/// A number as Prometheus prints the value of an alert: `4.1e+00`.
fn go_float(value: f64) -> String {
    let text = format!("{value:.12e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Every alert of Prometheus's own rules at `now`, pending ones included.
pub fn of_prometheus(scenes: &[Scene<'_>], standing: &[Standing], now: Second) -> Vec<Alert> {
    let at = floor(now, EVALUATION);
    let watchdog = [("alertname", "Watchdog"), ("severity", "none")];
    let always = "an alert that always fires: when it stops, alerting is broken".to_owned();
    let mut alerts = vec![alert(labels(&watchdog), always, "vector(1)", 1.0, (AlertState::Firing, -11 * DAY))];
    for standing in standing.iter().filter(|standing| standing.since <= at) {
        let word = standing.severity.word();
        let labels = labels(&[("alertname", standing.name), ("service", standing.service), ("severity", word)]);
        let state = (AlertState::Firing, standing.since);
        alerts.push(alert(labels, standing.summary.to_owned(), standing.expr, standing.value, state));
    }
    for scene in scenes {
        alerts.extend(RULES.iter().filter_map(|rule| rule.evaluate(scene, at)));
        targets_down(scene, at, &mut alerts);
    }
    alerts
}

/// `up == 0`, for every task that Prometheus knows and cannot scrape.
fn targets_down(scene: &Scene<'_>, at: Second, alerts: &mut Vec<Alert>) {
    let service = scene.service;
    let name = if service.stack { "MonitoringStackDown" } else { "ServiceDown" };
    for life in scene.timeline.lives.iter().filter(|life| life.runs(at)) {
        let is_down = |at| life.runs(at) && matches!(scene.scrape(life, at), Scrape::Fails(_));
        if !is_down(at) {
            continue;
        }
        let instance = format!("{}:{}", life.address(service), service.port);
        let labels = labels(&[
            ("alertname", name),
            ("service", &service.id.name),
            ("severity", "critical"),
            ("job", service.job),
            ("instance", &instance),
        ]);
        let expr = if service.stack { "up{job!=\"ecs-services\"} == 0" } else { "up{job=\"ecs-services\"} == 0" };
        let summary = format!("{instance} of {} cannot be scraped", service.id.name);
        alerts.push(alert(labels, summary, expr, 0.0, since(at, held_since(at, is_down), DOWN_HOLD)));
    }
}

/// The firing ones as Alertmanager holds them: with Prometheus's external labels, silenced or inhibited.
pub fn of_alertmanager(mut alerts: Vec<Alert>, silences: &[Silence]) -> Vec<Alert> {
    alerts.retain(|alert| alert.state == AlertState::Firing);
    for alert in &mut alerts {
        alert.seen_in = vec![SourceKind::Alertmanager];
        (alert.value, alert.query) = (None, None);
        let external = [("cluster", "prod"), ("replica", "prometheus-0")];
        alert.labels.extend(external.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let mut critical: BTreeMap<(String, Option<Owner>), Vec<String>> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| alert.severity == Severity::Critical) {
        critical.entry((alert.name.clone(), alert.owner.clone())).or_default().push(fingerprint(alert));
    }
    for alert in &mut alerts {
        // A warning says nothing new while the same alert fires as critical for the same service.
        let inhibiting = critical.get(&(alert.name.clone(), alert.owner.clone()));
        let inhibited = inhibiting.filter(|_| alert.severity == Severity::Warning).cloned().map(Suppression::Inhibited);
        alert.suppression = silenced(alert, silences).or(inhibited);
    }
    alerts
}

fn silenced(alert: &Alert, silences: &[Silence]) -> Option<Suppression> {
    let matches = |matcher: &String| {
        matcher
            .split_once('=')
            .is_some_and(|(name, value)| alert.labels.get(name).is_some_and(|own| *own == value.trim_matches('"')))
    };
    let by: Vec<String> = silences
        .iter()
        .filter(|silence| silence.matchers.iter().all(matches))
        .map(|silence| silence.id.clone())
        .collect();
    (!by.is_empty()).then_some(Suppression::Silenced(by))
}

fn fingerprint(alert: &Alert) -> String {
    let hash = alert.labels.iter().fold(0, |hash, (name, value)| noise::named(noise::named(hash, name), value));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_like_prometheus_prints_them() {
        for (value, text) in [(1.0, "1e+00"), (93.25, "9.325e+01"), (0.041, "4.1e-02"), (0.0, "0e+00")] {
            assert_eq!(go_float(value), text);
        }
    }

    #[test]
    fn a_condition_is_followed_back_to_its_first_evaluation() {
        assert_eq!(held_since(600, |at| at > 300), 330);
        assert_eq!(held_since(600, |_| false), 600);
        assert_eq!(since(600, 330, 300), (AlertState::Pending, 330));
        assert_eq!(since(630, 330, 300), (AlertState::Firing, 630));
    }

    #[test]
    fn a_silence_ends_and_is_renewed_under_another_id() {
        let quiet = Quiet {
            cycle: Cycle::new(-1_200, 5_400),
            lasts: 3_600,
            alert: "HighCPUUsage",
            service: "web",
            by: "kim",
            comment: "known",
        };
        let first = quiet.silence(1, 0).unwrap();
        assert_eq!(first.ends_at, Some(stamp(2_400)));
        assert_eq!(quiet.silence(1, 2_400), None);
        assert_ne!(quiet.silence(1, 4_200).unwrap().id, first.id);
    }
}

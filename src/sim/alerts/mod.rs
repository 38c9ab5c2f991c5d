//! Alert rules over the simulated signals: what is pending, what fires, and what is silenced.

mod made;
mod quiet;
mod rule;

use std::collections::BTreeMap;

use crate::domain::{Alert, AlertState, Labels, Owner, Severity, Silence, SourceKind, Suppression};

use super::clock::{DAY, MINUTE, Second, floor, stamp};
use super::incident::Scrape;
use super::noise;
use super::scene::Scene;

pub use made::Made;
pub use quiet::{Quiet, uuid};
pub use rule::{BUDGET, EVALUATION, RULES};
use rule::{held_since, since};

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

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let own = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    own.chain([("env".to_owned(), "prod".to_owned())]).collect()
}

fn alert(labels: Labels, summary: String, expr: &str, value: f64, (state, since): (AlertState, Second)) -> Alert {
    let name = labels.get("alertname").cloned().unwrap_or_default();
    let mut annotations =
        vec![("summary".to_owned(), summary), ("runbook_url".to_owned(), format!("{RUNBOOKS}/{name}"))];
    let runbook = runbook(&name, labels.get("service").map_or("", String::as_str));
    annotations.extend(runbook.map(|runbook| ("runbook".to_owned(), runbook.to_owned())));
    Alert {
        severity: Severity::of(&labels),
        state,
        suppression: None,
        since: Some(stamp(since)),
        annotations: annotations.into_iter().collect(),
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

/// The runbook that the rule of an alert names.
fn runbook(alert: &str, service: &str) -> Option<&'static str> {
    Some(match (alert, service) {
        ("HighCPUUsage", _) => "high-cpu",
        ("HighMemoryUsage", _) => "high-memory",
        ("HighErrorRate" | "HighLatency" | "ErrorBudgetBurn", _) => "error-rate",
        ("ServiceDown", _) => "metrics-stopped",
        ("MonitoringStackDown", "prometheus") => "prometheus-down",
        ("MonitoringStackDown", "grafana") => "grafana-unreachable",
        _ => return None,
    })
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
        if scene.service.stack {
            alerts.extend(stack_down(scene, at));
        } else {
            targets_down(scene, at, &mut alerts);
        }
    }
    alerts
}

/// `up == 0`, for every task that Prometheus knows and cannot scrape.
fn targets_down(scene: &Scene<'_>, at: Second, alerts: &mut Vec<Alert>) {
    let service = scene.service;
    for life in scene.timeline.lives.iter().filter(|life| life.runs(at)) {
        let is_down = |at| life.runs(at) && matches!(scene.scrape(life, at), Scrape::Fails(_));
        if !is_down(at) {
            continue;
        }
        let instance = format!("{}:{}", life.address(service), service.port);
        let labels = labels(&[
            ("alertname", "ServiceDown"),
            ("service", &service.id.name),
            ("severity", "critical"),
            ("job", service.job),
            ("instance", &instance),
        ]);
        let summary = format!("{instance} of {} cannot be scraped", service.id.name);
        let state = since(at, held_since(at, is_down), DOWN_HOLD);
        alerts.push(alert(labels, summary, "up{job=\"ecs-services\"} == 0", 0.0, state));
    }
}

/// No task of one of the stack's own services can be scraped, whichever task it is: those come and go.
fn stack_down(scene: &Scene<'_>, at: Second) -> Option<Alert> {
    let service = scene.service;
    let lives = &scene.timeline.lives;
    let is_down = |at| !lives.iter().any(|life| life.runs(at) && scene.scrape(life, at) == Scrape::Answers);
    let state = is_down(at).then(|| since(at, held_since(at, is_down), DOWN_HOLD))?;
    let pairs = [("alertname", "MonitoringStackDown"), ("service", &service.id.name), ("severity", "critical")];
    let summary = format!("no task of {} can be scraped", service.id.name);
    let expr = format!("absent(up{{job=\"{}\"}} == 1)", service.job);
    Some(alert(labels(&pairs), summary, &expr, 1.0, state))
}

/// The firing ones as Alertmanager holds them: with Prometheus's external labels, silenced or inhibited.
pub fn of_alertmanager(mut alerts: Vec<Alert>, scripted: &[Silence], made: &[Made]) -> Vec<Alert> {
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
        alert.suppression = silenced(alert, scripted, made).or(inhibited);
    }
    alerts
}

/// Which silences keep an alert quiet: those of the scenario, and those made by hand that hold.
pub fn silenced(alert: &Alert, scripted: &[Silence], made: &[Made]) -> Option<Suppression> {
    let matches = |matcher: &String| {
        matcher
            .split_once('=')
            .is_some_and(|(name, value)| alert.labels.get(name).is_some_and(|own| *own == value.trim_matches('"')))
    };
    let scripted = scripted.iter().filter(|silence| silence.matchers.iter().all(matches));
    let made = made.iter().filter(|made| made.fits(&alert.labels)).map(|made| &made.silence);
    let by: Vec<String> = scripted.chain(made).map(|silence| silence.id.clone()).collect();
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
}

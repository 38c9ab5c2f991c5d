//! One list of alerts from three places, each alert once.

use std::collections::HashMap;

use super::Round;
use super::roster::Roster;
use crate::domain::{Alert, AlertState, Evidence, Finding, FindingKind, Labels, ServiceId, Since, SourceKind, Verdict};

/// Labels that only tell which of several identical Prometheus servers spoke.
const REPLICA_LABELS: [&str; 4] = ["replica", "prometheus_replica", "__replica__", "prometheus"];

/// Labels that may name a service where the configured one does not.
const SERVICE_LABELS: [&str; 6] = ["service", "service_name", "ecs_service", "ServiceName", "job", "container"];

/// Every alert once: firing before pending before suppressed, worst first, newest first.
pub fn join(round: &Round<'_>, roster: &Roster) -> Vec<Alert> {
    let mut joined = Joined::default();
    // Alertmanager first: its labels are the fullest (external labels), and it alone knows what is suppressed.
    for alert in round.facts.alertmanager().iter().flat_map(|reading| &reading.alerts) {
        joined.add(alert);
    }
    for alert in round.facts.prometheus().iter().flat_map(|reading| reading.alerts.iter().flatten()) {
        joined.add(alert);
    }
    for alert in round.facts.grafana().iter().flat_map(|reading| reading.alerts.iter().flatten()) {
        joined.add(alert);
    }
    let mut alerts = joined.alerts;
    for alert in &mut alerts {
        alert.service = service(alert, roster);
    }
    alerts.retain(|alert| alert.service.is_some() || round.setting.services.is_empty());
    alerts.sort_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then(b.severity.cmp(&a.severity))
            .then(b.since.cmp(&a.since))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.labels.cmp(&b.labels))
    });
    alerts
}

const fn rank(alert: &Alert) -> u8 {
    match (alert.state, alert.suppression.is_some()) {
        (AlertState::Firing, false) => 0,
        (AlertState::Pending, _) => 1,
        (AlertState::Firing, true) => 2,
    }
}

#[derive(Default)]
struct Joined {
    alerts: Vec<Alert>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Joined {
    fn add(&mut self, alert: &Alert) {
        let same = self.by_name.entry(alert.name.clone()).or_default();
        if let Some(&position) = same.iter().find(|&&position| is_same(&self.alerts[position].labels, &alert.labels)) {
            merge(&mut self.alerts[position], alert);
        } else {
            same.push(self.alerts.len());
            self.alerts.push(alert.clone());
        }
    }
}

/// Whether two label sets of the same alert name mean the same alert. A server's own external labels are on one side
/// only, so one set may have labels that the other lacks; those on both sides must agree.
fn is_same(a: &Labels, b: &Labels) -> bool {
    let says_nothing = |key: &str| REPLICA_LABELS.contains(&key);
    let within = |small: &Labels, large: &Labels| {
        small.iter().all(|(key, value)| says_nothing(key) || large.get(key) == Some(value))
    };
    within(a, b) || within(b, a)
}

fn merge(into: &mut Alert, other: &Alert) {
    for source in &other.seen_in {
        if !into.seen_in.contains(source) {
            into.seen_in.push(*source);
        }
    }
    // Firing anywhere is firing; a rule that is pending again while Alertmanager still holds it has not resolved.
    into.state = into.state.max(other.state);
    if into.suppression.is_none() {
        into.suppression.clone_from(&other.suppression);
    }
    into.since = into.since.or(other.since);
    into.value = into.value.take().or_else(|| other.value.clone());
    into.query = into.query.take().or_else(|| other.query.clone());
    into.url = into.url.take().or_else(|| other.url.clone());
    into.owner = into.owner.take().or_else(|| other.owner.clone());
    for (key, value) in &other.annotations {
        into.annotations.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn service(alert: &Alert, roster: &Roster) -> Option<ServiceId> {
    if let Some(owner) = &alert.owner {
        let mut meant = roster.owned_by(owner);
        match (meant.next(), meant.next()) {
            (Some(only), None) => return Some(roster.entry(only).id.clone()),
            // Clusters share the name and no label tells them apart: it is not for us to pick one.
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
    }
    SERVICE_LABELS.iter().filter_map(|label| alert.labels.get(*label)).find_map(|name| roster.named(name)).cloned()
}

/// Findings of one service: its alerts that fire and are not suppressed. Those of one name (one for each instance, say)
/// are one finding.
pub fn findings<'a>(round: &Round<'_>, alerts: impl Iterator<Item = &'a Alert>) -> Vec<Finding> {
    let mut named: Vec<(&str, Vec<&Alert>)> = Vec::new();
    for alert in alerts.filter(|alert| alert.is_active() && alert.severity.verdict() != Verdict::Ok) {
        match named.iter_mut().find(|(name, _)| *name == alert.name) {
            Some((_, same)) => same.push(alert),
            None => named.push((&alert.name, vec![alert])),
        }
    }
    named.iter().filter_map(|(name, same)| finding(round, name, same)).collect()
}

/// Findings of alerts that belong to no service.
pub fn ownerless(round: &Round<'_>, alerts: &[Alert]) -> Vec<Finding> {
    findings(round, alerts.iter().filter(|alert| alert.service.is_none()))
}

/// Whom alerts that stand under no service are about by their own label, where they agree.
fn nobodys<'a>(same: &[&'a Alert]) -> Option<&'a str> {
    let owner =
        |alert: &&'a Alert| alert.owner.as_ref().filter(|_| alert.service.is_none()).map(|it| it.service.as_str());
    let first = owner(same.first()?)?;
    same.iter().all(|alert| owner(alert) == Some(first)).then_some(first)
}

/// One finding of alerts of one name, the worst of them first.
fn finding(round: &Round<'_>, name: &str, same: &[&Alert]) -> Option<Finding> {
    let worst = same.first()?;
    let times = if same.len() > 1 { format!(" x{}", same.len()) } else { String::new() };
    let whose = nobodys(same).map(|owner| format!(" of {owner}")).unwrap_or_default();
    let text = match worst.summary() {
        Some(summary) => format!("alert {name}{times}{whose}: {summary}"),
        None => format!("alert {name}{times}{whose}"),
    };
    // Whoever still answers is the better witness.
    let answers = |source: &&SourceKind| round.why_stale(**source).is_none();
    let source = worst.seen_in.iter().find(answers).or(worst.seen_in.first()).copied();
    let source = source.unwrap_or(SourceKind::Alertmanager);
    Some(Finding {
        verdict: worst.severity.verdict(),
        kind: FindingKind::Alert,
        text,
        since: same.iter().filter_map(|alert| alert.since).min().map(|at| Since { at, or_earlier: false }),
        evidence: Evidence {
            source,
            query: worst.query.clone().unwrap_or_else(|| labels_text(&worst.labels)),
            value: None,
            threshold: None,
            at: round.facts.answered_at(source).unwrap_or(round.now),
        },
    })
}

fn labels_text(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
    format!("{{{}}}", pairs.join(", "))
}

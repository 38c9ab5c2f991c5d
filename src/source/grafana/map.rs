//! From Grafana's JSON to domain values.

use std::collections::BTreeMap;

use super::wire::{Found, Rule, RuleAlert};
use crate::domain::{Alert, AlertState, Dashboard, Labels, Severity, SourceKind, Suppression};
use crate::source::foreign::{self, OwnerLabels};

/// A label of Grafana's own that no rule's author wrote and no other source knows.
const OWN_LABELS: [&str; 2] = ["__alert_rule_namespace_uid__", "__alert_rule_uid__"];

/// A dashboard with its full address. `url` in the answer is a path that carries Grafana's own sub-path.
pub fn dashboard(wire: Found, place: &str) -> Dashboard {
    let origin = place.find("://").and_then(|scheme| place[scheme + 3..].find('/').map(|path| scheme + 3 + path));
    let path = foreign::text(wire.url);
    let url = if path.starts_with('/') { format!("{}{path}", &place[..origin.unwrap_or(place.len())]) } else { path };
    Dashboard {
        uid: foreign::text(wire.uid),
        title: foreign::text(wire.title),
        url,
        tags: wire.tags.unwrap_or_default().into_iter().map(foreign::text).collect(),
    }
}

/// The alerts of a rule that fire or are about to.
pub fn rule_alerts(rule: Rule, by: &OwnerLabels, place: &str) -> Vec<Alert> {
    let query = Some(foreign::text(rule.query)).filter(|query| !query.is_empty());
    let url = rule.uid.filter(|uid| uid.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    let url = url.map(|uid| format!("{place}/alerting/grafana/{uid}/view"));
    let name = foreign::text(rule.name);
    let alerts = rule.alerts.unwrap_or_default().into_iter();
    alerts.filter_map(|wire| alert(wire, &name, query.as_deref(), url.as_deref(), by)).collect()
}

fn alert(wire: RuleAlert, rule: &str, query: Option<&str>, url: Option<&str>, by: &OwnerLabels) -> Option<Alert> {
    let (state, why) = state(&wire.state)?;
    let mut labels = foreign::labels(wire.labels);
    labels.retain(|name, _| !OWN_LABELS.contains(&name.as_str()));
    let mut annotations = foreign::labels(wire.annotations);
    if let Some(why) = why {
        annotations.entry("summary".to_owned()).or_insert_with(|| format!("{rule}: {why}"));
    }
    Some(Alert {
        name: labels.get("alertname").cloned().unwrap_or_else(|| rule.to_owned()),
        severity: Severity::of(&labels),
        state,
        suppression: None,
        since: wire.active_at.as_deref().and_then(foreign::time),
        annotations,
        value: wire.value.map(foreign::text).filter(|value| !value.is_empty()),
        query: query.map(str::to_owned),
        url: url.map(str::to_owned),
        seen_in: vec![SourceKind::Grafana],
        owner: by.owner_of_alert(&labels),
        service: None,
        labels,
    })
}

/// Versions spell states as `firing`, `Alerting`, `Alerting (NoData)`, `NoData`, `Error`, `Normal (MissingSeries)`.
/// A rule that has no data or cannot be evaluated is not healthy: it counts as firing, and says why.
fn state(wire: &str) -> Option<(AlertState, Option<&'static str>)> {
    let word = wire.to_ascii_lowercase();
    let why = if word.contains("nodata") {
        Some("its query gives no data")
    } else if word.contains("error") {
        Some("it cannot be evaluated")
    } else {
        None
    };
    match word.split([' ', '(']).next().unwrap_or_default() {
        "firing" | "alerting" | "nodata" | "error" => Some((AlertState::Firing, why)),
        "pending" => Some((AlertState::Pending, why)),
        _ => None,
    }
}

/// Carries over from the alertmanager's view what the rules do not know: who is silenced, by what. Alerts are the same
/// when their labels are, apart from Grafana's own.
pub fn suppress(alerts: &mut [Alert], seen: Vec<Alert>) {
    let key = |labels: &Labels| -> Labels {
        labels.iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let by_labels: BTreeMap<Labels, Option<Suppression>> =
        seen.into_iter().map(|alert| (key(&alert.labels), alert.suppression)).collect();
    for alert in alerts.iter_mut().filter(|alert| alert.state == AlertState::Firing) {
        if let Some(suppression) = by_labels.get(&key(&alert.labels)) {
            alert.suppression.clone_from(suppression);
        }
    }
}

/// The folder's label is added on the way to the alertmanager.
fn is_own(label: &str) -> bool {
    OWN_LABELS.contains(&label) || label == "grafana_folder"
}

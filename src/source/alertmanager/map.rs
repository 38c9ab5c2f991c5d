//! From Alertmanager's JSON to domain values. Grafana's own alertmanager speaks the same.

use jiff::{SignedDuration, Timestamp};

use super::wire::{AlertStatus, GettableAlert, GettableSilence, Matcher};
use crate::domain::{Alert, AlertState, Severity, Silence, SourceKind, Suppression};
use crate::source::foreign::{self, OwnerLabels};

/// How long after its end an alert is still believed. The server drops what has ended by itself; its clock may be
/// behind ours, and hiding an alert that fires would be worse than showing one a minute too long.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// An alert that fires; nothing where it ended before `now`.
pub fn alert(wire: GettableAlert, by: &OwnerLabels, source: SourceKind, now: Timestamp) -> Option<Alert> {
    if foreign::time(&wire.ends_at).is_some_and(|end| now.duration_since(end) > GRACE) {
        return None;
    }
    let labels = foreign::labels(wire.labels);
    Some(Alert {
        name: labels.get("alertname").cloned().unwrap_or_default(),
        severity: Severity::of(&labels),
        state: AlertState::Firing,
        suppression: suppression(wire.status),
        since: foreign::time(&wire.starts_at),
        annotations: foreign::labels(wire.annotations),
        value: None,
        query: None,
        url: foreign::link(wire.generator_url),
        seen_in: vec![source],
        owner: by.owner_of_alert(&labels),
        service: None,
        labels,
    })
}

/// Why it notifies nobody. `unprocessed` is an alert that just came in: it counts as firing.
fn suppression(status: AlertStatus) -> Option<Suppression> {
    let some = |ids: Option<Vec<String>>| {
        let ids: Vec<_> = ids.unwrap_or_default().into_iter().map(foreign::text).collect();
        (!ids.is_empty()).then_some(ids)
    };
    let suppressed = status.state == "suppressed";
    some(status.silenced_by)
        .map(Suppression::Silenced)
        .or_else(|| some(status.inhibited_by).map(Suppression::Inhibited))
        .or_else(|| some(status.muted_by).map(Suppression::Muted))
        // Suppressed, and this version does not say by what: the newest reason is the one an old client misses.
        .or_else(|| suppressed.then(|| Suppression::Muted(Vec::new())))
}

/// A silence that is in force or will be; nothing where it is over.
pub fn silence(wire: GettableSilence, source: SourceKind, now: Timestamp) -> Option<Silence> {
    let ends_at = foreign::time(&wire.ends_at);
    let is_over = match wire.status.state.as_str() {
        "" => ends_at.is_some_and(|end| end <= now),
        state => state == "expired",
    };
    if is_over {
        return None;
    }
    Some(Silence {
        id: foreign::text(wire.id),
        matchers: wire.matchers.iter().map(matcher).collect(),
        starts_at: foreign::time(&wire.starts_at),
        ends_at,
        created_by: foreign::text(wire.created_by),
        comment: foreign::text(wire.comment),
        source,
    })
}

fn matcher(wire: &Matcher) -> String {
    let operator = match (wire.is_regex, wire.is_equal.unwrap_or(true)) {
        (false, true) => "=",
        (false, false) => "!=",
        (true, true) => "=~",
        (true, false) => "!~",
    };
    let value = wire.value.replace('\\', r"\\").replace('"', "\\\"");
    foreign::text(format!("{}{operator}\"{value}\"", wire.name))
}

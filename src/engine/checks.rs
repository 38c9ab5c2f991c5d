//! A check or a trace asked by itself: a look at everything first, where the question is about the fleet.

use std::time::Duration;

use super::{Station, once};
use crate::domain::{Check, CheckKind, CheckResult, Refusal, ServiceId, Snapshot, Trace, Verdict};

/// Answers a check. The look at the fleet before it takes at most `within`.
pub async fn check(station: &Station, check: &Check, within: Duration) -> CheckResult {
    let snapshot = if check.stands_alone() { nothing(station) } else { once(station, within).await };
    station.prober.ask(check, &snapshot, station.now()).await
}

/// Answers several checks of one look at the fleet, and the services of the stack itself first: their tasks.
pub async fn stack_checks(station: &Station, asked: &[Check], within: Duration) -> Vec<CheckResult> {
    let snapshot = once(station, within).await;
    let of_stack = snapshot.services.iter().filter(|service| service.is_stack);
    let tasks = of_stack.map(|service| Check::new(CheckKind::Tasks).with("service", service.id.to_string()));
    let all: Vec<Check> = tasks.chain(asked.iter().cloned()).collect();
    let now = station.now();
    futures_util::future::join_all(all.iter().map(|check| station.prober.ask(check, &snapshot, now))).await
}

/// Walks the way of a request to the service of a name (`NAME` or `CLUSTER/NAME`).
///
/// # Errors
/// Where no service, or more than one, is called that.
pub async fn trace(station: &Station, name: &str, within: Duration) -> Result<Trace, Refusal> {
    let snapshot = once(station, within).await;
    let is_meant = |id: &ServiceId| match name.split_once('/') {
        Some((cluster, name)) => id.cluster == cluster && id.name == name,
        None => id.name == name,
    };
    let found: Vec<&ServiceId> =
        snapshot.services.iter().map(|service| &service.id).filter(|id| is_meant(id)).collect();
    match found.as_slice() {
        [id] => Ok(station.prober.trace(id, &snapshot, station.now()).await),
        [] => {
            let blind =
                snapshot.services.is_empty().then(|| snapshot.findings.first().map(|finding| finding.text.clone()));
            let why = blind.flatten().map(|why| format!(": {why}")).unwrap_or_default();
            Err(Refusal::new(format!("there is no service {name}{why}"))
                .with_hint("rounds --once lists the services there are"))
        }
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Refusal::new(format!("{name} is in several clusters: {}", names.join(", ")))
                .with_hint("name it with its cluster: CLUSTER/NAME"))
        }
    }
}

/// A look at nothing.
fn nothing(station: &Station) -> Snapshot {
    Snapshot {
        context: station.setting.context.clone(),
        at: station.now(),
        verdict: Verdict::Unknown,
        services: Vec::new(),
        findings: Vec::new(),
        alerts: Vec::new(),
        silences: Vec::new(),
        targets: Vec::new(),
        targets_known: false,
        sources: Vec::new(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    }
}

//! What happened in the last 24 hours.

use jiff::{SignedDuration, Timestamp};

use super::Round;
use super::facts::RESOLVED;
use crate::domain::{Alert, Occurrence, OccurrenceKind, ServiceHealth, ServiceId, Snapshot, StopCode, Task, TaskState};

/// How far back.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Deployments, tasks that stopped by themselves or by hand, alerts that fired and those that ended; newest first.
pub fn of(round: &Round<'_>, services: &[ServiceHealth], alerts: &[Alert]) -> Vec<Occurrence> {
    let recent = |at: &Timestamp| {
        let age = round.now.duration_since(*at);
        !age.is_negative() && age <= WINDOW
    };
    let mut changes: Vec<Occurrence> = services.iter().flat_map(of_service).collect();
    changes.extend(alerts.iter().filter_map(fired));
    // What one source forgot and another still reports has not ended.
    let resolved = round.facts.resolved().iter().filter(|change| !alerts.iter().any(|alert| is_of(change, alert)));
    changes.extend(resolved.cloned().map(|change| with_cluster(change, services)));
    changes.retain(|change| recent(&change.at));
    changes.sort_by(|a, b| b.at.cmp(&a.at).then(a.kind.cmp(&b.kind)).then_with(|| a.service.cmp(&b.service)));
    changes.dedup();
    changes.truncate(Snapshot::MOST_CHANGES);
    changes
}

fn of_service(service: &ServiceHealth) -> Vec<Occurrence> {
    let Some(ecs) = &service.ecs else { return Vec::new() };
    let deployments = ecs.deployments.iter().filter_map(|deployment| {
        let text = format!("deployment {} {}", deployment.definition, deployment.rollout.word());
        Some(change(deployment.created_at?, OccurrenceKind::Deployed, &service.id, text))
    });
    let stops = ecs.tasks.iter().filter(|task| is_news(task)).filter_map(|task| {
        let why = task.stop_summary().unwrap_or_else(|| "no reason given".to_owned());
        let text = format!("task {} stopped: {why}", task.short_id());
        Some(change(task.stopped_at?, OccurrenceKind::TaskStopped, &service.id, text))
    });
    deployments.chain(stops).collect()
}

/// A stop that a deployment or a smaller desired count did not ask for.
fn is_news(task: &Task) -> bool {
    task.state == TaskState::Stopped
        && (task.stop_code != Some(StopCode::SchedulerInitiated) || task.crashed() || task.was_out_of_memory())
}

fn fired(alert: &Alert) -> Option<Occurrence> {
    let at = alert.since.filter(|_| alert.is_news())?;
    Some(Occurrence {
        at,
        kind: OccurrenceKind::AlertFired,
        service: alert.service.clone(),
        text: format!("{} fired", alert.name),
    })
}

/// Whether a change is the end of an alert that is there.
fn is_of(resolved: &Occurrence, alert: &Alert) -> bool {
    let service = alert.owner.as_ref().map(|owner| owner.service.as_str());
    resolved.text.strip_suffix(RESOLVED) == Some(alert.name.as_str())
        && resolved.service.as_ref().map(|id| id.name.as_str()) == service
}

/// A resolved alert was remembered by its label alone; its service's cluster is known only here.
fn with_cluster(mut change: Occurrence, services: &[ServiceHealth]) -> Occurrence {
    if let Some(id) = &change.service
        && let Some(service) = services.iter().find(|service| service.id.name == id.name)
    {
        change.service = Some(service.id.clone());
    }
    change
}

fn change(at: Timestamp, kind: OccurrenceKind, service: &ServiceId, text: String) -> Occurrence {
    Occurrence { at, kind, service: Some(service.clone()), text }
}

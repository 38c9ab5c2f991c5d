//! Which service a question is about, and what of the snapshot belongs to it.

use std::time::Duration;

use jiff::Timestamp;

use super::Case;
use super::tally::Tally;
use crate::domain::{
    Check, EcsService, ServiceHealth, Snapshot, SourceKind, SourceState, Target, TargetHealth, Task, TaskState,
};
use crate::format;

/// The service a question names; a note in the tally where there is none.
pub fn service<'s, E>(case: &Case<'s, E>, check: &Check, tally: &mut Tally) -> Option<&'s ServiceHealth> {
    let name = check.told("service")?;
    match find(case.snapshot, name).as_slice() {
        [one] => Some(one),
        [] => {
            let blind = [SourceKind::Ecs, SourceKind::Prometheus].into_iter().find_map(|kind| blindness(case, kind));
            if let Some(why) = blind {
                tally.unknown(format!("service {name} is not known: {why}"), "the services there are");
            } else {
                tally.unknown(format!("there is no service {name}"), "the services there are");
                tally.cause("service-unknown");
                tally.next("rounds --once lists the services there are");
            }
            None
        }
        many => {
            let names: Vec<String> = many.iter().map(|service| service.id.to_string()).collect();
            tally.unknown(format!("{name} is in several clusters: {}", names.join(", ")), "the services there are");
            tally.next("name it with its cluster: --service CLUSTER/NAME");
            None
        }
    }
}

/// Services of a name, `NAME` or `CLUSTER/NAME`.
pub fn find<'s>(snapshot: &'s Snapshot, name: &str) -> Vec<&'s ServiceHealth> {
    let is_meant = |service: &&ServiceHealth| match name.split_once('/') {
        Some((cluster, name)) => service.id.cluster == cluster && service.id.name == name,
        None => service.id.name == name,
    };
    snapshot.services.iter().filter(is_meant).collect()
}

/// A component of the monitoring stack, by the word its service's name has in it.
pub fn component<'s>(snapshot: &'s Snapshot, word: &str) -> Option<&'s ServiceHealth> {
    let named = |service: &&ServiceHealth| service.id.name == word;
    let like = |service: &&ServiceHealth| service.is_stack && service.id.name.contains(word);
    snapshot.services.iter().find(named).or_else(|| snapshot.services.iter().find(like))
}

/// What ECS says of a service; a note where it was not read.
pub fn ecs<'s, E>(case: &Case<'_, E>, service: &'s ServiceHealth, tally: &mut Tally) -> Option<&'s EcsService> {
    let ecs = service.ecs.as_deref();
    if ecs.is_none() {
        let why =
            blindness(case, SourceKind::Ecs).unwrap_or_else(|| "ecs is not configured in this context".to_owned());
        tally.unknown(format!("the tasks of {} are not known: {why}", service.id.name), "ecs:DescribeServices");
    } else if let Some(why) = blindness(case, SourceKind::Ecs) {
        tally.unknown(format!("what follows is of an earlier look: {why}"), "ecs");
    }
    ecs
}

/// Why a source cannot be relied on now, where it is configured and cannot.
pub fn blindness<E>(case: &Case<'_, E>, kind: SourceKind) -> Option<String> {
    match &case.snapshot.source(kind)?.state {
        SourceState::Failing { error, .. } => Some(error.what.clone()),
        SourceState::Waiting => Some(format!("{kind} has not answered yet")),
        SourceState::Stale { at } => Some(format!("{kind} last answered {} ago", format::age(*at, case.now))),
        SourceState::Standby | SourceState::Fresh { .. } => None,
    }
}

/// The next step where a source cannot be relied on.
pub fn remedy<E>(case: &Case<'_, E>, kind: SourceKind) -> Option<String> {
    match &case.snapshot.source(kind)?.state {
        SourceState::Failing { error, .. } => error.hint.clone(),
        _ => None,
    }
}

/// Tasks of a service that run.
pub fn running(ecs: &EcsService) -> impl Iterator<Item = &Task> {
    ecs.tasks.iter().filter(|task| task.state == TaskState::Running)
}

/// The targets of a service.
pub fn targets<'s>(snapshot: &'s Snapshot, service: &'s ServiceHealth) -> impl Iterator<Item = &'s Target> {
    service.targets.iter().filter_map(|position| snapshot.targets.get(*position))
}

/// The task behind an address, and its service.
pub fn task_at<'s>(snapshot: &'s Snapshot, host: &str) -> Option<(&'s ServiceHealth, &'s Task)> {
    let own = |service: &'s ServiceHealth| Some((service, service.ecs.as_deref()?));
    snapshot.services.iter().filter_map(own).find_map(|(service, ecs)| {
        let is_there = |task: &&Task| task.address.as_deref() == Some(host) && task.state != TaskState::Stopped;
        ecs.tasks.iter().find(is_there).map(|task| (service, task))
    })
}

/// The one zone all these tasks are in, where there are two at least and tasks that are not among them are elsewhere.
pub fn one_zone<'s>(snapshot: &'s Snapshot, concerned: &[&'s Task]) -> Option<&'s str> {
    let zone = concerned.first()?.zone.as_deref()?;
    let all = concerned.iter().all(|task| task.zone.as_deref() == Some(zone));
    let others = snapshot.services.iter().filter_map(|service| service.ecs.as_deref()).flat_map(running);
    let spread = others.into_iter().any(|task| task.zone.as_deref().is_some_and(|other| other != zone));
    (concerned.len() >= 2 && all && spread).then_some(zone)
}

/// How long ago, where that is known.
pub fn since(then: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    Duration::try_from(now.duration_since(then?)).ok()
}

/// Whether a target's last scrape failed.
pub fn is_down(target: &Target) -> bool {
    target.health == TargetHealth::Down
}

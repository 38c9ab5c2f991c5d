//! The event list of a service, in the scheduler's words.

use crate::domain::ServiceEvent;

use super::super::alerts::uuid;
use super::super::clock::{DAY, HOUR, Second, floor, stamp};
use super::super::noise;
use super::super::scene::Scene;
use super::super::timeline::Note;

/// How many events ECS keeps.
const KEPT: usize = 100;

/// The events of a service at its scene's moment, newest first.
pub fn of(scene: &Scene<'_>) -> Vec<ServiceEvent> {
    let (service, now) = (scene.service, scene.now);
    let mut notes: Vec<(Second, Note)> = scene.timeline.notes.iter().filter(|(at, _)| *at <= now).cloned().collect();
    // A steady service says so about every six hours.
    let offset = noise::pick(service.seed, 6 * 3_600).cast_signed();
    let newest = floor(now - offset, 6 * HOUR) + offset;
    notes.extend((0..4).map(|back| (newest - back * 6 * HOUR, Note::Steady)).filter(|(at, _)| now - at < DAY));
    notes.sort_by_key(|(at, _)| -at);
    notes.truncate(KEPT);
    let event = |(at, note): (Second, Note)| {
        let message = text(scene, &note);
        let id = uuid(noise::named(noise::at(service.seed, at), &message));
        ServiceEvent { id, at: Some(stamp(at)), message }
    };
    let mut events: Vec<ServiceEvent> = notes.into_iter().map(event).collect();
    events.dedup_by(|a, b| a.id == b.id);
    events
}

fn text(scene: &Scene<'_>, note: &Note) -> String {
    let service = scene.service;
    let name = &service.id.name;
    let said = match note {
        Note::Started(task) => format!("has started 1 tasks: (task {task:032x})."),
        Note::Ended(task) => format!("has stopped 1 running tasks: (task {task:032x})."),
        Note::Registered => format!("registered 1 targets in (target-group {})", service.target_group()),
        Note::Draining => "has begun draining connections on 1 tasks.".to_owned(),
        Note::Sick(task) if service.http => {
            let group = service.target_group();
            format!(
                "(port {}) is unhealthy in (target-group {group}) due to (reason Health checks failed) (task {task:032x})",
                service.port
            )
        }
        Note::Sick(task) => format!("(task {task:032x}) failed container health checks."),
        Note::Completed(deployment) => format!("(deployment ecs-svc/{deployment}) deployment completed."),
        Note::Failed(deployment) => {
            format!("(deployment ecs-svc/{deployment}) deployment failed: tasks failed to start.")
        }
        Note::GoingBack(deployment) => format!("rolling back to deployment ecs-svc/{deployment}."),
        Note::Steady => "has reached a steady state.".to_owned(),
        Note::Said(said) => (*said).to_owned(),
    };
    format!("(service {name}) {said}")
}

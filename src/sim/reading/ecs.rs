//! ECS: clusters, services, tasks, deployments, definitions.

use jiff::Timestamp;

use crate::domain::{
    Cluster, Deployment, DeploymentStatus, EcsReading, EcsService, Rollout as RolloutState, SourceError, SourceKind,
    Task, TaskDefinition, TaskState,
};

use super::super::clock::{Second, second, stamp};
use super::super::fleet::{ACCOUNT, REGION, Service};
use super::super::life::Life;
use super::super::noise;
use super::super::scene::Scene;
use super::super::timeline::Rollout;
use super::super::world::World;
use super::events;

impl World {
    /// What ECS answers.
    ///
    /// # Errors
    /// When the scenario has it refuse.
    pub fn ecs(&self, now: Timestamp) -> Result<EcsReading, SourceError> {
        let now = second(now);
        if let Some(error) = self.refusal(SourceKind::Ecs, now) {
            return Err(error);
        }
        let hiccup = self.outage(SourceKind::Ecs, now);
        let scenes = self.scenes(now);
        let mut services = Vec::with_capacity(scenes.len());
        let mut definitions = Vec::with_capacity(scenes.len());
        for scene in &scenes {
            // When only parts fail, it is the tasks of every third service.
            let tasks_known = hiccup.is_none() || noise::pick(scene.service.seed, 3) != 0;
            services.push(service(scene, tasks_known));
            definitions.extend(revisions(scene).into_iter().map(|revision| definition(scene.service, revision)));
        }
        Ok(EcsReading {
            account: Some(ACCOUNT.to_owned()),
            caller_arn: Some(format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform-readonly/kim")),
            region: REGION.to_owned(),
            clusters: self
                .clusters()
                .iter()
                .map(|name| Cluster { name: (*name).to_owned(), status: "ACTIVE".to_owned() })
                .collect(),
            services,
            definitions,
            problems: hiccup.map(|outage| outage.error.clone()).into_iter().collect(),
            ..EcsReading::default()
        })
    }
}

fn service(scene: &Scene<'_>, tasks_known: bool) -> EcsService {
    let (service, now) = (scene.service, scene.now);
    let primary = scene.timeline.primary();
    EcsService {
        id: service.id.clone(),
        status: "ACTIVE".to_owned(),
        desired: scene.timeline.wanted,
        running: scene.timeline.running(now),
        pending: scene.timeline.pending(now),
        launch: "FARGATE".to_owned(),
        definition: service.definition(primary.map_or(service.revision, |rollout| rollout.revision)),
        percents: Some(service.percents),
        created_at: Some(stamp(service.created)),
        deployments: deployments(scene),
        events: events::of(scene),
        tasks: if tasks_known { tasks(scene) } else { Vec::new() },
        tasks_known,
    }
}

/// Running, starting and stopping ones first, then the stopped ones; the newest first in each.
fn tasks(scene: &Scene<'_>) -> Vec<Task> {
    let (timeline, now) = (&scene.timeline, scene.now);
    let mut tasks: Vec<Task> = timeline
        .lives
        .iter()
        .filter(|life| life.is_remembered(now))
        .filter_map(|life| {
            let rollout = timeline.rollouts.get(life.rollout)?;
            Some(life.task(scene.service, rollout.revision, &deployment_id(rollout), now))
        })
        .collect();
    let rank = |task: &Task| match task.state {
        TaskState::Running => 0,
        TaskState::Pending => 1,
        TaskState::Stopping => 2,
        TaskState::Stopped => 3,
    };
    tasks.sort_by(|a, b| {
        let newest = |task: &Task| task.stopped_at.or(task.created_at);
        rank(a).cmp(&rank(b)).then_with(|| newest(b).cmp(&newest(a))).then_with(|| a.id.cmp(&b.id))
    });
    tasks
}

/// The deployments that ECS shows, newest first, each by its place in the history: the newest, those that still have
/// tasks, and one given up until all is settled again.
fn shown(scene: &Scene<'_>) -> Vec<usize> {
    let (timeline, now) = (&scene.timeline, scene.now);
    let newest = timeline.rollouts.len().saturating_sub(1);
    let alive = timeline.lives.iter().filter(|life| life.runs(now) || life.is_starting(now));
    let mut places: Vec<usize> = alive.map(|life| life.rollout).collect();
    places.push(newest);
    let is_settled = timeline.primary().is_some_and(|rollout| rollout.settled.is_some_and(|at| at <= now));
    let before = newest.checked_sub(1).and_then(|place| timeline.rollouts.get(place).map(|rollout| (place, rollout)));
    places.extend(before.filter(|(_, rollout)| rollout.failed.is_some() && !is_settled).map(|(place, _)| place));
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.dedup();
    places
}

fn deployments(scene: &Scene<'_>) -> Vec<Deployment> {
    let places = shown(scene);
    let deployment =
        |place: &usize| scene.timeline.rollouts.get(*place).map(|rollout| deployment(scene, *place, rollout));
    places.iter().filter_map(deployment).collect()
}

fn deployment(scene: &Scene<'_>, place: usize, rollout: &Rollout) -> Deployment {
    let (timeline, now) = (&scene.timeline, scene.now);
    let is_newest = place + 1 == timeline.rollouts.len();
    let own = |is: &dyn Fn(&Life) -> bool| {
        let number = timeline.lives.iter().filter(|life| life.rollout == place && is(life)).count();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    let running = own(&|life| life.runs(now));
    let has_failed = |life: &Life| life.end.as_ref().is_some_and(|(at, how)| *at <= now && how.is_failure());
    let is_done = rollout.settled.is_some_and(|at| at <= now);
    let state = match rollout.failed {
        Some(at) if at <= now => RolloutState::Failed,
        _ if is_done => RolloutState::Completed,
        _ => RolloutState::InProgress,
    };
    Deployment {
        id: deployment_id(rollout),
        status: if is_newest { DeploymentStatus::Primary } else { DeploymentStatus::Active },
        rollout: state,
        reason: Some(reason(rollout, state)),
        definition: scene.service.definition(rollout.revision),
        desired: if is_newest { timeline.wanted } else { running },
        running,
        pending: own(&|life| life.is_starting(now)),
        failed_tasks: if is_done { 0 } else { own(&has_failed) },
        created_at: Some(stamp(rollout.created)),
        updated_at: Some(stamp(updated(rollout, now))),
    }
}

fn updated(rollout: &Rollout, now: Second) -> Second {
    [rollout.settled, rollout.failed].into_iter().flatten().filter(|at| *at <= now).max().unwrap_or(rollout.created)
}

fn deployment_id(rollout: &Rollout) -> String {
    format!("ecs-svc/{}", rollout.number)
}

fn reason(rollout: &Rollout, state: RolloutState) -> String {
    let id = deployment_id(rollout);
    match (state, rollout.undoes) {
        (RolloutState::Failed, _) if rollout.by_hand => format!("ECS deployment {id} was stopped: rolling back."),
        (RolloutState::Failed, _) => format!("ECS deployment {id} circuit breaker: tasks failed to start."),
        (_, Some(undone)) if rollout.by_hand => {
            format!("ECS deployment {id}: rolling back from deploymentId ecs-svc/{undone}.")
        }
        (_, Some(undone)) => {
            format!("ECS deployment circuit breaker: rolling back from deploymentId ecs-svc/{undone}.")
        }
        (RolloutState::Completed, None) => format!("ECS deployment {id} completed."),
        _ => format!("ECS deployment {id} in progress."),
    }
}

/// The revisions of the deployments shown, each once.
fn revisions(scene: &Scene<'_>) -> Vec<u32> {
    let rollouts = shown(scene).into_iter().filter_map(|place| scene.timeline.rollouts.get(place));
    let mut revisions: Vec<u32> = rollouts.map(|rollout| rollout.revision).collect();
    revisions.sort_unstable_by(|a, b| b.cmp(a));
    revisions.dedup();
    revisions
}

fn definition(service: &Service, revision: u32) -> TaskDefinition {
    TaskDefinition {
        name: service.definition(revision),
        images: vec![(service.id.name.clone(), format!("{}:{}", service.image, service.tag(revision)))],
        cpu: Some(service.size.0.to_owned()),
        memory: Some(service.size.1.to_owned()),
        architecture: None,
    }
}

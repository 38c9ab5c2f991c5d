//! ECS's wire types as domain values. Everything is optional on the wire; what is absent stays unknown.

use std::cmp::Reverse;

use aws_sdk_ecs::types;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::domain::task::ContainerExit;
use crate::domain::{
    Deployment, DeploymentStatus, EcsService, Rollout, ServiceEvent, ServiceId, StopCode, Task, TaskDefinition,
    TaskHealth, TaskState,
};
use crate::format::sanitise;

/// The last part of an ARN, long form or short (`service/prod/api`, `service/api`), or the name itself.
pub(super) fn short_name(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Family and revision of a task definition's ARN, or as it was given.
pub(super) fn definition_name(arn: &str) -> String {
    text(arn.rsplit('/').next().unwrap_or(arn))
}

/// The account an ARN belongs to.
pub(super) fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
}

/// A service. Its tasks are still to be filled in.
pub(super) fn service(cluster: &str, wire: &types::Service) -> EcsService {
    let name = wire.service_name().unwrap_or_else(|| short_name(wire.service_arn().unwrap_or_default()));
    EcsService {
        id: ServiceId::new(cluster, text(name)),
        status: wire.status().map_or_else(|| "UNKNOWN".to_owned(), text),
        desired: count(wire.desired_count()),
        running: count(wire.running_count()),
        pending: count(wire.pending_count()),
        launch: launch(wire),
        definition: definition(wire).map(definition_name).unwrap_or_default(),
        percents: wire.deployment_configuration().and_then(|percents| {
            Some((count(percents.minimum_healthy_percent()?), count(percents.maximum_percent()?)))
        }),
        created_at: moment(wire.created_at()),
        deployments: deployments(wire),
        events: events(wire.events()),
        tasks: Vec::new(),
        tasks_known: false,
    }
}

/// The definition in force. With an external deployment controller only the task sets have one.
fn definition(wire: &types::Service) -> Option<&str> {
    let primary = || wire.task_sets().iter().find(|set| set.status() == Some("PRIMARY"));
    wire.task_definition().filter(|arn| !arn.is_empty()).or_else(|| primary()?.task_definition())
}

fn launch(wire: &types::Service) -> String {
    let strategy = |items: &[types::CapacityProviderStrategyItem]| {
        let names: Vec<String> = items.iter().map(|item| text(item.capacity_provider())).collect();
        (!names.is_empty()).then(|| names.join(" + "))
    };
    strategy(wire.capacity_provider_strategy())
        .or_else(|| wire.launch_type().map(|launch| text(launch.as_str())))
        .or_else(|| strategy(wire.deployments().first()?.capacity_provider_strategy()))
        .or_else(|| wire.deployments().first()?.launch_type().map(|launch| text(launch.as_str())))
        .or_else(|| strategy(wire.task_sets().first()?.capacity_provider_strategy()))
        .or_else(|| wire.task_sets().first()?.launch_type().map(|launch| text(launch.as_str())))
        .unwrap_or_default()
}

/// The newest first: the primary one, then by age. Task sets stand in where another controller deploys.
fn deployments(wire: &types::Service) -> Vec<Deployment> {
    let mut deployments: Vec<Deployment> = if wire.deployments().is_empty() {
        wire.task_sets().iter().map(task_set).collect()
    } else {
        wire.deployments().iter().map(deployment).collect()
    };
    deployments.sort_by_key(|one| (one.status != DeploymentStatus::Primary, Reverse(one.created_at)));
    deployments
}

fn deployment(wire: &types::Deployment) -> Deployment {
    Deployment {
        id: wire.id().map(text).unwrap_or_default(),
        status: deployment_status(wire.status()),
        rollout: match wire.rollout_state() {
            Some(types::DeploymentRolloutState::InProgress) => Rollout::InProgress,
            Some(types::DeploymentRolloutState::Completed) => Rollout::Completed,
            Some(types::DeploymentRolloutState::Failed) => Rollout::Failed,
            _ => Rollout::Unknown,
        },
        reason: wire.rollout_state_reason().map(text).filter(|reason| !reason.is_empty()),
        definition: wire.task_definition().map(definition_name).unwrap_or_default(),
        desired: count(wire.desired_count()),
        running: count(wire.running_count()),
        pending: count(wire.pending_count()),
        failed_tasks: count(wire.failed_tasks()),
        created_at: moment(wire.created_at()),
        updated_at: moment(wire.updated_at()),
    }
}

fn task_set(wire: &types::TaskSet) -> Deployment {
    Deployment {
        id: wire.id().map(text).unwrap_or_default(),
        status: deployment_status(wire.status()),
        rollout: match wire.stability_status() {
            Some(types::StabilityStatus::SteadyState) => Rollout::Completed,
            Some(types::StabilityStatus::Stabilizing) => Rollout::InProgress,
            _ => Rollout::Unknown,
        },
        reason: None,
        definition: wire.task_definition().map(definition_name).unwrap_or_default(),
        desired: count(wire.computed_desired_count()),
        running: count(wire.running_count()),
        pending: count(wire.pending_count()),
        failed_tasks: 0,
        created_at: moment(wire.created_at()),
        updated_at: moment(wire.updated_at()),
    }
}

fn deployment_status(status: Option<&str>) -> DeploymentStatus {
    match status {
        Some("PRIMARY") => DeploymentStatus::Primary,
        Some("INACTIVE" | "DRAINING") => DeploymentStatus::Inactive,
        _ => DeploymentStatus::Active,
    }
}

fn events(wire: &[types::ServiceEvent]) -> Vec<ServiceEvent> {
    let mut events: Vec<ServiceEvent> = wire
        .iter()
        .map(|event| ServiceEvent {
            id: event.id().map(text).unwrap_or_default(),
            at: moment(event.created_at()),
            message: event.message().map(text).unwrap_or_default(),
        })
        .collect();
    events.sort_by_key(|event| Reverse(event.at));
    events
}

/// A task.
pub(super) fn task(wire: &types::Task) -> Task {
    let last_status = wire.last_status().unwrap_or("UNKNOWN");
    let state = TaskState::from_ecs(last_status);
    let ended = matches!(state, TaskState::Stopping | TaskState::Stopped);
    Task {
        id: text(short_name(wire.task_arn().unwrap_or_default())),
        state,
        last_status: text(last_status),
        health: match wire.health_status() {
            Some(types::HealthStatus::Healthy) => TaskHealth::Healthy,
            Some(types::HealthStatus::Unhealthy) => TaskHealth::Unhealthy,
            _ => TaskHealth::Unknown,
        },
        definition: wire.task_definition_arn().map(definition_name).unwrap_or_default(),
        address: address(wire),
        zone: wire.availability_zone().map(text),
        created_at: moment(wire.created_at()),
        started_at: moment(wire.started_at()),
        stopped_at: moment(wire.stopped_at()),
        stop_code: wire.stop_code().map(|code| StopCode::from_ecs(&text(code.as_str()))),
        stopped_reason: wire.stopped_reason().map(text).filter(|reason| !reason.is_empty()),
        exits: if ended { wire.containers().iter().filter_map(exit).collect() } else { Vec::new() },
    }
}

/// The network interface's address, else a container's own. Bridge and host networks have neither.
fn address(wire: &types::Task) -> Option<String> {
    let interface = wire.attachments().iter().find(|attachment| attachment.r#type() == Some("ElasticNetworkInterface"));
    let attached = interface
        .and_then(|attachment| attachment.details().iter().find(|pair| pair.name() == Some("privateIPv4Address")))
        .and_then(types::KeyValuePair::value);
    let own = || {
        let mut interfaces = wire.containers().iter().flat_map(types::Container::network_interfaces);
        interfaces.find_map(types::NetworkInterface::private_ipv4_address)
    };
    attached.or_else(own).map(text).filter(|address| !address.is_empty())
}

fn exit(wire: &types::Container) -> Option<ContainerExit> {
    let reason = wire.reason().map(text).filter(|reason| !reason.is_empty());
    (wire.exit_code().is_some() || reason.is_some()).then(|| ContainerExit {
        name: wire.name().map(text).unwrap_or_default(),
        code: wire.exit_code(),
        reason,
    })
}

/// A task definition's images and size.
pub(super) fn task_definition(wire: &types::TaskDefinition) -> TaskDefinition {
    let name = match (wire.task_definition_arn(), wire.family()) {
        (Some(arn), _) => definition_name(arn),
        (None, family) => format!("{}:{}", family.map(text).unwrap_or_default(), wire.revision()),
    };
    let containers = wire.container_definitions().iter();
    TaskDefinition {
        name,
        images: containers
            .map(|container| {
                (container.name().map(text).unwrap_or_default(), container.image().map(text).unwrap_or_default())
            })
            .collect(),
        cpu: wire.cpu().map(text),
        memory: wire.memory().map(text),
    }
}

/// Puts tasks in the order they are shown: those that live first, then the stopped ones, newest first.
pub(super) fn sort_tasks(tasks: &mut [Task]) {
    tasks.sort_by(|a, b| {
        let key = |task: &Task| (task.state == TaskState::Stopped, Reverse(task.stopped_at.or(task.created_at)));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
}

/// A moment on the wire. Times beyond year 9999 are no times.
pub(super) fn moment(wire: Option<&DateTime>) -> Option<Timestamp> {
    let wire = wire?;
    Timestamp::new(wire.secs(), i32::try_from(wire.subsec_nanos()).ok()?).ok()
}

pub(super) fn text(foreign: &str) -> String {
    sanitise(foreign).into_owned()
}

/// A count on the wire; a negative one would be none.
pub(super) fn count(wire: i32) -> u32 {
    u32::try_from(wire).unwrap_or_default()
}

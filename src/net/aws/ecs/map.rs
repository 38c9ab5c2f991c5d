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
pub fn short_name(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Family and revision of a task definition's ARN, or as it was given.
pub fn definition_name(arn: &str) -> String {
    text(arn.rsplit('/').next().unwrap_or(arn))
}

/// The account an ARN belongs to.
pub fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
}

/// A service. Its tasks are still to be filled in.
pub fn service(cluster: &str, wire: &types::Service) -> EcsService {
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
pub fn task(wire: &types::Task) -> Task {
    let last_status = wire.last_status().unwrap_or("UNKNOWN");
    let state = TaskState::from_ecs_wanted(last_status, wire.desired_status());
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
pub fn task_definition(wire: &types::TaskDefinition) -> TaskDefinition {
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
        architecture: wire
            .runtime_platform()
            .and_then(|platform| platform.cpu_architecture())
            .map(|architecture| text(architecture.as_str())),
    }
}

/// Puts tasks in the order they are shown: those that live first, then the stopped ones, newest first.
pub fn sort_tasks(tasks: &mut [Task]) {
    tasks.sort_by(|a, b| {
        let key = |task: &Task| (task.state == TaskState::Stopped, Reverse(task.stopped_at.or(task.created_at)));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
}

/// A moment on the wire. Times beyond year 9999 are no times.
pub fn moment(wire: Option<&DateTime>) -> Option<Timestamp> {
    let wire = wire?;
    Timestamp::new(wire.secs(), i32::try_from(wire.subsec_nanos()).ok()?).ok()
}

/// A text of ECS made harmless.
pub fn text(foreign: &str) -> String {
    sanitise(foreign).into_owned()
}

/// A count on the wire; a negative one would be none.
pub fn count(wire: i32) -> u32 {
    u32::try_from(wire).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::{
        Attachment, CapacityProviderStrategyItem, Container, ContainerDefinition, DeploymentConfiguration,
        DeploymentRolloutState, HealthStatus, KeyValuePair, LaunchType, NetworkInterface, StabilityStatus,
        TaskStopCode,
    };

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wire(second: i64) -> DateTime {
        DateTime::from_secs(second)
    }

    fn provider(name: &str) -> CapacityProviderStrategyItem {
        CapacityProviderStrategyItem::builder().capacity_provider(name).build().unwrap()
    }

    #[test]
    fn names_and_accounts_are_read_from_short_and_long_arns() {
        for (arn, name, owner) in [
            ("arn:aws:ecs:eu-west-1:123456789012:service/api", "api", Some("123456789012")),
            ("arn:aws:ecs:eu-west-1:123456789012:service/prod/api", "api", Some("123456789012")),
            ("arn:aws-cn:ecs:cn-north-1:123456789012:task/prod/0a1b", "0a1b", Some("123456789012")),
            ("prod", "prod", None),
            ("", "", None),
            ("arn:aws:ecs:x:12345:y", "y", None),
        ] {
            assert_eq!((short_name(arn), account(arn).as_deref()), (name, owner), "{arn}");
        }
        assert_eq!(definition_name("arn:aws:ecs:eu-west-1:123456789012:task-definition/api:118"), "api:118");
        assert_eq!(definition_name("api:118"), "api:118");
    }

    #[test]
    fn a_service_of_which_nothing_is_known_is_still_a_service() {
        let read = service("prod", &types::Service::builder().service_arn("arn:aws:ecs:r:1:service/prod/api").build());
        assert_eq!((read.id.to_string().as_str(), read.status.as_str()), ("prod/api", "UNKNOWN"));
        assert_eq!((read.launch.as_str(), read.definition.as_str()), ("", ""));
        assert_eq!((read.percents, read.created_at, read.tasks_known), (None, None, false));
        assert!(read.deployments.is_empty() && read.events.is_empty());
    }

    #[test]
    fn a_service_keeps_what_ecs_says_of_it() {
        let deployment = |id: &str, status: &str, created: i64| {
            types::Deployment::builder().id(id).status(status).created_at(wire(created)).task_definition("x/api:7")
        };
        let percents = DeploymentConfiguration::builder().minimum_healthy_percent(100).maximum_percent(200).build();
        let event =
            |id: &str, second: i64| types::ServiceEvent::builder().id(id).created_at(wire(second)).message("m\u{1b}");
        let read = service(
            "prod",
            &types::Service::builder()
                .service_name("api")
                .status("ACTIVE")
                .desired_count(3)
                .running_count(2)
                .pending_count(-1)
                .capacity_provider_strategy(provider("FARGATE"))
                .capacity_provider_strategy(provider("FARGATE_SPOT"))
                .task_definition("arn:aws:ecs:r:1:task-definition/api:7")
                .deployment_configuration(percents)
                .created_at(wire(5))
                .deployments(deployment("old", "ACTIVE", 10).build())
                .deployments(
                    deployment("new", "PRIMARY", 20)
                        .rollout_state(DeploymentRolloutState::Failed)
                        .rollout_state_reason("circuit breaker")
                        .failed_tasks(4)
                        .build(),
                )
                .events(event("a", 1).build())
                .events(event("b", 2).build())
                .build(),
        );
        assert_eq!((read.desired, read.running, read.pending), (3, 2, 0));
        assert_eq!((read.launch.as_str(), read.definition.as_str()), ("FARGATE + FARGATE_SPOT", "api:7"));
        assert_eq!((read.percents, read.created_at), (Some((100, 200)), Some(at(5))));
        let ids: Vec<_> = read.deployments.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["new", "old"]);
        let newest = &read.deployments[0];
        assert_eq!((newest.rollout, newest.failed_tasks), (Rollout::Failed, 4));
        assert_eq!((newest.reason.as_deref(), newest.created_at), (Some("circuit breaker"), Some(at(20))));
        assert_eq!(read.deployments[1].rollout, Rollout::Unknown);
        let events: Vec<_> = read.events.iter().map(|event| (event.id.as_str(), event.message.as_str())).collect();
        assert_eq!(events, [("b", "m\\u{1b}"), ("a", "m\\u{1b}")]);
    }

    #[test]
    fn task_sets_stand_in_for_deployments() {
        let set = |id: &str, status: &str, stability| {
            types::TaskSet::builder()
                .id(id)
                .status(status)
                .stability_status(stability)
                .task_definition(format!("x/{id}:1"))
        };
        let read = service(
            "prod",
            &types::Service::builder()
                .service_name("api")
                .task_sets(
                    set("blue", "ACTIVE", StabilityStatus::SteadyState).launch_type(LaunchType::External).build(),
                )
                .task_sets(set("green", "PRIMARY", StabilityStatus::Stabilizing).computed_desired_count(2).build())
                .build(),
        );
        assert_eq!((read.definition.as_str(), read.launch.as_str()), ("green:1", "EXTERNAL"));
        let sets: Vec<_> = read.deployments.iter().map(|one| (one.id.as_str(), one.rollout, one.desired)).collect();
        assert_eq!(sets, [("green", Rollout::InProgress, 2), ("blue", Rollout::Completed, 0)]);
    }

    #[test]
    fn a_stopped_task_says_how_it_ended() {
        let container = |name: &str| Container::builder().name(name);
        let interface = KeyValuePair::builder().name("privateIPv4Address").value("10.0.1.7").build();
        let read = task(
            &types::Task::builder()
                .task_arn("arn:aws:ecs:r:1:task/prod/0a1b2c3d4e5f")
                .last_status("STOPPED")
                .health_status(HealthStatus::Unhealthy)
                .stop_code(TaskStopCode::EssentialContainerExited)
                .stopped_reason("Essential container in task exited")
                .stopped_at(wire(9))
                .task_definition_arn("arn:aws:ecs:r:1:task-definition/api:7")
                .attachments(Attachment::builder().r#type("ElasticNetworkInterface").details(interface).build())
                .containers(container("app").exit_code(137).reason("OutOfMemoryError: killed").build())
                .containers(container("sidecar").build())
                .build(),
        );
        assert_eq!((read.short_id(), read.state, read.health), ("0a1b2c3d", TaskState::Stopped, TaskHealth::Unhealthy));
        assert_eq!((read.address.as_deref(), read.stopped_at), (Some("10.0.1.7"), Some(at(9))));
        assert_eq!(read.exits.len(), 1);
        assert!(read.was_out_of_memory());
    }

    #[test]
    fn a_running_task_has_an_address_and_no_exits() {
        let own = NetworkInterface::builder().private_ipv4_address("10.0.1.8").build();
        let wire = types::Task::builder().last_status("RUNNING");
        let read = task(&wire.containers(Container::builder().reason("x").network_interfaces(own).build()).build());
        assert_eq!((read.address.as_deref(), read.exits.len(), read.stop_code), (Some("10.0.1.8"), 0, None));
        let read = task(&types::Task::builder().build());
        assert_eq!((read.state, read.last_status.as_str(), read.address), (TaskState::Pending, "UNKNOWN", None));
    }

    #[test]
    fn a_task_that_was_told_to_stop_is_on_its_way_out() {
        for (last, desired, state) in [
            ("RUNNING", Some("RUNNING"), TaskState::Running),
            ("RUNNING", None, TaskState::Running),
            ("RUNNING", Some("STOPPED"), TaskState::Stopping),
            ("PENDING", Some("STOPPED"), TaskState::Stopping),
            ("DEACTIVATING", Some("STOPPED"), TaskState::Stopping),
            ("STOPPED", Some("STOPPED"), TaskState::Stopped),
        ] {
            let read =
                task(&types::Task::builder().last_status(last).set_desired_status(desired.map(str::to_owned)).build());
            assert_eq!((read.state, read.last_status.as_str()), (state, last), "{last} {desired:?}");
        }
    }

    #[test]
    fn unknown_stop_codes_and_impossible_times_do_no_harm() {
        let wire =
            types::Task::builder().stop_code(TaskStopCode::from("NewCode")).created_at(DateTime::from_secs(i64::MAX));
        let read = task(&wire.build());
        assert_eq!((read.stop_code, read.created_at), (Some(StopCode::Other("NewCode".to_owned())), None));
    }

    #[test]
    fn tasks_that_live_come_first_and_then_the_newest_dead() {
        let one = |id: &str, status: &str, stopped: i64| {
            let wire = types::Task::builder().task_arn(id).last_status(status).created_at(wire(1));
            task(&wire.set_stopped_at((stopped > 0).then(|| self::wire(stopped))).build())
        };
        let mut tasks = [
            one("dead1", "STOPPED", 5),
            one("live", "RUNNING", 0),
            one("dead2", "STOPPED", 9),
            one("new", "PENDING", 0),
        ];
        sort_tasks(&mut tasks);
        assert_eq!(tasks.map(|task| task.id), ["live", "new", "dead2", "dead1"]);
    }

    #[test]
    fn a_definition_names_its_images() {
        let image = |name: &str, image: &str| ContainerDefinition::builder().name(name).image(image).build();
        let wire = types::TaskDefinition::builder().family("api").revision(7).cpu("256").memory("512");
        let read = task_definition(&wire.container_definitions(image("app", "api:1.2")).build());
        assert_eq!(
            (read.name.as_str(), read.cpu.as_deref(), read.memory.as_deref()),
            ("api:7", Some("256"), Some("512"))
        );
        assert_eq!(read.images, [("app".to_owned(), "api:1.2".to_owned())]);
    }
}

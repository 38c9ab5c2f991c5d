//! Which service a task belongs to.

use std::collections::HashMap;

use aws_sdk_ecs::types;

use crate::domain::EcsService;
use crate::net::aws::ecs::map::definition_name;

/// What tells a cluster's services apart by the traces they leave on their tasks.
#[derive(Debug, Default)]
pub(super) struct Owners {
    names: HashMap<String, usize>,
    deployments: HashMap<String, usize>,
    /// Families; `None` where several services share one.
    families: HashMap<String, Option<usize>>,
}

impl Owners {
    /// Takes a service in, known from now on by `index`.
    pub(super) fn add(&mut self, index: usize, service: &EcsService) {
        self.names.insert(service.id.name.clone(), index);
        self.deployments.extend(service.deployments.iter().map(|one| (one.id.clone(), index)));
        self.families.entry(family(&service.definition)).and_modify(|owner| *owner = None).or_insert(Some(index));
    }

    /// The service a task belongs to: by its group, by the deployment that started it, and only where it has no group
    /// at all by its family. A task somebody ran by hand carries the family's name as its group and is nobody's.
    pub(super) fn of(&self, task: &types::Task) -> Option<usize> {
        if let Some(name) = task.group().and_then(|group| group.strip_prefix("service:")) {
            return self.names.get(name).copied();
        }
        if let Some(index) = task.started_by().and_then(|id| self.deployments.get(id)) {
            return Some(*index);
        }
        if task.group().is_some_and(|group| !group.is_empty()) {
            return None;
        }
        let family = family(&definition_name(task.task_definition_arn()?));
        self.families.get(&family).copied().flatten()
    }
}

/// `api:118` without its revision.
fn family(definition: &str) -> String {
    definition.rsplit_once(':').map_or(definition, |(family, _)| family).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::aws::ecs::map;

    fn service(name: &str, definition: &str, deployment: &str) -> EcsService {
        let deployment = types::Deployment::builder().id(deployment).build();
        let wire = types::Service::builder().service_name(name).task_definition(definition).deployments(deployment);
        map::service("prod", &wire.build())
    }

    #[test]
    fn a_task_finds_its_service_by_group_then_deployment_then_family() {
        let arn = |name: &str| format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{name}");
        let mut owners = Owners::default();
        owners.add(0, &service("api", &arn("api:7"), "ecs-svc/1"));
        owners.add(1, &service("blue", &arn("shared:1"), "ecs-svc/2"));
        owners.add(2, &service("green", "shared:2", "ecs-svc/3"));
        for (group, started_by, family, owner) in [
            (Some("service:api"), None, "x:1", Some(0)),
            (Some("service:api"), Some("ecs-svc/2"), "x:1", Some(0)),
            (Some("service:gone"), Some("ecs-svc/2"), "api:7", None),
            (None, Some("ecs-svc/3"), "x:1", Some(2)),
            (Some("family:api"), None, "api:7", None),
            (None, None, "api:6", Some(0)),
            (None, Some("me"), "api:6", Some(0)),
            (None, None, "shared:1", None),
            (None, None, "api-2:1", None),
        ] {
            let task = types::Task::builder()
                .set_group(group.map(str::to_owned))
                .set_started_by(started_by.map(str::to_owned))
                .task_definition_arn(arn(family))
                .build();
            assert_eq!(owners.of(&task), owner, "{group:?} {started_by:?} {family}");
        }
    }
}

//! Whether a shell can be opened in a task, and where that task is.

use std::time::Duration;

use aws_sdk_ecs::types::{Container, Task};

use crate::domain::{ErrorClass, ServiceId, SourceError};
use crate::format::sanitise;
use crate::net::Meter;
use crate::net::aws::Aws;
use crate::net::aws::ecs::Api;
use crate::net::aws::ecs::map::short_name;

/// The agent in a task that a shell goes through.
const AGENT: &str = "ExecuteCommandAgent";

/// The tasks of one context, as places to open shells in.
#[derive(Debug, Clone)]
pub struct Shells {
    aws: Aws,
    meter: Meter,
}

/// A container that a shell can be opened in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellTarget {
    /// The cluster, as ECS knows it.
    pub cluster: String,
    /// The task's ARN.
    pub task: String,
    /// The container.
    pub container: String,
    /// The region.
    pub region: String,
    /// The profile the context uses, where it names one.
    pub profile: Option<String>,
    /// Another address of AWS, where there is one.
    pub endpoint: Option<String>,
}

impl Shells {
    /// Those of a context. No I/O.
    pub fn open(aws: &Aws) -> Self {
        Self { aws: aws.clone(), meter: Meter::default() }
    }

    /// The container to open a shell in: the one named, else the service's own, else the first.
    ///
    /// # Errors
    /// What is missing, and how to get it.
    pub async fn target(
        &self,
        service: &ServiceId,
        task: &str,
        container: Option<&str>,
        within: Duration,
    ) -> Result<ShellTarget, SourceError> {
        let settings = self.aws.settings();
        if settings.assume_role.is_some() {
            let what = "this context assumes a role, and the aws command cannot be told which";
            return Err(SourceError::new(ErrorClass::Unsupported, what)
                .with_hint("put role_arn into a profile of ~/.aws/config, and name it as the context's profile"));
        }
        let session = self.aws.session(&self.meter, within).await?;
        let full = settings.clusters.iter().find(|cluster| short_name(cluster) == service.cluster);
        let cluster = full.cloned().unwrap_or_else(|| service.cluster.clone());
        let about = format!("task {}", sanitise(task));
        let (tasks, _) = Api::new(&session).describe_tasks(&cluster, &about, &[task.to_owned()]).await?;
        let Some(wire) = tasks.first() else {
            let what = format!("there is no task {} in {}", sanitise(task), sanitise(&service.cluster));
            return Err(SourceError::new(ErrorClass::Rejected, what));
        };
        let container = chosen(wire, service, container)?;
        Ok(ShellTarget {
            cluster,
            task: wire.task_arn().unwrap_or(task).to_owned(),
            container,
            region: session.region().to_owned(),
            profile: settings.profile.clone(),
            endpoint: settings.endpoint_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        })
    }
}

fn chosen(task: &Task, service: &ServiceId, wanted: Option<&str>) -> Result<String, SourceError> {
    let short = task.task_arn().map(short_name).unwrap_or_default();
    let short = sanitise(short.get(..8).unwrap_or(short)).into_owned();
    let status = sanitise(task.last_status().unwrap_or("UNKNOWN")).into_owned();
    if status != "RUNNING" {
        return Err(SourceError::new(
            ErrorClass::Rejected,
            format!("task {short} is {status}: there is no shell in it"),
        ));
    }
    if !task.enable_execute_command() {
        let what = format!("ECS Exec is not enabled for task {short} of {service}");
        let hint = format!(
            "aws ecs update-service --cluster {} --service {} --enable-execute-command --force-new-deployment; the task \
             role must allow ssmmessages:*",
            service.cluster, service.name
        );
        return Err(SourceError::new(ErrorClass::Unsupported, what).with_hint(hint));
    }
    let names: Vec<&str> = task.containers().iter().filter_map(|container| container.name()).collect();
    let container = match wanted {
        Some(wanted) => names.iter().find(|name| **name == wanted).copied().ok_or_else(|| {
            let there = sanitise(&names.join(", ")).into_owned();
            SourceError::new(ErrorClass::Rejected, format!("task {short} has no container {wanted}")).with_hint(there)
        })?,
        None => names.iter().find(|name| **name == service.name).or(names.first()).copied().ok_or_else(|| {
            SourceError::new(ErrorClass::Rejected, format!("task {short} has no container that is known"))
        })?,
    };
    let agents =
        task.containers().iter().filter(|one| one.name() == Some(container)).flat_map(Container::managed_agents);
    let mut agents = agents.filter(|agent| agent.name().is_some_and(|name| name.as_str() == AGENT));
    if let Some(agent) = agents.next().filter(|agent| agent.last_status() != Some("RUNNING")) {
        let status = sanitise(agent.last_status().unwrap_or("UNKNOWN")).into_owned();
        let what = format!("the ECS Exec agent in task {short} is {status}");
        return Err(SourceError::new(ErrorClass::Unsupported, what)
            .with_hint("the task role must allow ssmmessages:*, and the task must reach that endpoint"));
    }
    Ok(container.to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::{ManagedAgent, ManagedAgentName};

    use super::*;

    fn task(status: &str, enabled: bool, containers: &[(&str, &str)]) -> Task {
        let containers = containers.iter().map(|(name, agent)| {
            let agent = ManagedAgent::builder().name(ManagedAgentName::ExecuteCommandAgent).last_status(*agent).build();
            Container::builder().name(*name).managed_agents(agent).build()
        });
        Task::builder()
            .task_arn("arn:aws:ecs:eu-west-1:1:task/prod/0123456789abcdef")
            .last_status(status)
            .enable_execute_command(enabled)
            .set_containers(Some(containers.collect()))
            .build()
    }

    #[test]
    fn the_services_own_container_is_taken_and_what_is_missing_is_said() {
        let service = ServiceId::new("prod", "web");
        let two = [("envoy", "RUNNING"), ("web", "RUNNING")];
        assert_eq!(chosen(&task("RUNNING", true, &two), &service, None).unwrap(), "web");
        assert_eq!(chosen(&task("RUNNING", true, &two), &service, Some("envoy")).unwrap(), "envoy");
        for (task, wanted, expected) in [
            (task("RUNNING", false, &two), None, "ECS Exec is not enabled for task 01234567 of prod/web"),
            (task("STOPPED", true, &two), None, "task 01234567 is STOPPED"),
            (task("RUNNING", true, &two), Some("x"), "has no container x"),
            (task("RUNNING", true, &[("web", "STOPPED")]), None, "agent in task 01234567 is STOPPED"),
            (task("RUNNING", true, &[]), None, "no container that is known"),
        ] {
            let error = chosen(&task, &service, wanted).unwrap_err();
            assert!(error.what.contains(expected), "{}", error.what);
        }
    }
}

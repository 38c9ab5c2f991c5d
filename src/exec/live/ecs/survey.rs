//! A service as it is right now: what a change rests on, and what is seen of it afterwards.

use aws_sdk_ecs::types::{self, DesiredStatus};
use futures_util::future::{join_all, try_join, try_join_all};
use jiff::Timestamp;

use super::Ecs;
use super::call::call;
use crate::domain::{Change, ErrorClass, ServiceId, SourceError, Task};
use crate::exec::survey::UNREAD_TASKS;
use crate::exec::{GroupTargets, Scaling, Seen, ServiceFacts, ServiceSeen, Subject, Survey, Whereabouts};
use crate::net::aws::ecs::{Api, TASKS_A_CALL, map};
use crate::net::aws::query::elb;
use crate::net::aws::{Call, Session};

impl Ecs {
    /// What a change of a service rests on.
    pub(in crate::exec::live) async fn survey(&self, change: &Change, id: &ServiceId) -> Result<Survey, SourceError> {
        let session = self.session().await?;
        let cluster = self.cluster(id)?;
        let (wire, caller) = tokio::join!(service(&session, cluster, id), session.caller());
        let wire = wire?;
        let mut facts = ServiceFacts {
            service: map::service(&id.cluster, &wire),
            controller: controller(&wire),
            is_daemon: wire.scheduling_strategy() == Some(&types::SchedulingStrategy::Daemon),
            is_checked: None,
            target_groups: target_groups(&wire),
            targets: None,
            unscraped: Vec::new(),
            protected: Vec::new(),
            scaling: Scaling::None,
            rolling: None,
            previous: None,
        };
        let mut unseen = Vec::new();
        let (tasks, is_checked, targets, history, scaling) = tokio::join!(
            self.tasks(&session, cluster, &wire),
            is_checked(&session, &wire),
            targets(&session, &facts.target_groups),
            super::past::history(&session, cluster, id),
            scaling(&session, change, id),
        );
        match tasks {
            Ok(tasks) => {
                facts.service.tasks = tasks;
                facts.service.tasks_known = true;
            }
            Err(error) => unseen.push(format!("{UNREAD_TASKS}{}", error.what)),
        }
        let mut noted = |what: &str, error: SourceError| unseen.push(format!("{what}: {}", error.what));
        match is_checked {
            Ok(is) => facts.is_checked = Some(is),
            Err(error) => noted("whether its containers have health checks", error),
        }
        match targets {
            Ok(groups) => facts.targets = Some(groups.into_iter().flat_map(|group| group.targets).collect()),
            Err(error) => noted("its load balancer's targets", error),
        }
        match scaling {
            Ok(scaling) => facts.scaling = scaling,
            Err(error) => {
                facts.scaling = Scaling::Unknown;
                noted("auto scaling", error);
            }
        }
        match protected(&session, cluster, &facts.service.tasks).await {
            Ok(protected) => facts.protected = protected,
            Err(error) => noted("whether tasks are protected", error),
        }
        let history = history.unwrap_or_else(|error| {
            noted("its service deployments", error);
            Vec::new()
        });
        facts.rolling = super::past::under_way(&history);
        if matches!(change, Change::RollBack { .. }) {
            let past = super::past::Past { session: &session, history: &history, service: &facts.service };
            if let Some(rolling) = &mut facts.rolling {
                rolling.from = past.source_of(&rolling.arn).await;
            }
            match past.previous().await {
                Ok(previous) => facts.previous = previous,
                Err(error) => noted("what ran before", error),
            }
        }
        let caller = caller.ok();
        let whereabouts = Whereabouts {
            region: Some(session.region().to_owned()),
            account: caller.as_ref().map(|caller| caller.account.clone()).or_else(|| map::account(wire.service_arn()?)),
            caller_arn: caller.map(|caller| caller.arn),
        };
        Ok(Survey { whereabouts, subject: Subject::Service(Box::new(facts)), unseen })
    }

    /// What is seen of a service after a change.
    pub(in crate::exec::live) async fn look(
        &self,
        id: &ServiceId,
        target_groups: &[String],
        undone: Option<&str>,
    ) -> Result<Seen, SourceError> {
        let session = self.session().await?;
        let cluster = self.cluster(id)?;
        let wire = service(&session, cluster, id).await?;
        let status = async {
            match undone {
                Some(arn) => super::past::status(&session, arn).await.ok(),
                None => None,
            }
        };
        let (tasks, targets, undone) =
            tokio::join!(self.tasks(&session, cluster, &wire), targets(&session, target_groups), status);
        let mut service = map::service(&id.cluster, &wire);
        service.tasks = tasks?;
        service.tasks_known = true;
        let targets = targets.map_err(|error| error.what);
        Ok(Seen::Service(Box::new(ServiceSeen { service, targets, undone })))
    }

    /// A service's tasks, those that stopped in the last hour included.
    async fn tasks(&self, session: &Session, cluster: &str, wire: &types::Service) -> Result<Vec<Task>, SourceError> {
        let name = wire.service_name().unwrap_or_default();
        let api = Api::new(session);
        let listed = |desired| api.list_tasks_of(cluster, name, desired);
        let (mut arns, stopped) = try_join(listed(DesiredStatus::Running), listed(DesiredStatus::Stopped)).await?;
        arns.extend(stopped);
        arns.sort();
        arns.dedup();
        let described = arns.chunks(TASKS_A_CALL).map(|arns| api.describe_tasks(cluster, name, arns));
        let mut tasks = Vec::new();
        for answer in join_all(described).await {
            // Failures here are tasks that ECS forgot meanwhile.
            let (found, _) = answer?;
            tasks.extend(found.iter().filter(|task| is_of(task, wire)).map(map::task));
        }
        map::sort_tasks(&mut tasks);
        Ok(tasks)
    }
}

/// Whether a task is a service's. Some simulators of ECS list those of the whole cluster.
fn is_of(task: &types::Task, service: &types::Service) -> bool {
    match task.group().and_then(|group| group.strip_prefix("service:")) {
        Some(name) => Some(name) == service.service_name(),
        None => service.deployments().iter().any(|one| one.id().is_some() && one.id() == task.started_by()),
    }
}

async fn service(session: &Session, cluster: &str, id: &ServiceId) -> Result<types::Service, SourceError> {
    let api = Api::new(session);
    let (mut found, failures) = api.describe_services(cluster, &id.name, std::slice::from_ref(&id.name)).await?;
    match (found.pop(), failures.first()) {
        (Some(service), _) => Ok(service),
        (None, Some(failure)) => Err(api.failed("DescribeServices", &id.name, failure)),
        (None, None) => Err(api.contradicts("DescribeServices", &id.name, "nothing")),
    }
}

fn controller(wire: &types::Service) -> String {
    wire.deployment_controller().map_or_else(|| "ECS".to_owned(), |controller| map::text(controller.r#type().as_str()))
}

fn target_groups(wire: &types::Service) -> Vec<String> {
    let mut groups: Vec<String> =
        wire.load_balancers().iter().filter_map(|one| one.target_group_arn()).map(map::text).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Whether an essential container of the definition in force has a health check: without one, tasks stay `UNKNOWN`.
async fn is_checked(session: &Session, wire: &types::Service) -> Result<bool, SourceError> {
    let Some(name) = wire.task_definition().filter(|name| !name.is_empty()) else {
        return Err(SourceError::new(ErrorClass::Unsupported, "it has no task definition of its own"));
    };
    let definition = Api::new(session).describe_task_definition(name).await?;
    let has_check = |container: &types::ContainerDefinition| {
        container.essential() != Some(false) && container.health_check().is_some()
    };
    Ok(definition.container_definitions().iter().any(has_check))
}

async fn targets(session: &Session, groups: &[String]) -> Result<Vec<GroupTargets>, SourceError> {
    let asked = groups.iter().map(|group| async {
        let targets = elb::target_health(session, group).await?;
        Ok(GroupTargets { group: group.clone(), targets })
    });
    try_join_all(asked).await
}

/// What Application Auto Scaling makes of the count; asked only where a count is changed.
async fn scaling(session: &Session, change: &Change, id: &ServiceId) -> Result<Scaling, SourceError> {
    if !matches!(change, Change::Scale { .. }) {
        return Ok(Scaling::None);
    }
    let about = Call { service: "application-autoscaling", action: "DescribeScalableTargets", about: &id.name };
    let request = session
        .autoscaling()
        .describe_scalable_targets()
        .service_namespace(aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs)
        .resource_ids(format!("service/{}/{}", id.cluster, id.name));
    let answer = session.call(about, request.send()).await?;
    Ok(answer
        .scalable_targets()
        .first()
        .map_or(Scaling::None, |target| Scaling::Between(target.min_capacity(), target.max_capacity())))
}

/// Tasks that scale-in and deployments leave alone.
async fn protected(
    session: &Session,
    cluster: &str,
    tasks: &[Task],
) -> Result<Vec<(String, Option<Timestamp>)>, SourceError> {
    let running = tasks.iter().filter(|task| task.state == crate::domain::TaskState::Running);
    let ids: Vec<String> = running.map(|task| task.id.clone()).collect();
    let mut protected = Vec::new();
    for ids in ids.chunks(TASKS_A_CALL) {
        let request = session.ecs_once().get_task_protection().cluster(cluster).set_tasks(Some(ids.to_vec()));
        let answer = session.call(call("GetTaskProtection", ""), request.send()).await?;
        let told = answer.protected_tasks().iter().filter(|task| task.protection_enabled());
        protected.extend(told.map(|task| {
            let id = map::text(map::short_name(task.task_arn().unwrap_or_default()));
            (id, map::moment(task.expiration_date()))
        }));
    }
    Ok(protected)
}

//! What ran before: ECS's list of service deployments, and what can be gone back to.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::{SortOrder, TaskDefinitionStatus};

use super::call::call;
use crate::domain::{DeploymentStatus, EcsService, SourceError};
use crate::exec::{Previous, ServiceDeployment};
use crate::net::aws::Session;
use crate::net::aws::ecs::{Api, map};

/// How many deployments are looked back over.
const LOOK_BACK: i32 = 20;

/// A service deployment of the past or under way.
#[derive(Debug, Clone)]
pub(super) struct Told {
    arn: String,
    status: String,
    revision: Option<String>,
}

/// The service deployments of a service, the newest first.
pub(super) async fn history(
    session: &Session,
    cluster: &str,
    id: &crate::domain::ServiceId,
) -> Result<Vec<Told>, SourceError> {
    // Asked once: where it is not offered, asking again takes time and helps nobody.
    let request = session.ecs_once().list_service_deployments().cluster(cluster).service(&id.name);
    let answer = session.call(call("ListServiceDeployments", &id.name), request.max_results(LOOK_BACK).send()).await?;
    let mut told: Vec<_> = answer.service_deployments().to_vec();
    told.sort_by_key(|one| std::cmp::Reverse(map::moment(one.created_at())));
    Ok(told
        .iter()
        .map(|one| Told {
            arn: one.service_deployment_arn().map(map::text).unwrap_or_default(),
            status: one.status().map(|status| map::text(status.as_str())).unwrap_or_default(),
            revision: one.target_service_revision_arn().map(map::text),
        })
        .collect())
}

/// The one under way, where there is one.
pub(super) fn under_way(history: &[Told]) -> Option<ServiceDeployment> {
    let is_over =
        |status: &str| matches!(status, "SUCCESSFUL" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED" | "");
    let newest = history.first().filter(|one| !is_over(&one.status))?;
    Some(ServiceDeployment { arn: newest.arn.clone(), status: newest.status.clone(), from: None })
}

/// The status of a service deployment.
pub(super) async fn status(session: &Session, arn: &str) -> Result<String, SourceError> {
    let request = session.ecs_once().describe_service_deployments().service_deployment_arns(arn);
    let answer = session.call(call("DescribeServiceDeployments", map::short_name(arn)), request.send()).await?;
    let found = answer.service_deployments().first().and_then(|one| one.status());
    Ok(found.map(|status| map::text(status.as_str())).unwrap_or_default())
}

/// What is asked about the past of a service.
pub(super) struct Past<'a> {
    pub(super) session: &'a Session,
    pub(super) history: &'a [Told],
    pub(super) service: &'a EcsService,
}

impl Past<'_> {
    /// The definition a deployment under way came from.
    pub(super) async fn source_of(&self, arn: &str) -> Option<String> {
        let request = self.session.ecs_once().describe_service_deployments().service_deployment_arns(arn);
        let answer = self.session.call(call("DescribeServiceDeployments", ""), request.send()).await.ok()?;
        let source = answer.service_deployments().first()?.source_service_revisions().first()?.arn()?.to_owned();
        self.definitions(std::slice::from_ref(&source)).await.ok()?.remove(&source)
    }

    /// What ran before the definition in force and can run again: of the deployments ECS still shows, else of its list
    /// of service deployments, else the newest active revision below the one in force.
    pub(super) async fn previous(&self) -> Result<Option<Previous>, SourceError> {
        let current = &self.service.definition;
        let older = self.service.deployments.iter().filter(|one| one.status != DeploymentStatus::Primary);
        for deployment in older.filter(|one| one.definition != *current && !one.definition.is_empty()) {
            if self.is_active(&deployment.definition).await? {
                let known_by = "the deployment it replaces still has tasks";
                return Ok(Some(Previous { definition: deployment.definition.clone(), known_by }));
            }
        }
        if let Some(definition) = self.deployed_before().await? {
            return Ok(Some(Previous {
                definition,
                known_by: "the last deployment that succeeded with another definition",
            }));
        }
        let below = self.below().await?;
        let known_by = "the newest active revision below the one in force";
        Ok(below.map(|definition| Previous { definition, known_by }))
    }

    async fn deployed_before(&self) -> Result<Option<String>, SourceError> {
        let succeeded = self.history.iter().filter(|one| one.status == "SUCCESSFUL");
        let revisions: Vec<String> = succeeded.filter_map(|one| one.revision.clone()).collect();
        if revisions.is_empty() {
            return Ok(None);
        }
        let known = self.definitions(&revisions).await?;
        for definition in revisions.iter().filter_map(|revision| known.get(revision)) {
            if *definition != self.service.definition && self.is_active(definition).await? {
                return Ok(Some(definition.clone()));
            }
        }
        Ok(None)
    }

    /// The newest active revision of the family that is older than the one in force.
    async fn below(&self) -> Result<Option<String>, SourceError> {
        let Some((family, revision)) = self.service.definition.rsplit_once(':') else { return Ok(None) };
        let Ok(revision) = revision.parse::<u32>() else { return Ok(None) };
        let request = self
            .session
            .ecs()
            .list_task_definitions()
            .family_prefix(family)
            .status(TaskDefinitionStatus::Active)
            .sort(SortOrder::Desc)
            .max_results(100);
        let answer = self.session.call(call("ListTaskDefinitions", family), request.send()).await?;
        let revisions = answer.task_definition_arns().iter().filter_map(|arn| {
            let name = map::definition_name(arn);
            let (of, number) = name.rsplit_once(':')?;
            (of == family).then(|| number.parse::<u32>().ok()).flatten()
        });
        Ok(revisions.filter(|number| *number < revision).max().map(|number| format!("{family}:{number}")))
    }

    async fn is_active(&self, definition: &str) -> Result<bool, SourceError> {
        let found = Api::new(self.session).describe_task_definition(definition).await?;
        Ok(found.status().is_none_or(|status| *status == TaskDefinitionStatus::Active))
    }

    /// The definition of each service revision.
    async fn definitions(&self, revisions: &[String]) -> Result<BTreeMap<String, String>, SourceError> {
        let request = self.session.ecs_once().describe_service_revisions();
        let request = request.set_service_revision_arns(Some(revisions.to_vec()));
        let answer = self.session.call(call("DescribeServiceRevisions", ""), request.send()).await?;
        let pairs = answer.service_revisions().iter().filter_map(|one| {
            Some((map::text(one.service_revision_arn()?), map::definition_name(one.task_definition()?)))
        });
        Ok(pairs.collect())
    }
}

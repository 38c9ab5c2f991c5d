//! The calls that alter something. Each is sent once.

use aws_sdk_ecs::types::{self, StopServiceDeploymentStopType};

use super::Ecs;
use crate::domain::ServiceId;
use crate::exec::{Deed, Receipt};
use crate::net::Mishap;
use crate::net::aws::ecs::map;
use crate::net::aws::{Call, Session};

impl Ecs {
    pub(in crate::exec::live) async fn perform(&self, deed: &Deed) -> Result<Receipt, Mishap> {
        let session = self.session().await.map_err(Mishap::Refused)?;
        let client = session.ecs_once();
        match deed {
            Deed::StopTask { service, task, reason } => {
                let cluster = self.cluster(service).map_err(Mishap::Refused)?;
                let request = client.stop_task().cluster(cluster).task(task).reason(reason);
                session.change(call("StopTask", task), Box::pin(request.send())).await?;
                Ok(Receipt { said: format!("ECS stops task {task}"), id: None })
            }
            Deed::Redeploy { service } => {
                let request = client.update_service().force_new_deployment(true);
                self.update(&session, service, request, "a new deployment").await
            }
            Deed::Scale { service, desired } => {
                let desired_count = i32::try_from(*desired).unwrap_or(i32::MAX);
                let request = client.update_service().desired_count(desired_count);
                self.update(&session, service, request, &format!("{desired} tasks wanted")).await
            }
            Deed::Deploy { service, definition } => {
                let request = client.update_service().task_definition(definition);
                self.update(&session, service, request, &format!("a deployment of {definition}")).await
            }
            Deed::Undo { deployment, .. } => {
                let request = client
                    .stop_service_deployment()
                    .service_deployment_arn(deployment)
                    .stop_type(StopServiceDeploymentStopType::Rollback);
                session
                    .change(call("StopServiceDeployment", map::short_name(deployment)), Box::pin(request.send()))
                    .await?;
                let said = "ECS undoes the deployment under way".to_owned();
                Ok(Receipt { said, id: Some(map::text(map::short_name(deployment))) })
            }
            Deed::Silence { .. } | Deed::Expire { .. } | Deed::Annotate(_) | Deed::Reload => Ok(Receipt::default()),
        }
    }

    async fn update(
        &self,
        session: &Session,
        service: &ServiceId,
        request: aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder,
        what: &str,
    ) -> Result<Receipt, Mishap> {
        let cluster = self.cluster(service).map_err(Mishap::Refused)?;
        let request = request.cluster(cluster).service(&service.name);
        let answer = session.change(call("UpdateService", &service.name), Box::pin(request.send())).await?;
        let deployments = answer.service().map(types::Service::deployments).unwrap_or_default();
        let primary = deployments.iter().find(|one| one.status() == Some("PRIMARY"));
        Ok(Receipt { said: format!("ECS accepted {what}"), id: primary.and_then(|one| one.id()).map(map::text) })
    }
}

pub(super) const fn call<'a>(action: &'static str, about: &'a str) -> Call<'a> {
    Call { service: "ecs", action, about }
}

//! The hands of the simulated fleet: the same answers, from a world that remembers what was done to it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Answer, Deed, Hands, Previous, PrometheusFacts, Receipt, Scaling, Seen, ServiceDeployment, ServiceFacts,
    ServiceSeen, Subject, Survey, Watched, Whereabouts, plan,
};
use crate::domain::{
    Change, DeploymentStatus, EcsService, ErrorClass, Refusal, Rollout, ServiceId, Silence, SourceError, SourceKind,
};
use crate::format::shell_line;
use crate::net::Mishap;
use crate::sim::{ACCOUNT, DeedError, REGION, World};

/// The hands of a simulated world.
pub fn open(world: Arc<World>) -> Arc<dyn Hands> {
    Arc::new(Simulated { world })
}

struct Simulated {
    world: Arc<World>,
}

impl Simulated {
    fn surveyed(&self, change: &Change, now: Timestamp) -> Result<Survey, SourceError> {
        let mut whereabouts = Whereabouts::default();
        let subject = match change {
            Change::RestartTask { service, .. }
            | Change::Redeploy { service }
            | Change::Scale { service, .. }
            | Change::RollBack { service } => {
                let reading = self.world.ecs(now)?;
                whereabouts = Whereabouts {
                    region: Some(reading.region),
                    account: reading.account,
                    caller_arn: reading.caller_arn,
                };
                let found = reading.services.into_iter().find(|one| one.id == *service);
                Subject::Service(Box::new(facts(found.ok_or_else(|| unknown(service))?)))
            }
            Change::Silence(ask) => Subject::Silencer { place: format!("{} (simulated)", ask.source) },
            Change::ExpireSilence { source, .. } => Subject::Silences(self.silences(*source, now)?),
            Change::Annotate { .. } => Subject::Dashboards { place: "https://grafana.example.com".to_owned() },
            Change::Provision { .. } => {
                return Err(SourceError::new(ErrorClass::Unsupported, "the simulated fleet has no stack to provision"));
            }
            Change::ReloadPrometheus => Subject::Prometheus(PrometheusFacts {
                place: "http://prometheus.internal:9090".to_owned(),
                closed: None,
                last_reload_ok: Some(true),
                last_reload: self.world.last_reload(now).map_err(error)?,
            }),
        };
        Ok(Survey { whereabouts, subject, unseen: Vec::new() })
    }

    fn silences(&self, source: SourceKind, now: Timestamp) -> Result<Vec<Silence>, SourceError> {
        let silences = match source {
            SourceKind::Grafana => self.world.grafana(now)?.silences,
            _ => self.world.alertmanager(now)?.silences,
        };
        Ok(silences.into_iter().filter(|silence| silence.source == source).collect())
    }

    fn done(&self, deed: &Deed, now: Timestamp) -> Result<Receipt, DeedError> {
        let receipt = |said: &str, id: Option<String>| Receipt { said: format!("{said} (simulated)"), id };
        Ok(match deed {
            Deed::StopTask { task, reason, .. } => {
                self.world.stop_task(task, reason, now)?;
                receipt("ECS stops the task", None)
            }
            Deed::Redeploy { service } => {
                self.world.redeploy(service, now)?;
                receipt("ECS accepted a new deployment", self.newest(service, now))
            }
            Deed::Scale { service, desired } => {
                self.world.scale(service, *desired, now)?;
                receipt("ECS accepted the count", None)
            }
            Deed::Undo { service, .. } => {
                self.world.roll_back(service, now)?;
                receipt("ECS undoes the deployment under way", None)
            }
            Deed::Deploy { service, .. } => {
                self.world.roll_back(service, now)?;
                receipt("ECS accepted a deployment of what ran before", self.newest(service, now))
            }
            Deed::Silence { ask, by } => receipt("silence made", Some(self.world.silence(ask, by, now)?)),
            Deed::Expire { id, source } => {
                self.world.expire_silence(*source, id, now)?;
                receipt("silence ended", Some(id.clone()))
            }
            Deed::Annotate(note) => {
                let id = self.world.annotate(&note.text, &note.tags, now)?;
                receipt("annotation written", Some(id.to_string()))
            }
            Deed::Reload => {
                self.world.reload(now)?;
                receipt("prometheus read its configuration again", None)
            }
        })
    }

    /// The id of a service's newest deployment.
    fn newest(&self, service: &ServiceId, now: Timestamp) -> Option<String> {
        let services = self.world.ecs(now).ok()?.services;
        let found = services.into_iter().find(|one| one.id == *service)?;
        found.deployments.into_iter().find(|one| one.status == DeploymentStatus::Primary).map(|one| one.id)
    }

    fn seen(&self, watched: &Watched, now: Timestamp) -> Result<Seen, SourceError> {
        Ok(match watched {
            Watched::Service { service, .. } => {
                let reading = self.world.ecs(now)?;
                let found = reading.services.into_iter().find(|one| one.id == *service);
                let service = found.ok_or_else(|| unknown(service))?;
                Seen::Service(Box::new(ServiceSeen { service, targets: Ok(Vec::new()), undone: None }))
            }
            Watched::Silence { id, source } => {
                let found = self.silences(*source, now)?.into_iter().find(|silence| silence.id == *id);
                Seen::Silence(found.map(|silence| silence.ends_at.unwrap_or(Timestamp::MAX)))
            }
            Watched::Annotation { id, .. } => {
                let notes = self.world.annotations(now).map_err(error)?;
                Seen::Annotation(notes.iter().any(|note| note.id.to_string() == *id))
            }
            Watched::Prometheus => Seen::Prometheus { ok: Some(true), at: self.world.last_reload(now).map_err(error)? },
        })
    }
}

impl Hands for Simulated {
    fn survey<'a>(&'a self, change: &'a Change, now: Timestamp) -> Answer<'a, Result<Survey, Refusal>> {
        let surveyed = self.surveyed(change, now);
        Box::pin(async { surveyed.map_err(|error| Refusal { what: error.what, hint: error.hint }) })
    }

    fn perform<'a>(&'a self, deed: &'a Deed, now: Timestamp) -> Answer<'a, Result<Receipt, Mishap>> {
        let done = self.done(deed, now);
        Box::pin(async { done.map_err(|why| Mishap::Refused(error(why))) })
    }

    fn look<'a>(&'a self, watched: &'a Watched, now: Timestamp) -> Answer<'a, Result<Seen, SourceError>> {
        let seen = self.seen(watched, now);
        Box::pin(async { seen })
    }

    fn whereabouts(&self) -> Answer<'_, Whereabouts> {
        // Nothing that needs it can be done in a simulated fleet.
        Box::pin(async { Whereabouts::default() })
    }

    fn named<'a>(&'a self, name: &'a str, now: Timestamp) -> Answer<'a, Result<Vec<ServiceId>, SourceError>> {
        Box::pin(async move {
            let services = self.world.ecs(now)?.services;
            Ok(services.into_iter().map(|one| one.id).filter(|id| id.name == name).collect())
        })
    }

    fn silencers(&self) -> Vec<SourceKind> {
        vec![SourceKind::Alertmanager, SourceKind::Grafana]
    }

    fn annotates(&self) -> bool {
        true
    }

    fn same_as(&self, deed: &Deed) -> Option<String> {
        plan::aws_words(deed).map(|words| shell_line(words.iter().map(String::as_str)))
    }
}

fn facts(service: EcsService) -> ServiceFacts {
    let is_other = |one: &&crate::domain::Deployment| {
        one.status != DeploymentStatus::Primary && one.definition != service.definition
    };
    let before = service.deployments.iter().find(is_other).map(|one| one.definition.clone());
    let previous =
        before.map(|definition| Previous { definition, known_by: "the deployment it replaces still has tasks" });
    let below = || {
        let (family, revision) = service.definition.rsplit_once(':')?;
        let revision = revision.parse::<u32>().ok()?.checked_sub(1).filter(|revision| *revision > 0)?;
        let definition = format!("{family}:{revision}");
        Some(Previous { definition, known_by: "the newest active revision below the one in force" })
    };
    ServiceFacts {
        controller: "ECS".to_owned(),
        is_daemon: false,
        is_checked: Some(false),
        target_groups: Vec::new(),
        targets: None,
        unscraped: Vec::new(),
        protected: Vec::new(),
        scaling: Scaling::None,
        rolling: under_way(&service),
        previous: previous.or_else(below),
        service,
    }
}

/// The deployment under way, as ECS's list of service deployments has it.
fn under_way(service: &EcsService) -> Option<ServiceDeployment> {
    let primary = service.deployments.iter().find(|one| one.status == DeploymentStatus::Primary)?;
    let before = service.deployments.iter().find(|one| one.definition != primary.definition)?;
    let status = if primary.is_rollback() { "ROLLBACK_IN_PROGRESS" } else { "IN_PROGRESS" };
    let (_, number) = primary.id.split_once('/')?;
    (primary.rollout == Rollout::InProgress).then(|| ServiceDeployment {
        arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-deployment/{}/{number}", service.id),
        status: status.to_owned(),
        from: Some(before.definition.clone()),
    })
}

fn unknown(service: &ServiceId) -> SourceError {
    SourceError::new(ErrorClass::Rejected, format!("ecs:DescribeServices: {service}: MISSING"))
}

fn error(why: DeedError) -> SourceError {
    match why {
        DeedError::Refused(error) => error,
        rejected @ DeedError::Rejected { .. } => SourceError::new(ErrorClass::Rejected, rejected.to_string()),
    }
}

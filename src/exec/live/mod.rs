//! The hands of a real context: ECS, its load balancers, Alertmanager, Grafana and Prometheus.

mod ecs;
mod grafana;
mod lines;
mod prometheus;
mod silences;

use std::sync::Arc;

use jiff::Timestamp;

use self::ecs::Ecs;
use self::grafana::Grafana;
use self::prometheus::Prometheus;
use self::silences::Silences;
use super::{Answer, Deed, Hands, Receipt, Seen, Subject, Survey, Watched, Whereabouts};
use crate::config;
use crate::domain::{Change, ErrorClass, Refusal, ServiceId, SourceError, SourceKind};
use crate::net::Mishap;
use crate::net::aws::Aws;
use crate::net::http::Clients;

/// The hands of a context. Does no I/O; shares AWS credentials and HTTP clients with those who read.
pub fn open(context: &config::Context, aws: Option<&Aws>, clients: &Clients) -> Arc<dyn Hands> {
    let grafana = context.grafana.as_ref();
    Arc::new(Live {
        ecs: aws.map(|aws| Ecs::open(aws.clone())),
        alertmanager: context.alertmanager.as_ref().map(|settings| Silences::alertmanager(settings, grafana, clients)),
        managed: grafana.filter(|settings| settings.alerts).map(|settings| Silences::managed(settings, clients)),
        grafana: grafana.map(|settings| Grafana::open(settings, clients)),
        prometheus: context.prometheus.as_ref().map(|settings| Prometheus::open(settings, grafana, clients)),
    })
}

struct Live {
    ecs: Option<Ecs>,
    alertmanager: Option<Silences>,
    /// Grafana's own alertmanager.
    managed: Option<Silences>,
    grafana: Option<Grafana>,
    prometheus: Option<Prometheus>,
}

impl Live {
    fn silences(&self, source: SourceKind) -> Result<&Silences, SourceError> {
        let found = match source {
            SourceKind::Alertmanager => self.alertmanager.as_ref(),
            SourceKind::Grafana => self.managed.as_ref(),
            _ => None,
        };
        found.ok_or_else(|| missing(&format!("{source} is not configured, or takes no silences"), "alertmanager"))
    }

    fn ecs(&self) -> Result<&Ecs, SourceError> {
        self.ecs.as_ref().ok_or_else(|| missing("aws is not configured", "aws"))
    }

    fn grafana(&self) -> Result<&Grafana, SourceError> {
        self.grafana.as_ref().ok_or_else(|| missing("grafana is not configured", "grafana"))
    }

    fn prometheus(&self) -> Result<&Prometheus, SourceError> {
        self.prometheus.as_ref().ok_or_else(|| missing("prometheus is not configured", "prometheus"))
    }

    async fn surveyed(&self, change: &Change, now: Timestamp) -> Result<Survey, SourceError> {
        let bare = |subject| Survey { whereabouts: Whereabouts::default(), subject, unseen: Vec::new() };
        Ok(match change {
            Change::RestartTask { service, .. }
            | Change::Redeploy { service }
            | Change::Scale { service, .. }
            | Change::RollBack { service } => Box::pin(self.ecs()?.survey(change, service)).await?,
            Change::Silence(ask) => bare(Subject::Silencer { place: self.silences(ask.source)?.place() }),
            Change::ExpireSilence { source, .. } => bare(Subject::Silences(self.silences(*source)?.list(now).await?)),
            Change::Annotate { .. } => bare(Subject::Dashboards { place: self.grafana()?.place() }),
            Change::ReloadPrometheus => bare(Subject::Prometheus(self.prometheus()?.survey().await?)),
            Change::Provision { .. } => return Err(not_here()),
        })
    }
}

/// The stack is changed by its own door.
fn not_here() -> SourceError {
    SourceError::new(ErrorClass::Unsupported, "the stack is not changed through a context")
        .with_hint("rounds provision apply")
}

impl Hands for Live {
    fn survey<'a>(&'a self, change: &'a Change, now: Timestamp) -> Answer<'a, Result<Survey, Refusal>> {
        Box::pin(async move {
            self.surveyed(change, now).await.map_err(|error| Refusal { what: error.what, hint: error.hint })
        })
    }

    fn perform<'a>(&'a self, deed: &'a Deed, now: Timestamp) -> Answer<'a, Result<Receipt, Mishap>> {
        Box::pin(async move {
            match deed {
                Deed::StopTask { .. }
                | Deed::Redeploy { .. }
                | Deed::Scale { .. }
                | Deed::Undo { .. }
                | Deed::Deploy { .. } => Box::pin(self.ecs().map_err(Mishap::Refused)?.perform(deed)).await,
                Deed::Silence { ask, by } => {
                    self.silences(ask.source).map_err(Mishap::Refused)?.make(ask, by, now).await
                }
                Deed::Expire { id, source } => self.silences(*source).map_err(Mishap::Refused)?.expire(id).await,
                Deed::Annotate(note) => self.grafana().map_err(Mishap::Refused)?.annotate(note).await,
                Deed::Reload => self.prometheus().map_err(Mishap::Refused)?.reload().await,
            }
        })
    }

    fn look<'a>(&'a self, watched: &'a Watched, now: Timestamp) -> Answer<'a, Result<Seen, SourceError>> {
        Box::pin(async move {
            match watched {
                Watched::Service { service, target_groups, undone } => {
                    Box::pin(self.ecs()?.look(service, target_groups, undone.as_deref())).await
                }
                Watched::Silence { id, source } => self.silences(*source)?.look(id, now).await,
                Watched::Annotation { id, at } => self.grafana()?.look(id, *at).await,
                Watched::Prometheus => self.prometheus()?.look().await,
            }
        })
    }

    fn whereabouts(&self) -> Answer<'_, Whereabouts> {
        Box::pin(async {
            match &self.ecs {
                Some(ecs) => ecs.whereabouts().await,
                None => Whereabouts::default(),
            }
        })
    }

    fn named<'a>(&'a self, name: &'a str, _: Timestamp) -> Answer<'a, Result<Vec<ServiceId>, SourceError>> {
        Box::pin(async move {
            match &self.ecs {
                Some(ecs) => Box::pin(ecs.named(name)).await,
                None => Ok(Vec::new()),
            }
        })
    }

    fn silencers(&self) -> Vec<SourceKind> {
        let alertmanager = self.alertmanager.as_ref().map(|_| SourceKind::Alertmanager);
        alertmanager.into_iter().chain(self.managed.as_ref().map(|_| SourceKind::Grafana)).collect()
    }

    fn annotates(&self) -> bool {
        self.grafana.is_some()
    }

    fn same_as(&self, deed: &Deed) -> Option<String> {
        match deed {
            Deed::StopTask { .. }
            | Deed::Redeploy { .. }
            | Deed::Scale { .. }
            | Deed::Undo { .. }
            | Deed::Deploy { .. } => lines::aws(deed, self.ecs.as_ref()?.aws()),
            Deed::Silence { ask, by } => lines::silence(ask, by, &self.silences(ask.source).ok()?.place()),
            Deed::Expire { id, source } => lines::expire(id, *source, &self.silences(*source).ok()?.place()),
            Deed::Annotate(note) => Some(lines::annotate(note, &self.grafana.as_ref()?.place())),
            Deed::Reload => Some(lines::reload(&self.prometheus.as_ref()?.place())),
        }
    }
}

fn missing(what: &str, table: &str) -> SourceError {
    SourceError::new(ErrorClass::Local, what).with_hint(format!("give the context a table [contexts.NAME.{table}]"))
}

//! What a change is watched with beside ECS: scrape targets and alerts, read through the station's sources.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::Clock;
use super::Parts;
use crate::domain::{Alert, AlertState, Plan, Reading, ServiceId, SourceKind, Stage, Target};
use crate::source::{Ask, Source};

/// How long one look at targets and alerts may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Reads targets and alerts of one service.
pub(super) struct Eyes {
    sources: Vec<Arc<dyn Source>>,
    clock: Clock,
    service: Option<ServiceId>,
}

/// Why something was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unseen {
    /// There is nothing here that shows it.
    Never(String),
    /// What shows it does not answer.
    Dark(String),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never(why) | Self::Dark(why) => f.write_str(why),
        }
    }
}

/// What was seen of targets and alerts, each with why not where it was not.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// Every active scrape target.
    pub targets: Result<Vec<Target>, Unseen>,
    /// The alerts of the service.
    pub alerts: Result<Vec<Alert>, Unseen>,
}

/// What was so before the change.
#[derive(Debug, Clone)]
pub(super) struct Before {
    /// Hosts that are scraped.
    pub hosts: Result<BTreeSet<String>, Unseen>,
    /// Names of the service's alerts that fired.
    pub firing: Result<BTreeSet<String>, Unseen>,
}

impl Eyes {
    /// With the sources that the plan's stages need.
    pub(super) fn new(parts: &Parts, plan: &Plan) -> Self {
        let sees = |stage| plan.stages.contains(&stage);
        let is_needed = |source: &&Arc<dyn Source>| match source.kind() {
            SourceKind::Prometheus => sees(Stage::Scrape) || sees(Stage::Alerts),
            SourceKind::Alertmanager | SourceKind::Grafana => sees(Stage::Alerts),
            SourceKind::Ecs | SourceKind::CloudWatch => false,
        };
        let sources = parts.sources.iter().filter(is_needed).cloned().collect();
        Self { sources, clock: parts.clock, service: plan.change.service().cloned() }
    }

    /// What is so before the change.
    pub(super) async fn before(&self) -> Before {
        if self.sources.is_empty() {
            let nothing = || Err(Unseen::Never("nothing to see it with is configured".to_owned()));
            return Before { hosts: nothing(), firing: nothing() };
        }
        let View { targets, alerts } = self.look().await;
        Before {
            hosts: targets.map(|targets| targets.iter().map(|target| target.host().to_owned()).collect()),
            firing: alerts.map(|alerts| {
                let firing = alerts.iter().filter(|alert| alert.state == AlertState::Firing);
                firing.map(|alert| alert.name.clone()).collect()
            }),
        }
    }

    /// One look, with every source at once.
    pub(super) async fn look(&self) -> View {
        let ask = Ask { now: self.clock.now(), within: PATIENCE, wanted: Vec::new() };
        let asked = self.sources.iter().map(|source| async {
            let read = tokio::time::timeout(PATIENCE, source.read(&ask)).await;
            (
                source.kind(),
                read.map_err(|_| "no answer in time".to_owned()).and_then(|read| read.map_err(|error| error.what)),
            )
        });
        let no_prometheus = Unseen::Never("prometheus is not configured".to_owned());
        let mut view = View { targets: Err(no_prometheus), alerts: Ok(Vec::new()) };
        for (kind, reading) in join_all(asked).await {
            let alerts = match reading {
                Ok(Reading::Prometheus(reading)) => {
                    view.targets = reading.targets.ok_or_else(|| Unseen::Never(untold()));
                    // Look-alikes without that endpoint have no alerts of their own.
                    Ok(reading.alerts.unwrap_or_default())
                }
                Ok(Reading::Alertmanager(reading)) => Ok(reading.alerts),
                Ok(Reading::Grafana(reading)) => Ok(reading.alerts.unwrap_or_default()),
                Ok(_) => Ok(Vec::new()),
                Err(error) => {
                    if kind == SourceKind::Prometheus {
                        view.targets = Err(Unseen::Dark(error.clone()));
                    }
                    Err(Unseen::Dark(error))
                }
            };
            match (&mut view.alerts, alerts) {
                (Ok(known), Ok(alerts)) => known.extend(alerts.into_iter().filter(|alert| self.is_own(alert))),
                (known @ Ok(_), Err(error)) => *known = Err(error),
                (Err(_), _) => {}
            }
        }
        view
    }

    fn is_own(&self, alert: &Alert) -> bool {
        let (Some(owner), Some(service)) = (&alert.owner, &self.service) else { return false };
        owner.is(service)
    }
}

/// Why there are no targets where Prometheus, or what takes its place, answers.
pub(super) fn untold() -> String {
    "prometheus does not tell its targets".to_owned()
}

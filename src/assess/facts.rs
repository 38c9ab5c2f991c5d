//! The latest good reading of every source, and what only this process remembers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    Alert, AlertmanagerReading, CloudWatchReading, EcsReading, EcsService, GrafanaReading, Labels, Occurrence,
    OccurrenceKind, PrometheusReading, Reading, ServiceId, Silence, SourceKind, Target, TargetHealth, Task,
    TaskDefinition, TaskState, Unseen,
};

/// Stopped tasks kept for one service: enough for any crash loop's story, bounded for a process that runs for weeks.
const STOPPED_KEPT: usize = 60;

/// What is said after the name of an alert that ended.
pub(super) const RESOLVED: &str = " resolved";

/// Resolved alerts kept.
const RESOLVED_KEPT: usize = 200;

/// An alert that two sources report resolves twice within this time; that is one event.
const REPEAT: Duration = Duration::from_mins(10);

/// The latest good reading of every source, and what only this process remembers: stopped tasks that AWS has
/// forgotten, alerts that went away, targets that used to be up.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    ecs: Option<(EcsReading, Timestamp)>,
    services: Vec<Arc<EcsService>>,
    prometheus: Option<(PrometheusReading, Timestamp)>,
    alertmanager: Option<(AlertmanagerReading, Timestamp)>,
    grafana: Option<(GrafanaReading, Timestamp)>,
    cloudwatch: Option<(CloudWatchReading, Timestamp)>,
    definitions: HashMap<String, Arc<TaskDefinition>>,
    stopped: HashMap<ServiceId, Vec<Task>>,
    firing: BTreeMap<SourceKind, HashMap<(String, Labels), Option<String>>>,
    resolved: Vec<Occurrence>,
    last_up: HashMap<String, Timestamp>,
    once_scraped: HashSet<String>,
}

impl Facts {
    /// Takes in one source's new answer, complete at `at`.
    pub fn take(&mut self, reading: Reading, at: Timestamp) {
        match reading {
            Reading::Ecs(reading) => self.take_ecs(reading, at),
            Reading::Prometheus(mut reading) => {
                self.keep_unread(&mut reading);
                self.remember_targets(reading.targets.as_deref().unwrap_or_default(), at);
                if let Some(alerts) = &reading.alerts {
                    self.note_resolved(SourceKind::Prometheus, alerts, at);
                }
                self.prometheus = Some((reading, at));
            }
            Reading::Alertmanager(reading) => {
                self.note_resolved(SourceKind::Alertmanager, &reading.alerts, at);
                self.alertmanager = Some((reading, at));
            }
            Reading::Grafana(reading) => {
                if let Some(alerts) = &reading.alerts {
                    self.note_resolved(SourceKind::Grafana, alerts, at);
                }
                self.grafana = Some((reading, at));
            }
            Reading::CloudWatch(reading) => self.cloudwatch = Some((reading, at)),
        }
    }

    fn take_ecs(&mut self, mut reading: EcsReading, at: Timestamp) {
        for service in &mut reading.services {
            let kept = self.stopped.entry(service.id.clone()).or_default();
            remember_stopped(kept, service);
        }
        for definition in &reading.definitions {
            if !self.definitions.contains_key(&definition.name) {
                self.definitions.insert(definition.name.clone(), Arc::new(definition.clone()));
            }
        }
        self.services = std::mem::take(&mut reading.services).into_iter().map(Arc::new).collect();
        self.ecs = Some((reading, at));
    }

    /// What a signal's query said last stays, as old as it is, where the query failed this time.
    fn keep_unread(&self, reading: &mut PrometheusReading) {
        let Some((last, _)) = &self.prometheus else { return };
        let failed = |signal| reading.failed_signals.iter().any(|(failed, _)| *failed == signal);
        let kept: Vec<_> = last.signals.iter().filter(|last| failed(last.signal)).cloned().collect();
        reading.signals.extend(kept);
    }

    fn remember_targets(&mut self, targets: &[Target], at: Timestamp) {
        for target in targets {
            if target.health == TargetHealth::Up {
                self.last_up.insert(target.url.clone(), at);
            }
            if let Some(owner) = &target.owner
                && !self.once_scraped.contains(&owner.service)
            {
                self.once_scraped.insert(owner.service.clone());
            }
        }
    }

    fn note_resolved(&mut self, source: SourceKind, alerts: &[Alert], at: Timestamp) {
        let now: HashMap<_, _> = alerts
            .iter()
            .filter(|alert| alert.state == crate::domain::AlertState::Firing)
            .map(|alert| {
                ((alert.name.clone(), alert.labels.clone()), alert.owner.as_ref().map(|owner| owner.service.clone()))
            })
            .collect();
        let before = self.firing.insert(source, now).unwrap_or_default();
        let now = &self.firing[&source];
        for ((name, _), owner) in before.into_iter().filter(|(key, _)| !now.contains_key(key)) {
            let is_repeat = self.resolved.iter().any(|change| {
                change.text.strip_suffix(RESOLVED) == Some(name.as_str())
                    && change.service.as_ref().map(|id| &id.name) == owner.as_ref()
                    && at.duration_since(change.at).unsigned_abs() < REPEAT
            });
            if !is_repeat {
                let service = owner.map(|owner| ServiceId::new("", owner));
                self.resolved.push(Occurrence {
                    at,
                    kind: OccurrenceKind::AlertResolved,
                    service,
                    text: name + RESOLVED,
                });
            }
        }
        let surplus = self.resolved.len().saturating_sub(RESOLVED_KEPT);
        self.resolved.drain(..surplus);
    }

    /// What ECS said last, services apart.
    pub(super) fn ecs(&self) -> Option<&EcsReading> {
        self.ecs.as_ref().map(|(reading, _)| reading)
    }

    /// When a source last answered.
    pub(super) fn answered_at(&self, source: SourceKind) -> Option<Timestamp> {
        match source {
            SourceKind::Ecs => self.ecs.as_ref().map(|(_, at)| *at),
            SourceKind::Prometheus => self.prometheus.as_ref().map(|(_, at)| *at),
            SourceKind::Alertmanager => self.alertmanager.as_ref().map(|(_, at)| *at),
            SourceKind::Grafana => self.grafana.as_ref().map(|(_, at)| *at),
            SourceKind::CloudWatch => self.cloudwatch.as_ref().map(|(_, at)| *at),
        }
    }

    /// When ECS last described a service: a large fleet is described in turns.
    pub(super) fn described_at(&self, id: &ServiceId) -> Option<Timestamp> {
        let earlier = self.ecs().and_then(|reading| reading.described_before.get(id).copied());
        earlier.or_else(|| self.answered_at(SourceKind::Ecs))
    }

    /// Services as ECS last described them, remembered stopped tasks included.
    pub(super) fn services(&self) -> &[Arc<EcsService>] {
        &self.services
    }

    pub(super) fn prometheus(&self) -> Option<&PrometheusReading> {
        self.prometheus.as_ref().map(|(reading, _)| reading)
    }

    pub(super) fn alertmanager(&self) -> Option<&AlertmanagerReading> {
        self.alertmanager.as_ref().map(|(reading, _)| reading)
    }

    pub(super) fn grafana(&self) -> Option<&GrafanaReading> {
        self.grafana.as_ref().map(|(reading, _)| reading)
    }

    /// What verdicts rest on and a source's last answer lacks.
    pub(super) fn unseen(&self, kind: SourceKind) -> &[Unseen] {
        match kind {
            SourceKind::Ecs => self.ecs().map(|reading| reading.unseen.as_slice()),
            SourceKind::Prometheus => self.prometheus().map(|reading| reading.unseen.as_slice()),
            SourceKind::Grafana => self.grafana().map(|reading| reading.unseen.as_slice()),
            SourceKind::Alertmanager | SourceKind::CloudWatch => None,
        }
        .unwrap_or_default()
    }

    pub(super) fn cloudwatch(&self) -> Option<&CloudWatchReading> {
        self.cloudwatch.as_ref().map(|(reading, _)| reading)
    }

    pub(super) fn definition(&self, name: &str) -> Option<Arc<TaskDefinition>> {
        self.definitions.get(name).cloned()
    }

    /// When the target at this URL was last seen up by this process.
    pub(super) fn last_up(&self, url: &str) -> Option<Timestamp> {
        self.last_up.get(url).copied()
    }

    /// Whether this process ever saw a target of the service.
    pub(super) fn was_scraped(&self, service: &str) -> bool {
        self.once_scraped.contains(service)
    }

    pub(super) fn resolved(&self) -> &[Occurrence] {
        &self.resolved
    }

    /// Every silence known, of Alertmanager and of Grafana.
    pub(super) fn silences(&self) -> Vec<Silence> {
        let alertmanager = self.alertmanager().map(|reading| reading.silences.as_slice()).unwrap_or_default();
        let grafana = self.grafana().map(|reading| reading.silences.as_slice()).unwrap_or_default();
        alertmanager.iter().chain(grafana).cloned().collect()
    }
}

/// Adds to a service's tasks the stopped ones that ECS no longer lists, and remembers those it does.
fn remember_stopped(kept: &mut Vec<Task>, service: &mut EcsService) {
    for task in service.tasks.iter().filter(|task| task.state == TaskState::Stopped) {
        if !kept.iter().any(|known| known.id == task.id) {
            kept.push(task.clone());
        }
    }
    kept.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
    kept.truncate(STOPPED_KEPT);
    let listed: HashSet<String> = service.tasks.iter().map(|task| task.id.clone()).collect();
    service.tasks.extend(kept.iter().filter(|task| !listed.contains(&task.id)).cloned());
}

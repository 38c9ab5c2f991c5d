//! The service screen: everything known of one service, in parts.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Alert, Chart, ChartAsk, ServiceHealth, ServiceId, Snapshot, SourceError, Span, Target};

use super::cursor::{Lost, distinct, identity};
use super::{Alerts, Cursor, Targets};

/// A part of the service screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Why the verdict is what it is.
    #[default]
    Findings,
    /// The signals over time.
    Charts,
    /// The tasks that run and those that stopped.
    Tasks,
    /// The deployments.
    Deployments,
    /// What ECS's scheduler says.
    Events,
    /// The alerts about it.
    Alerts,
    /// The scrape targets of it.
    Targets,
}

impl Pane {
    /// Every part, in order.
    pub const ALL: [Self; 7] =
        [Self::Findings, Self::Charts, Self::Tasks, Self::Deployments, Self::Events, Self::Alerts, Self::Targets];

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Charts => "charts",
            Self::Tasks => "tasks",
            Self::Deployments => "deployments",
            Self::Events => "events",
            Self::Alerts => "alerts",
            Self::Targets => "targets",
        }
    }

    fn step(self, forward: bool) -> Self {
        let step = if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[(self as usize + step) % Self::ALL.len()]
    }
}

/// What is known of the charts.
#[derive(Debug, Clone)]
pub enum ChartState {
    /// Asked for, no answer yet.
    Loading,
    /// The answer.
    Ready(Arc<Chart>),
    /// Could not be read, and why.
    Failed(SourceError),
}

/// The alerts about a service.
pub fn service_alerts<'a>(snapshot: &'a Snapshot, service: &ServiceHealth) -> Vec<&'a Alert> {
    service.alerts.iter().filter_map(|index| snapshot.alerts.get(*index)).collect()
}

/// The scrape targets of a service.
pub fn service_targets<'a>(snapshot: &'a Snapshot, service: &ServiceHealth) -> Vec<&'a Target> {
    service.targets.iter().filter_map(|index| snapshot.targets.get(*index)).collect()
}

/// The service screen's state.
#[derive(Debug, Clone)]
pub struct ServiceScreen {
    /// Whose screen it is.
    pub id: ServiceId,
    /// The part that keys act on.
    pub pane: Pane,
    /// How far back the charts look.
    pub span: Span,
    /// What is known of the charts of that span.
    pub chart: ChartState,
    asked_at: Timestamp,
    cursors: [Cursor; 7],
    ids: [Vec<u64>; 7],
}

impl ServiceScreen {
    pub(super) fn new(id: ServiceId, span: Span, now: Timestamp) -> Self {
        Self {
            id,
            pane: Pane::default(),
            span,
            chart: ChartState::Loading,
            asked_at: now,
            cursors: Default::default(),
            ids: Default::default(),
        }
    }

    /// The cursor of a part.
    pub const fn cursor(&self, pane: Pane) -> &Cursor {
        &self.cursors[pane as usize]
    }

    /// How many rows a part has.
    pub fn rows(&self, pane: Pane) -> usize {
        self.ids[pane as usize].len()
    }

    /// What the thing in a row of a part is known by.
    pub fn row_id(&self, pane: Pane, row: usize) -> Option<u64> {
        self.ids[pane as usize].get(row).copied()
    }

    pub(super) fn cursor_and_ids(&mut self, pane: Pane) -> (&mut Cursor, &[u64]) {
        (&mut self.cursors[pane as usize], &self.ids[pane as usize])
    }

    pub(super) fn ask(&self) -> ChartAsk {
        ChartAsk { service: self.id.clone(), span: self.span }
    }

    pub(super) fn step_pane(&mut self, forward: bool) {
        self.pane = self.pane.step(forward);
    }

    /// Looks at another span; the charts must be asked for anew. Says whether it is another one.
    pub(super) fn set_span(&mut self, span: Span, now: Timestamp) -> bool {
        let changed = self.span != span;
        if changed {
            self.span = span;
            self.chart = ChartState::Loading;
            self.asked_at = now;
        }
        changed
    }

    /// Whether the charts are old enough to be asked for again; if so, they count as asked for now.
    pub(super) fn is_due(&mut self, now: Timestamp) -> bool {
        let distance = (self.span.length() / 120).clamp(Duration::from_secs(15), Duration::from_mins(10));
        let due = now.duration_since(self.asked_at).unsigned_abs() >= distance;
        if due {
            self.asked_at = now;
        }
        due
    }

    /// Takes in the charts. Says whether they are the ones that are waited for.
    pub(super) fn take(&mut self, answer: Result<Arc<Chart>, (ChartAsk, SourceError)>) -> bool {
        let ask = match &answer {
            Ok(chart) => &chart.ask,
            Err((ask, _)) => ask,
        };
        let wanted = *ask == self.ask();
        if wanted {
            self.chart = match answer {
                Ok(chart) => ChartState::Ready(chart),
                Err((_, error)) => ChartState::Failed(error),
            };
        }
        wanted
    }

    /// Finds every part's cursor again among the rows of a new snapshot.
    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: impl Fn(Pane) -> usize) {
        let service = snapshot.service(&self.id);
        for pane in Pane::ALL {
            let ids = service.map(|service| row_ids(snapshot, service, pane)).unwrap_or_default();
            let ids = distinct(ids.into_iter());
            self.cursors[pane as usize].settle(&ids, page(pane), Lost::Stay);
            self.ids[pane as usize] = ids;
        }
    }

    /// Keeps every cursor visible after the pages changed.
    pub(super) fn fit(&mut self, page: impl Fn(Pane) -> usize) {
        for pane in Pane::ALL {
            let (cursor, ids) = (&mut self.cursors[pane as usize], &self.ids[pane as usize]);
            cursor.settle(ids, page(pane), Lost::Stay);
        }
    }
}

/// What the rows of a part are known by.
fn row_ids(snapshot: &Snapshot, service: &ServiceHealth, pane: Pane) -> Vec<u64> {
    let ecs = service.ecs.as_deref();
    match pane {
        Pane::Charts => Vec::new(),
        Pane::Findings => {
            service.findings.iter().map(|finding| identity((finding.kind, &finding.evidence.query))).collect()
        }
        Pane::Tasks => ecs.map(|ecs| ecs.tasks.iter().map(|task| identity(&task.id)).collect()).unwrap_or_default(),
        Pane::Deployments => ecs
            .map(|ecs| ecs.deployments.iter().map(|deployment| identity(&deployment.id)).collect())
            .unwrap_or_default(),
        Pane::Events => ecs.map(|ecs| ecs.events.iter().map(|event| identity(&event.id)).collect()).unwrap_or_default(),
        Pane::Alerts => service_alerts(snapshot, service).into_iter().map(Alerts::id).collect(),
        Pane::Targets => service_targets(snapshot, service).into_iter().map(Targets::id).collect(),
    }
}

//! The simulated fleet as five backends. They answer at once, and count their requests as the real ones would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::{Answer, Ask, Source};
use crate::domain::{Chart, ChartAsk, Checkup, CheckupState, EcsReading, Ingest, Reading, SourceError, SourceKind};
use crate::sim::{REGION, World};

/// Series of a simulated service.
const SERIES_PER_SERVICE: f64 = 100.0;

/// Seconds between two simulated scrapes.
const SCRAPE_INTERVAL: f64 = 15.0;

/// One backend of a simulated world.
pub fn open(world: Arc<World>, kind: SourceKind) -> Arc<dyn Source> {
    Arc::new(Simulated { world, kind, requests: AtomicU64::new(0) })
}

struct Simulated {
    world: Arc<World>,
    kind: SourceKind,
    requests: AtomicU64,
}

impl Simulated {
    fn answer(&self, ask: &Ask) -> Result<Reading, SourceError> {
        let reading = match self.kind {
            SourceKind::Ecs => self.world.ecs(ask.now).map(Reading::Ecs),
            SourceKind::Prometheus => self.world.prometheus(ask.now).map(Reading::Prometheus),
            SourceKind::Alertmanager => self.world.alertmanager(ask.now).map(Reading::Alertmanager),
            SourceKind::Grafana => self.world.grafana(ask.now).map(Reading::Grafana),
            SourceKind::CloudWatch => self.world.cloudwatch(&ask.wanted, ask.now).map(Reading::CloudWatch),
        };
        // A backend that refuses does so at the first request.
        let is_first = self.requests.load(Ordering::Relaxed) == 0;
        self.count(reading.as_ref().map_or(1, |reading| requests(reading, is_first)));
        reading
    }

    fn count(&self, requests: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
    }

    fn checkup(&self, now: Timestamp) -> Checkup {
        let ask = Ask { now, within: std::time::Duration::ZERO, wanted: Vec::new() };
        let (state, detail, next_step) = match self.answer(&ask) {
            Ok(reading) => {
                let version = reading.version().map(|version| format!(", version {version}")).unwrap_or_default();
                (CheckupState::Pass, format!("{} answers{version} (simulated)", self.place()), None)
            }
            Err(error) => (CheckupState::Fail, format!("{error} (simulated)"), error.hint),
        };
        let (group, name) = (self.kind.name().to_owned(), "reachable".to_owned());
        Checkup { group, name, state, detail, took: None, next_step }
    }
}

impl Source for Simulated {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn place(&self) -> String {
        match self.kind {
            SourceKind::Ecs => format!("{REGION} {}", self.world.clusters().join(" ")),
            SourceKind::Prometheus => "http://prometheus.internal:9090".to_owned(),
            SourceKind::Alertmanager => "http://alertmanager.internal:9093".to_owned(),
            SourceKind::Grafana => "https://grafana.example.com".to_owned(),
            SourceKind::CloudWatch => REGION.to_owned(),
        }
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async { self.answer(ask) })
    }

    fn chart<'a>(&'a self, ask: &'a ChartAsk, now: Timestamp) -> Answer<'a, Result<Chart, SourceError>> {
        Box::pin(async move {
            let chart = self.world.chart(self.kind, ask, now);
            self.count(chart.as_ref().map_or(1, |chart| chart.lines.len() as u64));
            chart
        })
    }

    fn ingest(&self, _now: Timestamp) -> Answer<'_, Result<Option<Ingest>, SourceError>> {
        let is_prometheus = self.kind == SourceKind::Prometheus;
        Box::pin(async move {
            self.count(2);
            Ok(is_prometheus.then(|| Ingest {
                samples_per_second: self.world.plan().services as f64 * SERIES_PER_SERVICE / SCRAPE_INTERVAL,
                over: std::time::Duration::from_hours(1),
                servers: 1,
                bytes_per_sample: None,
            }))
        })
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(async move { vec![self.checkup(now)] })
    }
}

/// How many requests the real backend would have taken for a reading; some are sent in the first round only.
fn requests(reading: &Reading, is_first: bool) -> u64 {
    let first = |requests: u64| if is_first { requests } else { 0 };
    match reading {
        Reading::Ecs(reading) => ecs_requests(reading) + first(1 + reading.definitions.len() as u64),
        // Five signals, at an instant and over an hour; targets, alerts, readiness; once the version.
        Reading::Prometheus(_) => 13 + first(1),
        // Alerts, silences, status.
        Reading::Alertmanager(_) => 3,
        // Health, dashboards, alerts, silences.
        Reading::Grafana(_) => 4,
        Reading::CloudWatch(reading) => reading.metrics_requested.div_ceil(500),
    }
}

/// Clusters by one page, services by a hundred and ten, tasks by a hundred.
fn ecs_requests(reading: &EcsReading) -> u64 {
    let clusters = reading.clusters.len() as u64;
    let services = reading.services.len() as u64;
    let tasks: u64 = reading.services.iter().map(|service| service.tasks.len() as u64).sum();
    2 + services.div_ceil(100).max(clusters) + services.div_ceil(10) + 2 * clusters + 2 * tasks.div_ceil(100)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{ErrorClass, ServiceId, Span};
    use crate::sim::{EPOCH, Plan, Scenario};

    fn ask(now: Timestamp, wanted: Vec<ServiceId>) -> Ask {
        Ask { now, within: Duration::from_secs(10), wanted }
    }

    fn sources(scenario: Scenario) -> Vec<Arc<dyn Source>> {
        let world = Arc::new(World::new(Plan { scenario, ..Plan::default() }));
        SourceKind::ALL.map(|kind| open(Arc::clone(&world), kind)).into()
    }

    #[tokio::test]
    async fn every_backend_answers_with_its_own_reading_and_counts_its_requests() {
        for source in sources(Scenario::Healthy) {
            let reading = source.read(&ask(EPOCH, vec![ServiceId::new("prod", "web")])).await.unwrap();
            assert_eq!(reading.kind(), source.kind());
            assert!(source.requests() > 0, "{}", source.kind());
            let first = source.requests();
            source.read(&ask(EPOCH, Vec::new())).await.unwrap();
            let second = source.requests() - first;
            assert!(second <= first, "{}: the first round takes the most", source.kind());
        }
    }

    #[tokio::test]
    async fn cloudwatch_is_not_asked_about_nothing() {
        let source = open(Arc::new(World::new(Plan::default())), SourceKind::CloudWatch);
        source.read(&ask(EPOCH, Vec::new())).await.unwrap();
        assert_eq!(source.requests(), 0);
    }

    #[tokio::test]
    async fn a_backend_that_is_down_says_why_everywhere() {
        let source = open(
            Arc::new(World::new(Plan { scenario: Scenario::PrometheusDown, ..Plan::default() })),
            SourceKind::Prometheus,
        );
        let error = source.read(&ask(EPOCH, Vec::new())).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Connect);
        let chart = ChartAsk { service: ServiceId::new("prod", "web"), span: Span::Hour };
        assert_eq!(source.chart(&chart, EPOCH).await.unwrap_err(), error);
        let checkups = source.checkups(EPOCH).await;
        assert_eq!(checkups[0].state, CheckupState::Fail);
        assert_eq!(checkups[0].next_step, error.hint);
    }
}

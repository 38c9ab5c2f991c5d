//! Prometheus and whatever speaks its query API: signals, targets, alerts, charts.
//!
//! A round sends a fixed number of requests: two for each of the five signals, one each for readiness, targets and
//! rules, and now and then three more about the server itself. What a look-alike does not offer is left out.

mod chart;
mod checkups;
pub(super) mod client;
pub(super) mod grid;
mod ingest;
mod map;
pub(super) mod round;
#[cfg(test)]
mod tests;
pub(super) mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use self::client::Api;
use self::round::{Kept, Round};
use super::foreign::OwnerLabels;
use super::{Answer, Ask, Source, patience};
use crate::config;
use crate::domain::{Chart, ChartAsk, Checkup, Ingest, Reading, Signal, SourceError, SourceKind};
use crate::net::Meter;
use crate::net::door::DataSourceKind;
use crate::net::door::Door;
use crate::net::http::{Clients, Deadline};

/// How long the charts of a service may take in all.
const CHART_WITHIN: Duration = Duration::from_secs(30);

/// The context's Prometheus. No I/O happens before the first read.
pub fn open(prometheus: &config::Prometheus, grafana: Option<&config::Grafana>, clients: &Clients) -> Arc<dyn Source> {
    let door = Door::open(&prometheus.reach, grafana, DataSourceKind::Prometheus, clients, Meter::default());
    Arc::new(Prometheus {
        api: Api::new(door),
        labels: OwnerLabels::of(Some(prometheus)),
        queries: prometheus.queries.clone(),
        kept: Mutex::default(),
    })
}

struct Prometheus {
    api: Api,
    labels: OwnerLabels,
    queries: BTreeMap<Signal, String>,
    kept: Mutex<Kept>,
}

impl Prometheus {
    fn round(&self, now: Timestamp, deadline: Deadline) -> Round<'_> {
        Round { api: &self.api, kept: &self.kept, labels: &self.labels, queries: &self.queries, now, deadline }
    }
}

impl Source for Prometheus {
    fn kind(&self) -> SourceKind {
        SourceKind::Prometheus
    }

    fn place(&self) -> String {
        self.api.door.place()
    }

    fn requests(&self) -> u64 {
        self.api.door.requests()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async {
            let round = self.round(ask.now, Deadline::after(patience(ask.within)));
            Box::pin(round.read()).await.map(Reading::Prometheus)
        })
    }

    fn chart<'a>(&'a self, ask: &'a ChartAsk, now: Timestamp) -> Answer<'a, Result<Chart, SourceError>> {
        Box::pin(chart::read(&self.api, &self.labels, &self.queries, ask, now, Deadline::after(CHART_WITHIN)))
    }

    fn ingest(&self, now: Timestamp) -> Answer<'_, Result<Option<Ingest>, SourceError>> {
        Box::pin(ingest::ingest(&self.api, now, Deadline::after(CHART_WITHIN)))
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(async move { checkups::all(&self.round(now, Deadline::after(checkups::WITHIN))).await })
    }
}

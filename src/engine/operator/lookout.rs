//! Scrape targets for plans, read through the station's Prometheus.

use std::sync::Arc;

use super::super::Clock;
use super::Parts;
use super::eyes::{PATIENCE, untold};
use crate::domain::{Reading, SourceKind, Target};
use crate::exec::{Answer, Lookout};
use crate::source::{Ask, Source};

struct Sight {
    prometheus: Option<Arc<dyn Source>>,
    clock: Clock,
}

pub(super) fn of(parts: &Parts) -> Arc<dyn Lookout> {
    let prometheus = parts.sources.iter().find(|source| source.kind() == SourceKind::Prometheus).cloned();
    Arc::new(Sight { prometheus, clock: parts.clock })
}

impl Lookout for Sight {
    fn targets(&self) -> Answer<'_, Result<Vec<Target>, String>> {
        Box::pin(async move {
            let Some(source) = &self.prometheus else { return Err("prometheus is not configured".to_owned()) };
            let ask = Ask { now: self.clock.now(), within: PATIENCE, wanted: Vec::new() };
            let read = tokio::time::timeout(PATIENCE, source.read(&ask)).await;
            match read.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.what)? {
                Reading::Prometheus(reading) => reading.targets.ok_or_else(untold),
                _ => Err(untold()),
            }
        })
    }
}

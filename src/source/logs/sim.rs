//! The simulated fleet's logs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{LogSource, line, newest};
use crate::domain::log::content_id;
use crate::domain::{ErrorClass, LogAsk, LogOrigin, LogPage, SourceError};
use crate::sim::{REGION, World};
use crate::source::Answer;

/// The logs of a simulated world.
pub fn open(world: Arc<World>) -> Arc<dyn LogSource> {
    Arc::new(Simulated { world, requests: AtomicU64::new(0) })
}

struct Simulated {
    world: Arc<World>,
    requests: AtomicU64,
}

impl Simulated {
    fn page(&self, ask: &LogAsk) -> Result<LogPage, SourceError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let to = ask.to.map_or(ask.now, |to| to.min(ask.now));
        // Of what is narrowed here, more is needed than is wanted.
        let is_narrowed = ask.scope.pattern.is_some() || !ask.scope.tasks.is_empty();
        let most = if is_narrowed { usize::MAX } else { ask.most };
        let said = self.world.logs(&ask.scope.service, ask.from, to, most)?;
        let service = said.service.ok_or_else(|| {
            let what = format!("there is no service {} in {}", ask.scope.service, self.world.clusters().join(", "));
            SourceError::new(ErrorClass::Rejected, what).with_hint("rounds --once lists the services there are")
        })?;
        let mut origins: HashMap<String, Arc<LogOrigin>> = HashMap::new();
        let pattern = ask.scope.pattern.as_deref().map(|pattern| pattern.trim_matches('"'));
        let mut lines = Vec::new();
        for (number, utterance) in said.lines.iter().enumerate() {
            let fits = pattern.is_none_or(|pattern| utterance.text.contains(pattern));
            if !fits || !ask.scope.wants(Some(&utterance.task)) {
                continue;
            }
            let origin = origins.entry(utterance.task.clone()).or_insert_with(|| {
                Arc::new(LogOrigin {
                    task: Some(utterance.task.clone()),
                    container: Some(service.name.clone()),
                    stream: format!("{0}/{0}/{1}", service.name, utterance.task),
                })
            });
            let same = said.lines[..number].iter().rev().take_while(|other| other.at == utterance.at);
            let twins = same.filter(|other| other.task == utterance.task && other.text == utterance.text).count();
            let id = content_id(&origin.stream, utterance.at.as_millisecond(), &utterance.text) ^ twins as u64;
            lines.push(line(origin, utterance.at, &utterance.text, Some(id)));
        }
        Ok(LogPage { lines: newest(lines, ask.most), cut_before: said.cut_before, notes: Vec::new() })
    }
}

impl LogSource for Simulated {
    fn place(&self) -> String {
        format!("cloudwatch logs, {REGION} (simulated)")
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn read<'a>(&'a self, ask: &'a LogAsk, _within: Duration) -> Answer<'a, Result<LogPage, SourceError>> {
        Box::pin(async { self.page(ask) })
    }
}

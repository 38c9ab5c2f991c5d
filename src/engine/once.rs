//! One look at everything, within a given time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Station;
use super::tracker::Tracker;
use crate::assess::{self, Facts};
use crate::domain::{ErrorClass, Reading, ServiceId, Snapshot, SourceError, SourceKind, SourceStatus};
use crate::format;
use crate::source::{Answer, Ask, Source};

/// The share of the time after which CloudWatch is asked although Prometheus has not answered yet.
const FALLBACK_AFTER: f64 = 0.4;

/// What is kept back of the time for putting the answer together.
const RESERVE: Duration = Duration::from_millis(150);

/// The snapshot of what every source said within `within`; those that did not answer by then are failing.
pub async fn once(station: &Station, within: Duration) -> Snapshot {
    let began = Instant::now();
    let limit = within.saturating_sub(RESERVE.min(within / 4));
    let mut desk = Desk::new(station);
    let mut asked = FuturesUnordered::new();
    for post in station.posts.iter().filter(|post| post.source.kind() != SourceKind::CloudWatch) {
        asked.push(desk.ask(&post.source, limit, Vec::new()));
    }
    let fallback = tokio::time::sleep(limit.mul_f64(FALLBACK_AFTER));
    tokio::pin!(fallback);
    let mut may_wait_for_prometheus = true;
    loop {
        tokio::select! {
            answered = asked.next() => match answered {
                Some(answer) => desk.take(answer),
                None => break,
            },
            () = &mut fallback, if may_wait_for_prometheus => may_wait_for_prometheus = false,
        }
        if let Some(wanted) = desk.fallback(may_wait_for_prometheus)
            && let Some(post) = station.post(SourceKind::CloudWatch)
        {
            asked.push(desk.ask(&post.source, limit.saturating_sub(began.elapsed()), wanted));
        }
    }
    let now = station.now();
    assess::assess(&desk.facts, &desk.statuses(), &station.setting, now)
}

/// Gathers the answers of one look.
struct Desk<'a> {
    station: &'a Station,
    facts: Facts,
    books: Vec<(SourceKind, Tracker)>,
    answered: Vec<SourceKind>,
    fallback_asked: bool,
}

struct Answered {
    source: Arc<dyn Source>,
    result: Result<Reading, SourceError>,
    took: Duration,
}

impl<'a> Desk<'a> {
    fn new(station: &'a Station) -> Self {
        let books = station.posts.iter().map(|post| (post.source.kind(), station.tracker(post))).collect();
        Self { station, facts: Facts::default(), books, answered: Vec::new(), fallback_asked: false }
    }

    fn ask(&mut self, source: &Arc<dyn Source>, within: Duration, wanted: Vec<ServiceId>) -> Answer<'static, Answered> {
        let kind = source.kind();
        if let Some((_, books)) = self.books.iter_mut().find(|(known, _)| *known == kind) {
            books.began();
        }
        let ask = Ask { now: self.station.now(), within, wanted };
        let source = Arc::clone(source);
        let is_simulated = self.station.setting.context.demo;
        Box::pin(async move {
            let (result, took) = read(&*source, &ask).await;
            // The simulated fleet is asked for nothing over a network: how busy this machine is, is not its latency.
            let took = if is_simulated { Duration::ZERO } else { took };
            Answered { source, result, took }
        })
    }

    fn take(&mut self, answer: Answered) {
        let kind = answer.source.kind();
        let (now, requests) = (self.station.now(), answer.source.requests());
        self.answered.push(kind);
        let Some((_, books)) = self.books.iter_mut().find(|(known, _)| *known == kind) else { return };
        match answer.result {
            Ok(reading) => {
                books.succeeded(&reading, now, answer.took, requests);
                self.facts.take(reading, now);
            }
            Err(error) => books.failed(error, now, requests),
        }
    }

    /// The services to ask CloudWatch for, once that can be said, and only once.
    fn fallback(&mut self, may_wait_for_prometheus: bool) -> Option<Vec<ServiceId>> {
        let has = |kind| self.answered.contains(&kind);
        let is_waiting = may_wait_for_prometheus
            && self.station.post(SourceKind::Prometheus).is_some()
            && !has(SourceKind::Prometheus);
        if self.fallback_asked || is_waiting || !has(SourceKind::Ecs) {
            return None;
        }
        self.fallback_asked = true;
        let wanted = assess::lacking(&self.facts, &self.statuses(), &self.station.setting, self.station.now());
        (!wanted.is_empty()).then_some(wanted)
    }

    fn statuses(&self) -> Vec<SourceStatus> {
        self.books.iter().map(|(_, books)| self.station.status(books)).collect()
    }
}

/// One round of one source, bounded by `ask.within` whatever the source does.
pub async fn read(source: &dyn Source, ask: &Ask) -> (Result<Reading, SourceError>, Duration) {
    let began = Instant::now();
    let result = tokio::time::timeout(ask.within, source.read(ask)).await.unwrap_or_else(|_| {
        let what = format!("{}: no answer within {}", source.place(), format::duration_fine(ask.within));
        Err(SourceError::new(ErrorClass::Timeout, what)
            .with_hint("allow more time, or see what is slow: rounds doctor"))
    });
    (result, began.elapsed())
}

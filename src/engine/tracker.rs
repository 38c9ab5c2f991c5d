//! The books on one source: when it was asked, what came of it, how long it took.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{EcsReading, Reading, SourceError, SourceKind, SourceState, SourceStatus};
use crate::format;

/// One source's books.
#[derive(Debug, Clone)]
pub struct Tracker {
    status: SourceStatus,
    /// After this long without an answer a once fresh source counts as stale.
    overdue: Duration,
}

impl Tracker {
    /// Books for a source that nobody has asked yet.
    pub fn new(kind: SourceKind, place: String, owes_alerts: bool, overdue: Duration) -> Self {
        let status = SourceStatus {
            kind,
            place,
            state: SourceState::Standby,
            version: None,
            latency: None,
            requests: 0,
            requests_last_round: 0,
            problems: Vec::new(),
            facts: Vec::new(),
            owes_alerts,
            tells_alerts: false,
        };
        Self { status, overdue }
    }

    /// A round begins.
    pub fn began(&mut self) {
        if self.status.state == SourceState::Standby {
            self.status.state = SourceState::Waiting;
        }
    }

    /// A round brought a reading.
    pub fn succeeded(&mut self, reading: &Reading, at: Timestamp, took: Duration, requests: u64) {
        self.count(requests);
        self.status.state = SourceState::Fresh { at };
        self.status.latency = Some(took);
        self.status.version = reading.version().map(str::to_owned).or(self.status.version.take());
        self.status.problems = reading.problems().to_vec();
        self.status.facts = facts(reading, at);
        self.status.tells_alerts = match reading {
            Reading::Prometheus(reading) => reading.alerts.is_some(),
            Reading::Grafana(reading) => reading.alerts.is_some(),
            Reading::Alertmanager(_) => true,
            Reading::Ecs(_) | Reading::CloudWatch(_) => false,
        };
    }

    /// A round failed.
    pub fn failed(&mut self, error: SourceError, at: Timestamp, requests: u64) {
        self.count(requests);
        let (last_good, since) = match &self.status.state {
            SourceState::Fresh { at: good } | SourceState::Stale { at: good } => (Some(*good), at),
            SourceState::Failing { last_good, since, .. } => (*last_good, *since),
            SourceState::Standby | SourceState::Waiting => (None, at),
        };
        self.status.state = SourceState::Failing { last_good, since, error };
    }

    /// Nobody needs the source any more: whatever state it was in says nothing.
    pub fn rest(&mut self) {
        self.status.state = SourceState::Standby;
        self.status.problems.clear();
    }

    fn count(&mut self, requests: u64) {
        self.status.requests_last_round = requests.saturating_sub(self.status.requests);
        self.status.requests = requests;
    }

    /// How the source is doing at `now`.
    pub fn status(&self, now: Timestamp) -> SourceStatus {
        let mut status = self.status.clone();
        if let SourceState::Fresh { at } = status.state
            && status.kind != SourceKind::CloudWatch
            && now.duration_since(at).unsigned_abs() > self.overdue
        {
            status.state = SourceState::Stale { at };
        }
        status
    }
}

/// What a reading says of the server itself.
fn facts(reading: &Reading, at: Timestamp) -> Vec<(String, String)> {
    match reading {
        Reading::Prometheus(reading) => reading.facts.clone(),
        Reading::Alertmanager(reading) => reading.facts.clone(),
        Reading::Ecs(reading) => {
            let who = [("account", &reading.account), ("caller", &reading.caller_arn)];
            let who = who.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
            who.chain(described_before(reading, at)).collect()
        }
        Reading::Grafana(reading) => vec![("dashboards".to_owned(), reading.dashboards.len().to_string())],
        Reading::CloudWatch(reading) => {
            vec![("metrics asked for last".to_owned(), reading.metrics_requested.to_string())]
        }
    }
}

/// A large fleet is described in turns: how much of it waits for its turn, and for how long.
fn described_before(reading: &EcsReading, at: Timestamp) -> Option<(String, String)> {
    let oldest = reading.described_before.values().min()?;
    let (waiting, all) = (reading.described_before.len(), reading.services.len());
    let text = format!("{waiting} of {}, up to {} ago", format::count(all, "service"), format::age(*oldest, at));
    Some(("described in an earlier round".to_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AlertmanagerReading, ErrorClass};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn services_that_wait_for_their_turn_are_counted() {
        let mut books = Tracker::new(SourceKind::Ecs, "eu-west-1".into(), false, Duration::from_secs(40));
        let mut reading = EcsReading::default();
        books.succeeded(&Reading::Ecs(reading.clone()), at(100), Duration::ZERO, 1);
        assert!(books.status(at(100)).facts.is_empty());
        for (name, second) in [("a", 40), ("b", 60)] {
            reading.described_before.insert(crate::domain::ServiceId::new("prod", name), at(second));
        }
        books.succeeded(&Reading::Ecs(reading), at(100), Duration::ZERO, 2);
        let (name, text) = &books.status(at(100)).facts[0];
        assert_eq!((name.as_str(), text.as_str()), ("described in an earlier round", "2 of 0 services, up to 1m ago"));
    }

    #[test]
    fn a_source_goes_from_waiting_to_fresh_to_stale_to_failing_and_back() {
        let mut books = Tracker::new(SourceKind::Alertmanager, "http://am".into(), true, Duration::from_secs(40));
        assert_eq!(books.status(at(0)).state, SourceState::Standby);
        books.began();
        assert_eq!(books.status(at(0)).state, SourceState::Waiting);

        let reading = Reading::Alertmanager(AlertmanagerReading::default());
        books.succeeded(&reading, at(1), Duration::from_millis(5), 3);
        assert_eq!(books.status(at(30)).state, SourceState::Fresh { at: at(1) });
        assert_eq!(books.status(at(50)).state, SourceState::Stale { at: at(1) });

        let error = SourceError::new(ErrorClass::Connect, "connection refused");
        books.failed(error.clone(), at(60), 4);
        books.failed(error.clone(), at(90), 5);
        let failing = SourceState::Failing { last_good: Some(at(1)), since: at(60), error };
        assert_eq!(books.status(at(91)).state, failing, "it has been failing since the first failure");
        assert_eq!((books.status(at(91)).requests, books.status(at(91)).requests_last_round), (5, 1));

        books.succeeded(&reading, at(100), Duration::from_millis(5), 8);
        assert_eq!(books.status(at(101)).state, SourceState::Fresh { at: at(100) });
    }
}

//! One round: the five signals, targets and alerts, by a number of requests that does not grow with the services.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::client::{Api, Endpoint, Offer};
use super::grid::Grid;
use super::map::{self, Owned};
use super::wire;
use crate::config::queries::{self, Render};
use crate::domain::{
    Alert, ErrorClass, Owner, PrometheusReading, Sampled, Series, Signal, SignalReading, SourceError, Target, Unseen,
};
use crate::format::{age, clip, count, duration};
use crate::net::http::{Deadline, Reply};
use crate::source::foreign::{self, OwnerLabels};

/// The range of `rate()` in a round: at least four scrapes at any usual interval.
pub const WINDOW: Duration = Duration::from_mins(5);

/// How long what hardly changes (size, retention, start) is good.
const SLOW_FACTS_FOR: Duration = Duration::from_mins(5);

/// How far two clocks may be apart before it is said.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// What is kept from round to round.
#[derive(Debug, Default)]
pub struct Kept(Option<(Timestamp, SlowFacts)>);

/// What hardly changes, and what is wrong with it.
#[derive(Debug, Clone, Default)]
struct SlowFacts {
    version: Option<String>,
    facts: Vec<(String, String)>,
    problems: Vec<SourceError>,
}

/// Everything a round needs of its source.
pub struct Round<'a> {
    pub api: &'a Api,
    pub kept: &'a Mutex<Kept>,
    pub labels: &'a OwnerLabels,
    pub queries: &'a BTreeMap<Signal, String>,
    pub now: Timestamp,
    pub deadline: Deadline,
}

/// What one signal's queries came to.
pub struct SignalAnswer {
    /// Which.
    pub signal: Signal,
    /// The query, in one line.
    pub query: Arc<str>,
    /// A reading for each owner, or why there is none.
    pub readings: Result<Vec<SignalReading>, SourceError>,
    /// What was odd.
    pub problems: Vec<SourceError>,
}

impl Round<'_> {
    /// Reads everything.
    ///
    /// # Errors
    /// Where the server cannot be reached or is not ready, and where nothing at all came back.
    pub async fn read(&self) -> Result<PrometheusReading, SourceError> {
        self.api.door.prepare(self.deadline).await?;
        let mut reading = PrometheusReading::default();
        self.check_ready(&mut reading).await?;
        let (answers, targets, alerts, slow) = tokio::join!(
            join_all(Signal::ROUND.into_iter().filter_map(|signal| self.signal(signal))),
            self.targets(),
            self.alerts(),
            self.slow_facts(),
        );
        reading.version = slow.version;
        let mut first_failure = None;
        let mut worked = false;
        for answer in answers {
            reading.problems.extend(answer.problems);
            match answer.readings {
                Ok(signals) => {
                    worked = true;
                    reading.signals.extend(signals);
                }
                Err(error) => {
                    reading.failed_signals.push((answer.signal, error.reason_first().into()));
                    let error = about(answer.signal, error);
                    first_failure.get_or_insert_with(|| error.clone());
                    reading.problems.push(error);
                }
            }
        }
        worked |= Self::take((Endpoint::Targets, "scrape targets"), targets, &mut reading, |reading, targets| {
            reading.targets = targets;
        });
        worked |= match alerts {
            Ok((alerts, problems)) => {
                reading.problems.extend(problems);
                reading.alerts = alerts;
                reading.alerts.is_some()
            }
            Err(error) => {
                first_failure.get_or_insert_with(|| error.clone());
                reading.unseen.push(Unseen::new("prometheus alerts", &error));
                reading.problems.push(error);
                false
            }
        };
        if let Some(failure) = first_failure.filter(|_| !worked) {
            return Err(failure);
        }
        reading.facts.extend(slow.facts);
        reading.problems.extend(slow.problems);
        for (endpoint, status) in self.api.absent() {
            reading.facts.push((endpoint.name().to_owned(), format!("not offered by this server ({status})")));
        }
        Ok(reading)
    }

    /// One signal's two queries; nothing where the configuration has no query for it. The second is asked for as
    /// many points as the first shows to be affordable.
    pub fn signal(&self, signal: Signal) -> Option<impl Future<Output = SignalAnswer>> {
        let template = self.queries.get(&signal)?;
        let query = rendered(template, self.labels, &[], WINDOW);
        Some(async move {
            let shown: Arc<str> = one_line(&query).into();
            let mut problems = Vec::new();
            let latest = match self.api.instant(&query, self.now, self.deadline).await {
                Ok(answer) => answer,
                Err(error) => {
                    return SignalAnswer { signal, query: shown, readings: Err(correctable(signal, error)), problems };
                }
            };
            let grid = Grid::round(self.now, latest.series.len());
            let mut warnings = latest.warnings;
            let latest = map::latest(latest.series, self.labels);
            problems.extend(oddities(signal, &latest, self.labels));
            let lines = match self.api.range(&query, grid, self.deadline).await {
                Ok(answer) => {
                    warnings.extend(answer.warnings);
                    map::lines(answer.series, self.labels, grid).values
                }
                Err(error) => {
                    problems.push(about(signal, SourceError { what: format!("history: {}", error.what), ..error }));
                    BTreeMap::new()
                }
            };
            problems.extend(incomplete(signal, &warnings));
            let readings = joined(signal, latest.values, lines, &shown);
            SignalAnswer { signal, query: shown, readings: Ok(readings), problems }
        })
    }

    /// The first request of a round: whoever cannot be reached or is not ready is asked nothing else.
    pub async fn check_ready(&self, reading: &mut PrometheusReading) -> Result<(), SourceError> {
        match self.api.ask(Endpoint::Ready, self.now, self.deadline).await {
            Offer::Made(reply) => {
                reading.facts.push(("readiness".to_owned(), "ready".to_owned()));
                reading.problems.extend(self.skew(&reply));
                Ok(())
            }
            Offer::Absent(_) => Ok(()),
            // A proxy may let the query API through and nothing else.
            Offer::Failed(error) if matches!(error.class, ErrorClass::Forbidden | ErrorClass::Rejected) => Ok(()),
            Offer::Failed(error) => Err(error),
        }
    }

    fn skew(&self, reply: &Reply) -> Option<SourceError> {
        let expected = self.now.as_second() + i64::try_from(self.deadline.elapsed().as_secs()).ok()?;
        let apart = reply.date()?.as_second() - expected;
        let size = Duration::from_secs(apart.unsigned_abs());
        (size > MAX_SKEW).then(|| {
            let direction = if apart > 0 { "ahead of" } else { "behind" };
            let what = format!("{}: its clock is {} {direction} this machine's", self.api.door.place(), duration(size));
            SourceError::new(ErrorClass::Garbage, what)
                .with_hint("ages and the newest values are off by that much: check the time service of both machines")
        })
    }

    async fn targets(&self) -> Offer<Vec<Target>> {
        match self.api.optional::<wire::Targets>(Endpoint::Targets, self.now, self.deadline).await {
            Offer::Made(targets) => {
                let active = targets.active_targets.into_iter();
                Offer::Made(active.map(|target| map::target(target, self.labels)).collect())
            }
            Offer::Absent(status) => Offer::Absent(status),
            Offer::Failed(error) => Offer::Failed(error),
        }
    }

    /// Alerts from the rules, which know the expression; from the list of alerts where there are no rules.
    async fn alerts(&self) -> Result<(Option<Vec<Alert>>, Vec<SourceError>), SourceError> {
        let url = self.api.door.browsable().map(|place| format!("{place}/alerts"));
        let failed = match self.api.optional::<wire::Rules>(Endpoint::Rules, self.now, self.deadline).await {
            Offer::Made(rules) => {
                let rules = rules.groups.into_iter().flat_map(|group| group.rules.unwrap_or_default());
                let rules: Vec<_> = rules.collect();
                let problems = rules.iter().filter(|rule| rule.health == "err").map(broken_rule).collect();
                let alerts = rules.into_iter().flat_map(|rule| map::rule_alerts(rule, self.labels, url.as_deref()));
                return Ok((Some(alerts.collect()), problems));
            }
            Offer::Absent(_) => None,
            Offer::Failed(error) => Some(error),
        };
        match (self.api.optional::<wire::Alerts>(Endpoint::Alerts, self.now, self.deadline).await, failed) {
            (Offer::Made(alerts), failed) => {
                let alerts = alerts.alerts.into_iter();
                let alerts = alerts.filter_map(|wire| map::alert(wire, None, self.labels, url.as_deref())).collect();
                Ok((Some(alerts), failed.into_iter().collect()))
            }
            (Offer::Absent(_), None) => Ok((None, Vec::new())),
            (_, Some(error)) | (Offer::Failed(error), None) => Err(error),
        }
    }

    async fn slow_facts(&self) -> SlowFacts {
        let is_fresh = |since: Timestamp| self.now.duration_since(since).unsigned_abs() < SLOW_FACTS_FOR;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        if let Some((_, slow)) = kept.filter(|(since, _)| is_fresh(*since)) {
            return slow;
        }
        // Nice to know: they may not cost the round more than a part of its time.
        let soon = Deadline::after(self.deadline.remaining() / 4);
        let (build, runtime, tsdb) = tokio::join!(
            self.api.optional::<wire::BuildInfo>(Endpoint::BuildInfo, self.now, soon),
            self.api.optional::<wire::RuntimeInfo>(Endpoint::RuntimeInfo, self.now, soon),
            self.api.optional::<wire::Tsdb>(Endpoint::Tsdb, self.now, soon),
        );
        let complete = !build.failed() && !runtime.failed() && !tsdb.failed();
        let mut slow = SlowFacts::default();
        if let Offer::Made(info) = build {
            slow.version = Some(foreign::text(info.version)).filter(|version| !version.is_empty());
        }
        if let Offer::Made(wire::Tsdb { head_stats: Some(head) }) = tsdb {
            slow.facts.push(("head series".to_owned(), head.num_series.to_string()));
        }
        if let Offer::Made(info) = runtime {
            self.runtime_facts(info, &mut slow);
        }
        if complete {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).0 = Some((self.now, slow.clone()));
        }
        slow
    }

    fn runtime_facts(&self, info: wire::RuntimeInfo, slow: &mut SlowFacts) {
        if !info.storage_retention.is_empty() {
            slow.facts.push(("retention".to_owned(), foreign::text(info.storage_retention)));
        }
        if let Some(start) = foreign::time(&info.start_time) {
            slow.facts.push(("up for".to_owned(), age(start, self.now)));
        }
        let place = self.api.door.place();
        if info.reload_config_success == Some(false) {
            let running = foreign::time(&info.last_config_time).map(|at| format!(" of {} ago", age(at, self.now)));
            let running = running.unwrap_or_default();
            let what =
                format!("{place}: its last configuration reload failed; it runs with the configuration{running}");
            slow.problems.push(
                SourceError::new(ErrorClass::Server, what).with_hint("run: promtool check config prometheus.yml"),
            );
        }
        if info.corruption_count > 0 {
            let what = format!("{place}: its database reports {} corruptions", info.corruption_count);
            slow.problems.push(SourceError::new(ErrorClass::Server, what));
        }
    }

    /// Notes an optional answer; whether it is one.
    fn take<T>(
        (endpoint, part): (Endpoint, &'static str),
        offer: Offer<T>,
        reading: &mut PrometheusReading,
        put: impl FnOnce(&mut PrometheusReading, Option<T>),
    ) -> bool {
        match offer {
            Offer::Made(value) => {
                put(reading, Some(value));
                true
            }
            Offer::Absent(_) => false,
            Offer::Failed(error) => {
                reading.unseen.push(Unseen::new(part, &error));
                let what = format!("{}: {}", endpoint.name(), error.what);
                reading.problems.push(SourceError { what, ..error });
                false
            }
        }
    }
}

/// A query with its placeholders filled in.
pub fn rendered(template: &str, labels: &OwnerLabels, services: &[&str], window: Duration) -> String {
    queries::render(template, &render(labels, services, window))
}

/// A query of all services, asked for one of them and by one label more; none where it does not aggregate by what it is
/// told to.
pub fn split(template: &str, labels: &OwnerLabels, service: &str, further: &str) -> Option<String> {
    let services = [service];
    let by_service = render(labels, &services, WINDOW);
    let split = queries::render(template, &Render { further: Some(further), ..by_service });
    (split != queries::render(template, &by_service)).then_some(split)
}

fn render<'a>(labels: &'a OwnerLabels, services: &'a [&'a str], window: Duration) -> Render<'a> {
    let cluster_label = labels.cluster.as_deref();
    Render { service_label: &labels.service, cluster_label, services, further: None, window }
}

/// A query of several lines as evidence shows it.
pub fn one_line(query: &str) -> String {
    query.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Now and history by owner. An owner with a history and no value now has stopped; one with neither is not told of.
fn joined(
    signal: Signal,
    latest: BTreeMap<Owner, Sampled<f64>>,
    mut lines: BTreeMap<Owner, Series>,
    query: &Arc<str>,
) -> Vec<SignalReading> {
    let reading = |owner: Owner, now, series: Option<Series>| SignalReading {
        owner,
        signal,
        now,
        series: series.map(Arc::new),
        query: query.clone(),
    };
    let mut readings: Vec<_> = latest
        .into_iter()
        .map(|(owner, now)| {
            let series = lines.remove(&owner);
            reading(owner, Some(now), series)
        })
        .collect();
    readings.extend(lines.into_iter().map(|(owner, series)| reading(owner, None, Some(series))));
    readings
}

/// A query that the server refuses is the configuration's to mend.
fn correctable(signal: Signal, error: SourceError) -> SourceError {
    match (error.class, &error.hint) {
        (ErrorClass::Rejected, None) => {
            error.with_hint(format!("correct prometheus.signals.{} of the context", signal.key()))
        }
        _ => error,
    }
}

fn about(signal: Signal, error: SourceError) -> SourceError {
    SourceError { what: format!("{}: {}", signal.word(), error.what), ..error }
}

fn incomplete(signal: Signal, warnings: &[String]) -> Option<SourceError> {
    let first = warnings.first()?;
    let more = if warnings.len() > 1 { format!(" (+{})", warnings.len() - 1) } else { String::new() };
    Some(SourceError::new(ErrorClass::Server, format!("{}: the answer may be partial: {first}{more}", signal.word())))
}

/// What is odd about the series of a query, each with what to change in it.
pub fn oddities<T>(signal: Signal, owned: &Owned<T>, labels: &OwnerLabels) -> Vec<SourceError> {
    let (word, key, label) = (signal.word(), signal.key(), labels.service.as_str());
    let odd = |what: String, hint: String| SourceError::new(ErrorClass::Garbage, what).with_hint(hint);
    let mut problems = Vec::new();
    if let Some((owner, series)) = owned.crowded.iter().max_by_key(|(_, series)| **series) {
        let others = owned.crowded.len() - 1;
        let more =
            if others > 0 { format!(" and several for {}", count(others, "other service")) } else { String::new() };
        let name = clip(&owner.service, 60);
        problems.push(odd(
            format!("{word}: the query returns {series} series for service {name}{more}; the largest value is used"),
            format!("aggregate prometheus.signals.{key} by {label}, as `sum by ({label}) (...)` or `max by ({label}) (...)` does"),
        ));
    }
    if owned.strays > 0 && owned.values.is_empty() {
        problems.push(odd(
            format!("{word}: the query returns {} series and none has the label {label}", owned.strays),
            format!("keep {label} in prometheus.signals.{key}, or set prometheus.service_label to the label that names the service"),
        ));
    }
    if owned.histograms > 0 {
        problems.push(odd(
            format!("{word}: the query returns native histograms, which are no numbers"),
            format!("take a number from them in prometheus.signals.{key}, as histogram_quantile(0.95, ...) does"),
        ));
    }
    problems
}

fn broken_rule(rule: &wire::Rule) -> SourceError {
    let name = foreign::text(rule.name.clone());
    let why = clip(&crate::format::sanitise(&rule.last_error), 200);
    SourceError::new(ErrorClass::Server, format!("alert rule {name} cannot be evaluated: {why}"))
        .with_hint("its alert cannot fire: mend the rule's expression")
}

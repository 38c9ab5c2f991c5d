//! CloudWatch: CPU and memory of services that no other source has them of. What AWS bills is the metrics asked for,
//! so nothing is asked before it can have changed, and nothing that nobody wants.

mod api;
mod grid;
mod map;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use self::api::{Metrics, SERVICES_A_CALL, metrics};
use self::grid::{Grid, PERIOD};
use self::map::METRICS;
use super::checking::{checkup, failed};
use super::{Answer, Ask, Source};
use crate::domain::{
    Chart, ChartAsk, Checkup, CheckupState, CloudWatchReading, ErrorClass, Reading, Series, ServiceId, Signal,
    SignalReading, SourceError, SourceKind,
};
use crate::net::Meter;
use crate::net::aws::Aws;
use crate::net::http::Deadline;

/// How far back a round looks.
const LOOK_BACK: Duration = Duration::from_hours(1);

/// How long an answer that nobody asks for any more is kept, in seconds.
const KEPT_SECONDS: i64 = 600;

/// The longest a chart may take.
const CHART_WITHIN: Duration = Duration::from_secs(10);

/// The CloudWatch API of one context.
#[derive(Debug)]
struct CloudWatch {
    aws: Aws,
    meter: Meter,
    held: Mutex<HashMap<ServiceId, Held>>,
    charts: Mutex<Option<(Timestamp, Chart)>>,
}

/// A service's last answer.
#[derive(Debug, Clone)]
struct Held {
    asked: Timestamp,
    signals: Vec<(Signal, Arc<Series>, Arc<str>)>,
}

/// Opens the CloudWatch source of a context. Does no I/O.
pub fn open(aws: &Aws) -> Arc<dyn Source> {
    Arc::new(CloudWatch { aws: aws.clone(), meter: Meter::default(), held: Mutex::default(), charts: Mutex::default() })
}

impl CloudWatch {
    async fn read(&self, ask: &Ask) -> Result<CloudWatchReading, SourceError> {
        // A service known from metrics only has no cluster to ask for.
        let wanted: BTreeSet<&ServiceId> = ask.wanted.iter().filter(|id| !id.cluster.is_empty()).collect();
        let due = self.due(&wanted, ask.now);
        let mut reading = CloudWatchReading::default();
        if !due.is_empty() {
            let all_new = due.len() == wanted.len();
            match self.ask(&due, ask, &mut reading).await {
                Err(error) if all_new => return Err(error),
                Err(error) => reading.problems.push(error),
                Ok(()) => {}
            }
        }
        reading.signals = self.answer(&wanted, ask.now);
        let newest = |signal: &SignalReading| signal.series.as_ref()?.last_known().map(|(at, _)| at);
        reading.newest = reading.signals.iter().filter_map(newest).max();
        Ok(reading)
    }

    /// Those of the wanted services that were not asked for within the last period.
    fn due(&self, wanted: &BTreeSet<&ServiceId>, now: Timestamp) -> Vec<ServiceId> {
        let mut held = self.held();
        held.retain(|_, held| (0..KEPT_SECONDS).contains(&age(held.asked, now)));
        let fresh = |id: &ServiceId| held.get(id).is_some_and(|held| is_fresh(held.asked, now));
        wanted.iter().filter(|id| !fresh(id)).map(|id| (*id).clone()).collect()
    }

    /// Asks for services and keeps the answers.
    ///
    /// # Errors
    /// Where no call was answered.
    async fn ask(&self, due: &[ServiceId], ask: &Ask, reading: &mut CloudWatchReading) -> Result<(), SourceError> {
        let session = self.aws.session(&self.meter, ask.within).await?;
        let grid = Grid::before(ask.now, LOOK_BACK);
        let batches = due.chunks(SERVICES_A_CALL);
        let answers = join_all(batches.clone().map(|services| metrics(&session, services, &grid))).await;
        let mut failures = Vec::new();
        let mut answered = false;
        for (services, answer) in batches.zip(answers) {
            reading.metrics_requested += (services.len() * METRICS.len()) as u64;
            match answer {
                Ok(metrics) => {
                    answered = true;
                    self.hold(services, &metrics, &grid, ask.now);
                    reading.problems.extend(metrics.problems);
                }
                Err(error) => failures.push(error),
            }
        }
        if let Some(worst) = failures.iter().position(|error| !answered || error.class == ErrorClass::Credentials) {
            return Err(failures.swap_remove(worst));
        }
        reading.problems.extend(failures);
        Ok(())
    }

    fn hold(&self, services: &[ServiceId], metrics: &Metrics, grid: &Grid, now: Timestamp) {
        let mut held = self.held();
        for (index, service) in services.iter().enumerate() {
            let signal = |(signal, metric, letter): (Signal, &str, char)| {
                let series = metrics.get(letter, index)?.series(grid)?;
                Some((signal, Arc::new(series), map::query_text(service, metric, grid.seconds())))
            };
            let signals = METRICS.into_iter().filter_map(signal).collect();
            // An answer with a hole is shown and asked for again in the next round.
            let complete = metrics.is_complete(index);
            let asked = if complete { now } else { now.checked_sub(PERIOD).unwrap_or(now) };
            held.insert(service.clone(), Held { asked, signals });
        }
    }

    fn answer(&self, wanted: &BTreeSet<&ServiceId>, now: Timestamp) -> Vec<SignalReading> {
        let held = self.held();
        let known = wanted.iter().filter_map(|id| held.get(*id).map(|held| (*id, held)));
        known
            .flat_map(|(id, held)| {
                held.signals.iter().map(move |(signal, series, query)| map::reading(id, *signal, series, query, now))
            })
            .collect()
    }

    async fn chart(&self, ask: &ChartAsk, now: Timestamp) -> Result<Chart, SourceError> {
        if let Some(chart) = self.last_chart(ask, now) {
            return Ok(chart);
        }
        if ask.service.cluster.is_empty() {
            let what = format!("cloudwatch: the cluster of {} is not known", ask.service);
            return Err(SourceError::new(ErrorClass::Unsupported, what));
        }
        let session = self.aws.session(&self.meter, CHART_WITHIN).await?;
        let grid = Grid::before(now, ask.span.length());
        let found = metrics(&session, std::slice::from_ref(&ask.service), &grid).await?;
        let mut chart = Chart { ask: ask.clone(), lines: Vec::new(), problems: Vec::new() };
        for (signal, _, letter) in METRICS {
            let points = found.get(letter, 0);
            if let Some(series) = points.and_then(|points| points.series(&grid)) {
                chart.lines.push((signal, SourceKind::CloudWatch, series));
            }
            if let (Some(points), Some(problem)) = (points, found.problems.first())
                && !points.is_complete()
            {
                chart.problems.push((signal, problem.what.as_str().into()));
            }
        }
        if chart.problems.is_empty() {
            *self.charts.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, chart.clone()));
        }
        Ok(chart)
    }

    /// The last chart, where it is what is asked for and cannot have changed.
    fn last_chart(&self, ask: &ChartAsk, now: Timestamp) -> Option<Chart> {
        let charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, chart) = charts.as_ref()?;
        (chart.ask == *ask && is_fresh(*at, now)).then(|| chart.clone())
    }

    /// Asks for one metric that need not exist: permission and latency for a hundred-thousandth of a dollar.
    async fn checkup(&self, now: Timestamp) -> Checkup {
        let begun = Deadline::after(CHART_WITHIN);
        let probe = [ServiceId::new("rounds", "rounds")];
        let grid = Grid::before(now, PERIOD);
        let answer = match self.aws.session(&self.meter, CHART_WITHIN).await {
            Ok(session) => metrics(&session, &probe, &grid).await,
            Err(error) => Err(error),
        };
        let name = "cloudwatch:GetMetricData";
        let line = match answer {
            Ok(_) => checkup("cloudwatch", name, CheckupState::Pass, "allowed"),
            Err(error) => failed("cloudwatch", name, &error),
        };
        Checkup { took: Some(begun.elapsed()), ..line }
    }

    /// Never held while waiting.
    fn held(&self) -> MutexGuard<'_, HashMap<ServiceId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for CloudWatch {
    fn kind(&self) -> SourceKind {
        SourceKind::CloudWatch
    }

    fn place(&self) -> String {
        self.aws.place()
    }

    fn requests(&self) -> u64 {
        self.meter.total()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async move { CloudWatch::read(self, ask).await.map(Reading::CloudWatch) })
    }

    fn chart<'a>(&'a self, ask: &'a ChartAsk, now: Timestamp) -> Answer<'a, Result<Chart, SourceError>> {
        Box::pin(CloudWatch::chart(self, ask, now))
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(async move { vec![self.checkup(now).await] })
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    u64::try_from(age(at, now)).is_ok_and(|age| age < PERIOD.as_secs())
}

/// Seconds since then.
fn age(then: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - then.as_second()
}

#[cfg(test)]
mod tests;

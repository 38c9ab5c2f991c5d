//! Services as metric queries, and results as series.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::grid::Grid;
use crate::domain::{Owner, Sampled, Series, ServiceId, Signal, SignalReading, SourceKind};

/// The metrics of a service, each with the letter that begins its queries' ids.
pub(super) const METRICS: [(Signal, &str, char); 2] =
    [(Signal::Cpu, "CPUUtilization", 'c'), (Signal::Memory, "MemoryUtilization", 'm')];

/// A datapoint older than this says nothing about now, in seconds.
const NOW_SECONDS: i64 = 10 * 60;

/// Queries for every metric of every service; their ids carry the service's index.
pub(super) fn queries(services: &[ServiceId], grid: &Grid) -> Vec<MetricDataQuery> {
    let each = services.iter().enumerate();
    each.flat_map(|(index, service)| METRICS.map(|(_, metric, letter)| query(service, metric, letter, index, grid)))
        .collect()
}

fn query(service: &ServiceId, metric: &str, letter: char, index: usize, grid: &Grid) -> MetricDataQuery {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace("AWS/ECS")
        .metric_name(metric)
        .dimensions(dimension("ClusterName", &service.cluster))
        .dimensions(dimension("ServiceName", &service.name))
        .build();
    let stat = MetricStat::builder().metric(metric).period(grid.seconds()).stat("Average").build();
    MetricDataQuery::builder().id(format!("{letter}{index}")).metric_stat(stat).return_data(true).build()
}

/// The query as a person would look it up.
pub(super) fn query_text(service: &ServiceId, metric: &str, grid_seconds: i32) -> Arc<str> {
    let ServiceId { cluster, name } = service;
    format!(
        "cloudwatch:GetMetricData AWS/ECS {metric} ClusterName={cluster} ServiceName={name} Average {grid_seconds}s"
    )
    .into()
}

/// One metric's datapoints, put together from all pages.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) points: Vec<(Timestamp, f64)>,
    /// What the last page said of it.
    pub(super) status: Option<StatusCode>,
}

impl Points {
    /// Whether CloudWatch says that this is all there is.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.status, Some(StatusCode::Complete) | None)
    }

    /// The datapoints on a grid; `None` where there is none at all.
    pub(super) fn series(&self, grid: &Grid) -> Option<Series> {
        let mut series = Series::empty(grid.start, grid.period, grid.len);
        for (at, value) in &self.points {
            series.put(grid.period_of(*at), *value);
        }
        series.last_known().map(|_| series)
    }
}

/// Adds a page's results to those of the pages before, by id.
pub(super) fn collect(into: &mut HashMap<String, Points>, page: Vec<MetricDataResult>) {
    for result in page {
        let Some(id) = result.id() else { continue };
        let metric = into.entry(id.to_owned()).or_default();
        let points = result.timestamps().iter().zip(result.values());
        metric.points.extend(points.filter_map(|(at, value)| Some((moment(at)?, *value))));
        metric.status = result.status_code().cloned();
    }
}

/// A service's signal as it is at `now`.
pub(super) fn reading(
    service: &ServiceId,
    signal: Signal,
    series: &Arc<Series>,
    query: &Arc<str>,
    now: Timestamp,
) -> SignalReading {
    let last = series.last_known().filter(|(at, _)| now.as_second() - at.as_second() <= NOW_SECONDS);
    SignalReading {
        owner: Owner { service: service.name.clone(), cluster: Some(service.cluster.clone()) },
        signal,
        now: last.map(|(at, value)| Sampled { value, at, source: SourceKind::CloudWatch }),
        series: Some(Arc::clone(series)),
        query: Arc::clone(query),
    }
}

/// A moment as CloudWatch takes it.
pub(super) fn wire_time(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

fn moment(wire: &DateTime) -> Option<Timestamp> {
    Timestamp::new(wire.secs(), i32::try_from(wire.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn grid() -> Grid {
        Grid::before(Timestamp::from_second(3_600).unwrap(), Duration::from_mins(10))
    }

    fn result(id: &str, points: &[(i64, f64)], status: StatusCode) -> MetricDataResult {
        let times = points.iter().map(|(at, _)| DateTime::from_secs(*at)).collect();
        let values = points.iter().map(|(_, value)| *value).collect();
        MetricDataResult::builder()
            .id(id)
            .set_timestamps(Some(times))
            .set_values(Some(values))
            .status_code(status)
            .build()
    }

    #[test]
    fn each_service_is_asked_for_both_metrics_by_both_dimensions() {
        let services = [ServiceId::new("prod", "api"), ServiceId::new("prod", "web")];
        let asked = queries(&services, &grid());
        let ids: Vec<_> = asked.iter().filter_map(|query| query.id()).collect();
        assert_eq!(ids, ["c0", "m0", "c1", "m1"]);
        let stat = asked[3].metric_stat().unwrap();
        assert_eq!((stat.period(), stat.stat()), (Some(60), Some("Average")));
        let metric = stat.metric().unwrap();
        assert_eq!((metric.namespace(), metric.metric_name()), (Some("AWS/ECS"), Some("MemoryUtilization")));
        let dimensions: Vec<_> = metric.dimensions().iter().map(|one| (one.name(), one.value())).collect();
        assert_eq!(dimensions, [(Some("ClusterName"), Some("prod")), (Some("ServiceName"), Some("web"))]);
    }

    #[test]
    fn pages_join_in_any_order_and_gaps_stay_gaps() {
        let mut metrics = HashMap::new();
        collect(&mut metrics, vec![result("c0", &[(3_540, 9.0), (3_480, 8.0)], StatusCode::PartialData)]);
        collect(&mut metrics, vec![result("c0", &[(3_120, 2.0), (60, 1.0)], StatusCode::Complete)]);
        let points = &metrics["c0"];
        assert!(points.is_complete());
        let series = points.series(&grid()).unwrap();
        let values: Vec<_> = series.iter().map(|(_, value)| value).collect();
        assert_eq!(values, [None, None, Some(2.0), None, None, None, None, None, Some(8.0), Some(9.0)]);
        assert!(Points::default().series(&grid()).is_none(), "no datapoint is no series");
    }

    #[test]
    fn an_old_datapoint_is_not_now() {
        let mut metrics = HashMap::new();
        collect(&mut metrics, vec![result("c0", &[(3_000, 5.0)], StatusCode::Complete)]);
        let series = Arc::new(metrics["c0"].series(&grid()).unwrap());
        let service = ServiceId::new("prod", "api");
        for (now, value) in [(3_600, Some(5.0)), (3_601, None)] {
            let now = Timestamp::from_second(now).unwrap();
            let read = reading(&service, Signal::Cpu, &series, &query_text(&service, "CPUUtilization", 60), now);
            assert_eq!(read.now.map(|sample| (sample.value, sample.at.as_second())), value.map(|value| (value, 3_000)));
            assert_eq!(read.owner, Owner { service: "api".into(), cluster: Some("prod".into()) });
        }
    }
}

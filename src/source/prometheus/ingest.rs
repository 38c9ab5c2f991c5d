//! How much the server takes in, as it says itself.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::client::Api;
use super::wire::{Point, Stream};
use crate::domain::{Ingest, SourceError};
use crate::net::http::Deadline;

/// Samples taken in since the server was started, by type.
const APPENDED: &str = "prometheus_tsdb_head_samples_appended_total";

/// Seconds looked back at the most.
const WINDOW: u64 = 3600;

/// Seconds after which a series that says nothing more is of a server that is no more.
const CURRENT: f64 = 300.0;

/// Scrapes that a server which is there may miss.
const MISSED: f64 = 2.5;

/// Bytes a sample takes in a block, by what compaction has written so far.
const BYTES: &str =
    "sum(prometheus_tsdb_compaction_chunk_size_bytes_sum) / sum(prometheus_tsdb_compaction_chunk_samples_sum)";

/// Asks for both; `None` where it does not scrape itself, or has not done so twice yet.
///
/// The samples themselves are asked for and not `rate(..[1h])`: that divides by the hour whatever part of it there is.
///
/// # Errors
/// What keeps it from answering.
pub async fn ingest(api: &Api, now: Timestamp, deadline: Deadline) -> Result<Option<Ingest>, SourceError> {
    let (appended, bytes) =
        futures_util::join!(api.raw(APPENDED, WINDOW, now, deadline), one(api, BYTES, now, deadline));
    let bytes_per_sample = bytes?;
    Ok(measure(&appended?.series, now).map(|ingest| Ingest { bytes_per_sample, ..ingest }))
}

/// The value of a query that answers with one number, if it does.
async fn one(api: &Api, query: &str, now: Timestamp, deadline: Deadline) -> Result<Option<f64>, SourceError> {
    let answer = api.instant(query, now, deadline).await?;
    let value = answer.series.first().and_then(|sample| sample.value.as_ref()).map(|point| point.1);
    Ok(value.filter(|value| value.is_finite()))
}

/// The rate of all that is still counted, each series over the time between its own first and last sample. `None` where
/// one of them has no two: a sum without it would be too small.
fn measure(series: &[Stream], now: Timestamp) -> Option<Ingest> {
    let newest = series.iter().filter_map(|one| one.values.last()).map(|last| last.0).fold(f64::MIN, f64::max);
    if newest < now.as_second() as f64 - CURRENT {
        return None;
    }
    let mut ingest = Ingest { samples_per_second: 0.0, over: Duration::MAX, servers: 0, bytes_per_sample: None };
    let mut servers = BTreeSet::new();
    for one in series.iter().filter(|one| is_current(&one.values, newest)) {
        let (first, last) = (one.values.first()?, one.values.last()?);
        let seconds = last.0 - first.0;
        let rate = increase(&one.values) / seconds;
        if seconds <= 0.0 || !rate.is_finite() {
            return None;
        }
        ingest.samples_per_second += rate;
        ingest.over = ingest.over.min(Duration::try_from_secs_f64(seconds).ok()?);
        servers.insert(one.metric.iter().filter(|(label, _)| *label != "type").collect::<Vec<_>>());
    }
    ingest.servers = u32::try_from(servers.len()).unwrap_or(u32::MAX);
    (ingest.servers > 0).then_some(ingest)
}

/// Whether a series goes on: one that ended while others went on is of a server that was replaced by another.
fn is_current(points: &[Point], newest: f64) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return false };
    let steps = points.len().saturating_sub(1);
    let patience = if steps == 0 { CURRENT } else { MISSED * (last.0 - first.0) / steps as f64 };
    newest - last.0 <= patience
}

/// What a counter rose by. One that is less than before was started anew.
fn increase(points: &[Point]) -> f64 {
    let steps = points.iter().zip(points.iter().skip(1));
    steps.map(|(before, after)| if after.1 < before.1 { after.1 } else { after.1 - before.1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    /// A counter scraped every 15 seconds until so many seconds ago, `rate` a second for so many seconds.
    fn stream(instance: &str, kind: &str, ago: u32, seconds: u32, rate: f64) -> Stream {
        let end = f64::from(u32::try_from(NOW).unwrap() - ago);
        let point = |step: u32| Point(end - f64::from(seconds - step * 15), 7.0 + rate * f64::from(step * 15));
        let labels = [("instance", instance), ("type", kind)];
        Stream {
            metric: labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into(),
            values: (0..=seconds / 15).map(point).collect(),
            histograms: None,
        }
    }

    fn measured(series: &[Stream]) -> Option<(f64, u64, u32)> {
        let ingest = measure(series, Timestamp::from_second(NOW).unwrap())?;
        Some(((ingest.samples_per_second * 10.0).round() / 10.0, ingest.over.as_secs(), ingest.servers))
    }

    #[test]
    fn what_is_taken_in_is_divided_by_the_time_there_is_and_not_by_an_hour() {
        let of =
            |seconds| measured(&[stream("a", "float", 3, seconds, 395.0), stream("a", "histogram", 3, seconds, 0.0)]);
        assert_eq!(of(3600), Some((395.0, 3600, 1)));
        assert_eq!(of(480), Some((395.0, 480, 1)), "in its first hour");
        assert_eq!(of(15), Some((395.0, 15, 1)));
        assert_eq!(of(0), None, "one scrape is no rate");
        assert_eq!(measured(&[]), None);
    }

    #[test]
    fn a_server_that_was_started_anew_is_counted_once() {
        let mut reset = stream("a", "float", 0, 600, 10.0);
        for point in reset.values.iter_mut().skip(20) {
            point.1 -= 3000.0;
        }
        let (rate, ..) = measured(&[reset]).unwrap();
        assert!((9.0..=10.0).contains(&rate), "{rate}");
        let (gone, here) = (stream("10.0.0.1", "float", 120, 3000, 30.0), stream("10.0.0.2", "float", 0, 60, 40.0));
        assert_eq!(measured(&[gone, here]), Some((40.0, 60, 1)), "by another address");
        let twins = [stream("a", "float", 0, 3600, 30.0), stream("b", "float", 14, 300, 40.0)];
        assert_eq!(measured(&twins), Some((70.0, 300, 2)));
        assert_eq!(measured(&[stream("a", "float", 400, 3000, 30.0)]), None, "it scrapes itself no more");
    }
}

//! `GetMetricData`: at most 500 metrics a call, every page, the status of every result.

use std::collections::{HashMap, HashSet};

use aws_sdk_cloudwatch::types::{ScanBy, StatusCode};

use super::grid::Grid;
use super::map::{METRICS, Points, collect, queries, wire_time};
use crate::domain::{ErrorClass, ServiceId, SourceError};
use crate::format;
use crate::net::aws::{Call, Session};

/// The most services asked for in one call: 500 metrics, two for each.
pub(super) const SERVICES_A_CALL: usize = 500 / METRICS.len();

/// No answer has more pages; one that has goes in circles.
const MAX_PAGES: usize = 100;

/// How many metrics a problem names.
const MAX_NAMES: usize = 3;

/// What came back for some services.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    by_id: HashMap<String, Points>,
    /// Results that are not complete.
    pub(super) problems: Vec<SourceError>,
}

impl Metrics {
    /// A metric of the service with that index.
    pub(super) fn get(&self, letter: char, index: usize) -> Option<&Points> {
        self.by_id.get(&format!("{letter}{index}"))
    }

    /// Whether the answer about a service can be kept: nothing of it failed.
    pub(super) fn is_complete(&self, index: usize) -> bool {
        METRICS.iter().all(|(_, _, letter)| self.get(*letter, index).is_none_or(Points::is_complete))
    }
}

/// Asks for both metrics of at most [`SERVICES_A_CALL`] services.
///
/// # Errors
/// As [`Session::call`]; results that failed by themselves are `problems`.
pub(super) async fn metrics(session: &Session, services: &[ServiceId], grid: &Grid) -> Result<Metrics, SourceError> {
    const CALL: Call<'_> = Call { service: "cloudwatch", action: "GetMetricData", about: "" };
    let client = session.cloudwatch();
    let request = client
        .get_metric_data()
        .set_metric_data_queries(Some(queries(services, grid)))
        .start_time(wire_time(grid.start))
        .end_time(wire_time(grid.end))
        .scan_by(ScanBy::TimestampAscending);
    let mut metrics = Metrics::default();
    let mut seen = HashSet::new();
    let mut token: Option<String> = None;
    let mut pages = 0;
    loop {
        let page = session.call(CALL, request.clone().set_next_token(token.take()).send()).await?;
        collect(&mut metrics.by_id, page.metric_data_results.unwrap_or_default());
        pages += 1;
        match page.next_token.filter(|next| !next.is_empty()) {
            None => break,
            Some(next) if pages == MAX_PAGES || !seen.insert(next.clone()) => {
                let what = format!("{}: the answer does not end", CALL.in_region(session.region()));
                return Err(SourceError::new(ErrorClass::Garbage, what));
            }
            next => token = next,
        }
    }
    metrics.problems = incomplete(&metrics.by_id, services, &CALL.in_region(session.region()));
    Ok(metrics)
}

/// One problem for each status that is not "complete", naming some of its metrics.
fn incomplete(by_id: &HashMap<String, Points>, services: &[ServiceId], place: &str) -> Vec<SourceError> {
    let kinds = [
        (StatusCode::Forbidden, ErrorClass::Forbidden, "forbidden"),
        (StatusCode::InternalError, ErrorClass::Server, "internal error"),
        (StatusCode::PartialData, ErrorClass::Server, "only a part of the data"),
    ];
    let mut problems = Vec::new();
    for (status, class, word) in kinds {
        let mut names: Vec<String> = Vec::new();
        for (index, service) in services.iter().enumerate() {
            for (_, metric, letter) in METRICS {
                let points = by_id.get(&format!("{letter}{index}"));
                if points.is_some_and(|points| points.status.as_ref() == Some(&status)) {
                    names.push(format!("{metric} of {service}"));
                }
            }
        }
        if !names.is_empty() {
            let some = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
            let more = if names.len() > MAX_NAMES { ", ..." } else { "" };
            let what = format!("{place}: {word} for {}: {some}{more}", format::count(names.len(), "metric"));
            problems.push(SourceError::new(class, what));
        }
    }
    problems
}

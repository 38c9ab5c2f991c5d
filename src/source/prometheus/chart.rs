//! Charts of one service: one range query a signal.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::client::Api;
use super::grid::Grid;
use super::map;
use super::round::{WINDOW, rendered};
use crate::domain::{Chart, ChartAsk, Owner, Series, Signal, SourceError, SourceKind};
use crate::net::http::Deadline;
use crate::source::foreign::OwnerLabels;

/// Every signal of a service over a span.
///
/// # Errors
/// Where every query failed.
pub async fn read(
    api: &Api,
    labels: &OwnerLabels,
    queries: &BTreeMap<Signal, String>,
    ask: &ChartAsk,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Chart, SourceError> {
    api.door.prepare(deadline).await?;
    let grid = Grid::chart(now, ask.span);
    // Points farther apart than the window would leave out what happened between them.
    let window = WINDOW.max(grid.step());
    let asked = Signal::ALL.into_iter().filter_map(|signal| Some((signal, queries.get(&signal)?)));
    let answers = join_all(asked.map(async |(signal, template)| {
        let query = rendered(template, labels, &[&ask.service.name], window);
        (signal, api.range(&query, grid, deadline).await)
    }))
    .await;
    let mut chart = Chart { ask: ask.clone(), lines: Vec::new(), problems: Vec::new() };
    let mut first_failure = None;
    for (signal, answer) in answers {
        match answer {
            Ok(answer) => {
                let lines = map::lines(answer.series, labels, grid).values;
                if let Some(line) = of_service(lines, ask) {
                    chart.lines.push((signal, SourceKind::Prometheus, line));
                }
                if let Some(warning) = answer.warnings.first() {
                    chart.problems.push((signal, format!("may be partial: {warning}").into()));
                }
            }
            Err(error) => {
                chart.problems.push((signal, error.what.as_str().into()));
                first_failure.get_or_insert(error);
            }
        }
    }
    match first_failure {
        Some(failure) if chart.problems.len() == queries.len() && chart.lines.is_empty() => Err(failure),
        _ => Ok(chart),
    }
}

/// The service's own line. The query's regular expression is only a filter: names are compared here.
fn of_service(lines: BTreeMap<Owner, Series>, ask: &ChartAsk) -> Option<Series> {
    let any_cluster = ask.service.cluster.is_empty();
    let is_it = |owner: &Owner| if any_cluster { owner.service == ask.service.name } else { owner.is(&ask.service) };
    lines.into_iter().find(|(owner, _)| is_it(owner)).map(|(_, line)| line)
}

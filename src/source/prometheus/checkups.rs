//! What the doctor says of Prometheus: whether it is reached, what it offers, and what each query finds.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::client::{Endpoint, Offer};
use super::round::{Round, SignalAnswer};
use super::wire;
use crate::domain::{Checkup, CheckupState, Signal, SourceError};
use crate::format::count;
use crate::net::http::Deadline;
use crate::source::checking::{checkup, failed};

/// How long the doctor waits for all of it.
pub const WITHIN: Duration = Duration::from_secs(20);

const GROUP: &str = "prometheus";

/// Everything there is to say, the way to the server first: without it there is nothing more.
pub async fn all(round: &Round<'_>) -> Vec<Checkup> {
    let mut checkups = Vec::new();
    if let Err(error) = reached(round, &mut checkups).await {
        checkups.push(failed(GROUP, "reachable", &error));
        return checkups;
    }
    let (version, targets, rules, signals) = tokio::join!(
        version(round),
        offered::<wire::Targets>(round, Endpoint::Targets, |targets| {
            count(targets.active_targets.len(), "active target")
        }),
        offered::<wire::Rules>(round, Endpoint::Rules, |rules| {
            let groups = rules.groups;
            count(groups.into_iter().map(|group| group.rules.map_or(0, |rules| rules.len())).sum(), "alert rule")
        }),
        join_all(Signal::ROUND.into_iter().map(|signal| signal_checkup(round, signal))),
    );
    checkups.push(version);
    checkups.push(targets);
    checkups.push(rules);
    checkups.extend(signals);
    checkups
}

/// Reachability, credentials, readiness and the clock, by the cheapest request there is.
async fn reached(round: &Round<'_>, checkups: &mut Vec<Checkup>) -> Result<(), SourceError> {
    let began = Deadline::after(WITHIN);
    let place = round.api.door.place();
    round.api.door.prepare(round.deadline).await?;
    let mut found = crate::domain::PrometheusReading::default();
    round.check_ready(&mut found).await?;
    let detail = match found.facts.first() {
        Some((_, state)) => format!("{} is {state}", round.api.door.place()),
        None => format!("{place} answers; it has no readiness endpoint"),
    };
    let mut reachable = checkup(GROUP, "reachable", CheckupState::Pass, detail);
    reachable.took = Some(began.elapsed());
    checkups.push(reachable);
    checkups.extend(found.problems.iter().map(|skew| {
        let mut clock = failed(GROUP, "clock", skew);
        clock.state = CheckupState::Warn;
        clock
    }));
    Ok(())
}

async fn version(round: &Round<'_>) -> Checkup {
    match round.api.optional::<wire::BuildInfo>(Endpoint::BuildInfo, round.now, round.deadline).await {
        Offer::Made(info) if !info.version.is_empty() => {
            checkup(GROUP, "version", CheckupState::Pass, crate::source::foreign::text(info.version))
        }
        Offer::Made(_) => checkup(GROUP, "version", CheckupState::Pass, "a look-alike that names no version"),
        Offer::Absent(status) => checkup(GROUP, "version", CheckupState::Skip, not_offered(status)),
        Offer::Failed(error) => failed(GROUP, "version", &error),
    }
}

async fn offered<T: serde::de::DeserializeOwned>(
    round: &Round<'_>,
    endpoint: Endpoint,
    say: impl FnOnce(T) -> String,
) -> Checkup {
    match round.api.optional::<T>(endpoint, round.now, round.deadline).await {
        Offer::Made(answer) => checkup(GROUP, endpoint.name(), CheckupState::Pass, say(answer)),
        Offer::Absent(status) => checkup(GROUP, endpoint.name(), CheckupState::Skip, not_offered(status)),
        Offer::Failed(error) => failed(GROUP, endpoint.name(), &error),
    }
}

fn not_offered(status: u16) -> String {
    format!("not offered by this server ({status})")
}

async fn signal_checkup(round: &Round<'_>, signal: Signal) -> Checkup {
    let began = Deadline::after(WITHIN);
    let name = format!("signal {}", signal.key());
    let Some(asking) = round.signal(signal) else {
        return checkup(GROUP, name, CheckupState::Skip, "no query is configured for it");
    };
    let SignalAnswer { query, readings, problems, .. } = asking.await;
    let mut found = match (readings, problems.first()) {
        (Err(error), _) => failed(GROUP, &name, &error),
        (Ok(_), Some(odd)) => {
            let mut found = failed(GROUP, &name, odd);
            found.state = CheckupState::Warn;
            found
        }
        (Ok(readings), None) if readings.is_empty() => {
            let metrics = metrics(&query);
            // A ratio and a quantile of no requests do not exist, though the metric may.
            let detail = match signal {
                Signal::Errors | Signal::LatencyP95 => {
                    format!("no service has a value: no requests lately, or no {metrics}")
                }
                _ => format!("no service has data: nothing in {metrics}"),
            };
            let mut found = checkup(GROUP, name, CheckupState::Warn, detail);
            found.next_step = Some(format!(
                "scrape what exposes it, or set prometheus.signals.{} of the context to a query of your own metric",
                signal.key(),
            ));
            found
        }
        (Ok(readings), None) => {
            let now = readings.iter().filter(|reading| reading.now.is_some()).count();
            checkup(GROUP, name, CheckupState::Pass, format!("data for {}", count(now, "service")))
        }
    };
    found.took = Some(began.elapsed());
    found
}

/// The metrics a query reads, as a hint which one may be missing: names right before a selector or a range.
fn metrics(query: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let selectors = query.match_indices(['{', '[']).map(|(at, _)| &query[..at]);
    let names: BTreeSet<&str> = selectors
        .map(|before| &before[before.trim_end_matches(is_name).len()..])
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
        .collect();
    if names.is_empty() { "its metric".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(" or ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_of_a_query_are_named() {
        for (query, names) in [
            ("avg by (service) (ecs_cpu{service=~\".+\"}) or max(aws_cpu{x=\"{y\"})", "aws_cpu or ecs_cpu"),
            ("sum(rate(http_requests_total[5m]))", "http_requests_total"),
            ("vector(1)", "its metric"),
        ] {
            assert_eq!(metrics(query), names);
        }
    }
}

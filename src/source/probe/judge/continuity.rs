//! Gaps in a metric, measured in seconds, with where they begin and end.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::tally::Tally;
use super::{Case, targets, who};
use crate::domain::estate::Stretch;
use crate::domain::{Check, CheckState, Labels, ServiceHealth, SourceKind};
use crate::format;
use crate::source::probe::estate::{Estate, SampleAsk};

/// How far back, where nothing else is asked for.
const SINCE: Duration = Duration::from_hours(1);

/// The distance of samples where nothing tells it.
const USUAL: Duration = Duration::from_secs(15);

/// Samples this many times further apart than usual have one missing between them at least.
const APART: f64 = 1.75;

/// How many gaps are listed.
const LISTED: usize = 20;

/// A stretch without samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    /// The last sample before it; the beginning of what was asked, where there is none.
    from: Timestamp,
    /// The first sample after it; none while it lasts.
    to: Option<Timestamp>,
}

/// Measures them.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let since = match check.told("since").map(format::parse_duration) {
        Some(Ok(since)) => since,
        Some(Err(why)) => {
            tally.unknown(format!("since: {why}"), check.to_string());
            return;
        }
        None => SINCE,
    };
    let service = match check.told("service") {
        Some(_) => match who::service(case, check, tally) {
            Some(service) => Some(service),
            None => return,
        },
        None => None,
    };
    let (query, by) = query(case, check, service);
    let from = case.now.checked_sub(SignedDuration::try_from(since).unwrap_or_default()).unwrap_or(case.now);
    let interval = interval(case, service);
    let series = targets::unseen(case).map_or(case.snapshot.targets.len(), |_| 100);
    let ask = SampleAsk { query: &query, by: &by, from, to: case.now, interval: interval.unwrap_or(USUAL), series };
    let stretches = match case.estate.samples(&ask).await {
        Ok(stretches) => stretches,
        Err(error) => {
            // Whether it answers is seen now: what was known of it before may be over since.
            if who::blindness(case, SourceKind::Prometheus).is_some() {
                let text = format!("prometheus does not answer: gaps can be measured once it does ({})", error.what);
                tally.unknown(text, query.clone());
                tally.cause("no-data");
                if let Some(step) = error.hint.clone() {
                    tally.next(step);
                }
            } else {
                tally.unseen("the samples", &error, query.clone());
            }
            return;
        }
    };
    if stretches.iter().all(|stretch| stretch.samples.is_empty()) {
        let text = format!("{query} has no sample in the last {}", format::duration(since));
        tally.note(CheckState::Warn, text, query.clone());
        tally.cause("no-data");
        tally.next("check the query, and what is scraped: rounds check targets");
        return;
    }
    told(case, &stretches, &query, (from, since), interval, tally);
}

/// What is asked, and by which labels its series belong together.
fn query<E>(case: &Case<'_, E>, check: &Check, service: Option<&ServiceHealth>) -> (String, Vec<String>) {
    let label = &case.labels.service;
    let by = ["job".to_owned(), label.clone()].into_iter().chain(case.labels.cluster.clone()).collect();
    let query = match (check.told("query"), service) {
        (Some(query), _) => query.to_owned(),
        (None, Some(service)) => {
            let name = service.id.name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("up{{{label}=\"{name}\"}}")
        }
        (None, None) => "up".to_owned(),
    };
    (query, by)
}

/// The distance of scrapes, by what the targets say.
fn interval<E>(case: &Case<'_, E>, service: Option<&ServiceHealth>) -> Option<Duration> {
    let of =
        |targets: &mut dyn Iterator<Item = &crate::domain::Target>| targets.filter_map(|target| target.interval).max();
    match service {
        Some(service) => of(&mut who::targets(case.snapshot, service)),
        None => of(&mut case.snapshot.targets.iter()),
    }
}

fn told<E>(
    case: &Case<'_, E>,
    stretches: &[Stretch],
    query: &str,
    (from, since): (Timestamp, Duration),
    interval: Option<Duration>,
    tally: &mut Tally,
) {
    let window = format::duration(since);
    let mut found: Vec<(&Stretch, Gap, Duration)> = Vec::new();
    for stretch in stretches {
        // Each group has its own rhythm; a configured one is only a hint where samples are few.
        let usual = stretch.rhythm.or(interval).unwrap_or(USUAL);
        found.extend(gaps(&stretch.samples, from, case.now, usual).into_iter().map(|gap| (stretch, gap, usual)));
    }
    let length =
        |gap: &Gap| Duration::try_from(gap.to.unwrap_or(case.now).duration_since(gap.from)).unwrap_or_default();
    found.sort_by_key(|(_, gap, _)| std::cmp::Reverse(length(gap)));
    if let Some((_, gap, _)) = found.first() {
        tally.fact("gap", format!("{} s", length(gap).as_secs()));
        tally.fact("from", second(gap.from).to_string());
        if let Some(to) = gap.to {
            tally.fact("to", second(to).to_string());
        }
    }
    for (stretch, gap, usual) in found.iter().take(LISTED) {
        let seconds = length(gap).as_secs_f64();
        let lost = ((seconds / usual.as_secs_f64()).round() - 1.0).max(1.0);
        let end = gap.to.map_or_else(|| "until now".to_owned(), |to| format!("to {}", second(to)));
        let text = format!(
            "{}: no sample for {seconds:.0} s, from {} {end}: about {lost:.0} of one every {} missing",
            whose(case, &stretch.labels),
            second(gap.from),
            format::duration(*usual),
        );
        tally.note(if gap.to.is_some() { CheckState::Warn } else { CheckState::Fail }, text, query);
        tally.cause(if gap.to.is_some() { "gap" } else { "metrics-stopped" });
    }
    let whole = stretches.len()
        - stretches.iter().filter(|stretch| found.iter().any(|(other, ..)| std::ptr::eq(*other, *stretch))).count();
    tally.pass(
        format!("{whole} of {} of series without a gap in the last {window}", format::count(stretches.len(), "group")),
        query,
    );
    let Some((_, longest, _)) = found.first() else {
        tally.summary(format!("no gap in the last {window}"));
        return;
    };
    // One gap at the same time everywhere is Prometheus' own.
    let shared = stretches.len() > 1
        && stretches.iter().all(|stretch| {
            found
                .iter()
                .any(|(other, gap, usual)| std::ptr::eq(*other, stretch) && overlaps(gap, longest, *usual, case.now))
        });
    let seconds = length(longest).as_secs();
    let end = longest.to.map_or_else(|| "until now".to_owned(), |to| format!("to {}", second(to)));
    let what = if shared { "everything is missing: Prometheus itself recorded nothing" } else { "the longest gap" };
    tally.summary(format!("{what}, {seconds} s, from {} {end}", second(longest.from)));
    tally.next(if longest.to.is_none() {
        "see what is down: rounds check targets, rounds check discovery"
    } else {
        "what was not recorded cannot be had back; CloudWatch still has CPU and memory of that time"
    });
}

/// A moment as people write it: to the second.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn overlaps(one: &Gap, other: &Gap, slack: Duration, now: Timestamp) -> bool {
    let slack = SignedDuration::try_from(slack * 2).unwrap_or_default();
    let ends = |gap: &Gap| gap.to.unwrap_or(now);
    one.from.duration_since(other.from).abs() <= slack && ends(one).duration_since(ends(other)).abs() <= slack
}

fn whose<E>(case: &Case<'_, E>, labels: &Labels) -> String {
    match (labels.get(&case.labels.service), labels.get("job")) {
        (Some(service), _) => service.clone(),
        (None, Some(job)) => format!("job {job}"),
        (None, None) => "the query".to_owned(),
    }
}

/// Where samples are missing between the first and the last, and after the last. Before the first nothing is missing:
/// what was not there yet cannot have stopped.
fn gaps(samples: &[Timestamp], from: Timestamp, now: Timestamp, usual: Duration) -> Vec<Gap> {
    let apart = |one: Timestamp, other: Timestamp| {
        Duration::try_from(other.duration_since(one)).is_ok_and(|distance| distance > usual.mul_f64(APART))
    };
    let within = |gap: &Gap| gap.from >= from;
    let between =
        samples.windows(2).filter(|pair| apart(pair[0], pair[1])).map(|pair| Gap { from: pair[0], to: Some(pair[1]) });
    // The newest sample may be one scrape old, and the scrape may have taken its time.
    let open = samples.last().filter(|last| {
        apart(**last, now.checked_sub(SignedDuration::try_from(usual).unwrap_or_default()).unwrap_or(now))
    });
    between.chain(open.map(|last| Gap { from: *last, to: None })).filter(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    #[test]
    fn gaps_are_measured_from_sample_to_sample() {
        let usual = Duration::from_secs(15);
        for (seconds, now, expected) in [
            (vec![0, 15, 30, 45], 50, vec![]),
            (vec![0, 15, 330, 345], 350, vec![(15, Some(330))]),
            (vec![0, 15, 30], 300, vec![(30, None)]),
            (vec![0, 15, 30], 75, vec![(30, None)]),
            (vec![0, 15, 30], 55, vec![]),
            (vec![0, 14, 31, 44], 60, vec![]),
            (vec![], 60, vec![]),
        ] {
            let samples: Vec<Timestamp> = seconds.iter().map(|second| at(*second)).collect();
            let found: Vec<(i64, Option<i64>)> = gaps(&samples, at(-100), at(now), usual)
                .iter()
                .map(|gap| (gap.from.as_second() - 1_000_000, gap.to.map(|to| to.as_second() - 1_000_000)))
                .collect();
            assert_eq!(found, expected, "{seconds:?} at {now}");
        }
    }
}

//! One signal of a service: past its threshold or not, since when, which way it goes, and whether the load explains it.

use std::time::Duration;

use jiff::Timestamp;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{
    Alert, Check, CheckState, Finding, FindingKind, Observed, Series, ServiceHealth, ServiceId, Signal, Unit, Verdict,
};
use crate::format;

/// Times past the threshold within the hour from which on it is more than bad luck.
const SWINGS: usize = 3;

/// A climb is looked for in this much of the past at least.
const CLIMB: Duration = Duration::from_mins(6);

/// A climb that reaches the limit later than this is no news.
const REACHES: Duration = Duration::from_hours(2);

/// A fall this large in one step is a new beginning: a task that was replaced.
const FALL: f64 = 8.0;

/// What was usual is told from at least this much of the past: a rate over five minutes climbs for as long when a server,
/// or its Prometheus, has only just begun.
const USUAL_OF: Duration = Duration::from_mins(20);

/// The beginning that is left out for that.
const SETTLING: Duration = Duration::from_mins(5);

/// Traffic this many times what it was before is more traffic.
const MORE: f64 = 1.4;

/// Looks at it.
pub fn judge<E>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let asked = check.told("signal").unwrap_or_default().replace('-', "_");
    let Some(signal) = Signal::ALL.into_iter().find(|signal| signal.key() == asked) else {
        let names = Signal::ALL.map(|signal| signal.key().replace('_', "-")).join(", ");
        tally.unknown(format!("there is no signal {asked}: it is one of {names}"), check.to_string());
        return;
    };
    let Some(service) = who::service(case, check, tally) else { return };
    let health = service.signal(signal);
    let from = health.query.as_deref().unwrap_or("prometheus").to_owned();
    let value = match &health.now {
        Observed::Fresh(sampled) => sampled.value,
        Observed::Stale(sampled, why) => {
            let value = format::measure(sampled.value, signal.unit());
            let age = format::age(sampled.at, case.now);
            tally.unknown(format!("{} was {value} {age} ago; now it is not known: {why}", signal.word()), from);
            return;
        }
        Observed::Unknown(why) => {
            tally.unknown(format!("{} is not known: {why}", signal.word()), from);
            tally.cause("no-data");
            return;
        }
        Observed::NotApplicable(why) => {
            tally.pass(format!("{} does not exist for {}: {why}", signal.word(), service.id.name), from);
            return;
        }
    };
    let said = format!("{} {}", signal.word(), format::measure(value, signal.unit()));
    tally.fact("value", format::measure(value, signal.unit()));
    let traffic = service.signal(Signal::Traffic).now.fresh().map(|sampled| sampled.value);
    if case.policy.has_too_few_requests(signal, traffic) {
        let least = case.policy.min_request_rate;
        tally.pass(format!("{said}, of too few requests to be judged: below {least} a second"), from);
        return;
    }
    let finding = service.findings.iter().find(|finding| Some(finding.kind) == kind(signal));
    let is_past = level(case, (signal, &service.id), value, finding, &said, &from, tally);
    let series = health.series.as_deref();
    if let Some(series) = series {
        swings(case, signal, series, &from, tally);
        climb(signal, series, &from, tally);
    }
    if is_past && matches!(signal, Signal::Cpu | Signal::Memory | Signal::LatencyP95 | Signal::Errors) {
        load(case, service, finding, tally);
    }
}

const fn kind(signal: Signal) -> Option<FindingKind> {
    match signal {
        Signal::Cpu => Some(FindingKind::Cpu),
        Signal::Memory => Some(FindingKind::Memory),
        Signal::Errors => Some(FindingKind::Errors),
        Signal::LatencyP95 => Some(FindingKind::Latency),
        Signal::Traffic | Signal::LatencyP50 | Signal::LatencyP99 => None,
    }
}

/// Holds the value against its threshold.
fn level<E>(
    case: &Case<'_, E>,
    (signal, service): (Signal, &ServiceId),
    value: f64,
    finding: Option<&Finding>,
    said: &str,
    from: &str,
    tally: &mut Tally,
) -> bool {
    let Some(limit) = case.policy.limit(signal) else {
        // No threshold here: an alert of the service may know one.
        let sign = signal.word().split(' ').next().unwrap_or_default().to_lowercase();
        let of_it = |alert: &&Alert| {
            alert.is_active() && alert.service.as_ref() == Some(service) && alert.name.to_lowercase().contains(&sign)
        };
        let Some(alert) = case.snapshot.alerts.iter().find(of_it) else {
            tally.pass(format!("{said}; it has no threshold"), from);
            return false;
        };
        tally.note(CheckState::Warn, format!("{said}; no threshold here, and alert {} fires", alert.name), from);
        return true;
    };
    let past = [(limit.critical, CheckState::Fail), (limit.warning, CheckState::Warn)]
        .into_iter()
        .find(|(threshold, _)| limit.is_past(value, *threshold));
    match (past, finding) {
        (Some((threshold, state)), finding) => {
            let since = finding.and_then(|finding| finding.since).map(|since| {
                let age = format::age(since.at, case.now);
                format!(", for {age}{}", if since.or_earlier { " or longer" } else { "" })
            });
            // Past the threshold and not yet for long enough to be a finding: worth a warning at most.
            let state = if finding.is_some_and(|finding| finding.verdict == Verdict::Critical) {
                CheckState::Fail
            } else {
                state.min(CheckState::Warn)
            };
            let threshold = format::measure(threshold, signal.unit());
            tally.note(state, format!("{said} {} {threshold}{}", limit.sign(), since.unwrap_or_default()), from);
            tally.cause("past-threshold");
            true
        }
        (None, Some(finding)) => {
            tally.warn(
                "past-threshold",
                format!("{said}, and it was past its threshold just now: {}", finding.text),
                from,
            );
            true
        }
        (None, None) => {
            let threshold = format::measure(limit.warning, signal.unit());
            tally.pass(format!("{said}, below {threshold}"), from);
            false
        }
    }
}

/// Whether it goes past its threshold and back, again and again: what is well now was not a minute ago, nor will be.
fn swings<E>(case: &Case<'_, E>, signal: Signal, series: &Series, from: &str, tally: &mut Tally) {
    let Some(limit) = case.policy.limit(signal) else { return };
    let points: Vec<(Timestamp, bool)> =
        series.iter().filter_map(|(at, value)| Some((at, limit.is_past(value?, limit.warning)))).collect();
    let began = points.windows(2).filter(|pair| !pair[0].1 && pair[1].1).count();
    let Some((last, _)) = points.iter().rev().find(|(_, is_past)| *is_past).filter(|_| began >= SWINGS) else { return };
    let threshold = format::measure(limit.warning, signal.unit());
    let ago = format::age(*last, case.now);
    tally.warn(
        "flapping",
        format!(
            "{} went past {threshold} and back {began} times within the last hour, the last {ago} ago",
            signal.word()
        ),
        from,
    );
    tally.next(
        "an alert with a longer `for` would tell of it; what swings with it (a job, a retry, one task) is the cause",
    );
}

/// Whether it goes steadily up, and when it is at its end.
fn climb(signal: Signal, series: &Series, from: &str, tally: &mut Tally) {
    if signal.unit() != Unit::Percent || signal == Signal::Errors {
        return;
    }
    let points: Vec<(Timestamp, f64)> =
        series.iter().filter_map(|(at, value)| value.map(|value| (at, value))).collect();
    let begins = points.windows(2).rposition(|pair| pair[0].1 - pair[1].1 > FALL).map_or(0, |position| position + 1);
    let run = &points[begins..];
    let (Some((start, low)), Some((end, high))) = (run.first(), run.last()) else { return };
    let length = end.duration_since(*start);
    let Ok(length) = Duration::try_from(length) else { return };
    if length < CLIMB || high - low < 10.0 || fit(run) < 0.8 {
        return;
    }
    let per_second = (high - low) / length.as_secs_f64();
    let left = Duration::from_secs_f64(((100.0 - high) / per_second).clamp(0.0, 1e7));
    if left > REACHES {
        return;
    }
    let text = format!(
        "{} climbs steadily: from {} to {} in {}; at 100 % in about {}",
        signal.word(),
        format::percent(*low),
        format::percent(*high),
        format::duration(length),
        format::duration(left),
    );
    tally.warn("climbing", text, from);
    if signal == Signal::Memory {
        tally.next(
            "it is a leak as a rule: restart the tasks one by one to gain time, and go back to the release before",
        );
    }
}

/// How well a straight line explains a run: 1 is a line, 0 is noise.
fn fit(run: &[(Timestamp, f64)]) -> f64 {
    let count = run.len() as f64;
    let Some((origin, _)) = run.first() else { return 0.0 };
    let x = |at: &Timestamp| at.duration_since(*origin).as_secs_f64();
    let (mean_x, mean_y) =
        (run.iter().map(|(at, _)| x(at)).sum::<f64>() / count, run.iter().map(|(_, y)| y).sum::<f64>() / count);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (at, y) in run {
        let (dx, dy) = (x(at) - mean_x, y - mean_y);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    if xx <= 0.0 || yy <= 0.0 || xy <= 0.0 { 0.0 } else { xy * xy / (xx * yy) }
}

/// Whether the traffic rose with it.
fn load<E>(case: &Case<'_, E>, service: &ServiceHealth, finding: Option<&Finding>, tally: &mut Tally) {
    let traffic = service.signal(Signal::Traffic);
    let from = traffic.query.as_deref().unwrap_or("prometheus").to_owned();
    let (Some(now), Some(series)) = (traffic.now.fresh(), traffic.series.as_deref()) else { return };
    let began = finding.and_then(|finding| finding.since).filter(|since| !since.or_earlier).map(|since| since.at);
    let until = began.unwrap_or(case.now);
    // What was usual: the older half of what is known before the trouble.
    let known: Vec<(Timestamp, f64)> =
        series.iter().filter(|(at, _)| *at < until).filter_map(|(at, value)| Some((at, value?))).collect();
    let Some((first, _)) = known.first() else { return };
    if Duration::try_from(until.duration_since(*first)).is_ok_and(|length| length < USUAL_OF) {
        return;
    }
    let has_settled =
        |at: &Timestamp| Duration::try_from(at.duration_since(*first)).is_ok_and(|length| length >= SETTLING);
    let earlier: Vec<f64> = known.iter().filter(|(at, _)| has_settled(at)).map(|(_, value)| *value).collect();
    let mut usual: Vec<f64> = earlier.iter().take((earlier.len() / 2).max(1)).copied().collect();
    usual.sort_by(f64::total_cmp);
    let Some(usual) = usual.get(usual.len() / 2).copied().filter(|usual| *usual > 0.0) else { return };
    let times = now.value / usual;
    let said =
        format!("traffic is {} a second, {times:.1} times the usual {}", format::rate(now.value), format::rate(usual));
    if times >= MORE {
        tally.warn("more-traffic", said, from);
        tally.next(format!("the load is the reason: rounds do scale --service {} --desired N", service.id));
    } else {
        tally.pass(said, from);
    }
}

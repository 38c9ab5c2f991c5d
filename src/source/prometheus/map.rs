//! From the query API's JSON to domain values.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::grid::Grid;
use super::wire::{ActiveTarget, Point, Rule, RuleAlert, Sample, Stream};
use crate::domain::{Alert, AlertState, Labels, Owner, Sampled, Series, Severity, SourceKind, Target, TargetHealth};
use crate::format::{parse_duration, sanitise};
use crate::source::foreign::{self, OwnerLabels};

/// What a query's series gave: a value for each owner, and what was odd about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Owned<T> {
    /// By owner.
    pub values: BTreeMap<Owner, T>,
    /// Series that do not say whose they are.
    pub strays: usize,
    /// Series that are native histograms and no numbers.
    pub histograms: usize,
    /// Owners with more than one series, and how many.
    pub crowded: BTreeMap<Owner, usize>,
}

impl<T> Owned<T> {
    fn gather<S>(
        series: Vec<S>,
        by: &OwnerLabels,
        labels: impl Fn(&S) -> &BTreeMap<String, String>,
        mut put: impl FnMut(&mut BTreeMap<Owner, T>, Owner, S) -> Kept,
    ) -> Self {
        let mut counts: BTreeMap<Owner, usize> = BTreeMap::new();
        let mut gathered = Self { values: BTreeMap::new(), strays: 0, histograms: 0, crowded: BTreeMap::new() };
        for one in series {
            let Some(owner) = owner_of(labels(&one), by) else {
                gathered.strays += 1;
                continue;
            };
            match put(&mut gathered.values, owner.clone(), one) {
                Kept::Number => *counts.entry(owner).or_default() += 1,
                Kept::Nothing => {}
                Kept::Histogram => gathered.histograms += 1,
            }
        }
        gathered.crowded = counts.into_iter().filter(|(_, count)| *count > 1).collect();
        gathered
    }
}

/// What became of a series.
enum Kept {
    Number,
    Nothing,
    Histogram,
}

/// The value of each owner now. `NaN` (a ratio or quantile of nothing) and infinities are no values. Of several
/// series of one owner the largest counts, and that there were several is told.
pub fn latest(samples: Vec<Sample>, by: &OwnerLabels) -> Owned<Sampled<f64>> {
    Owned::gather(
        samples,
        by,
        |sample| &sample.metric,
        |values, owner, sample| {
            let Some(Point(at, value)) = sample.value else { return Kept::Histogram };
            let Some(at) = instant(at).filter(|_| value.is_finite()) else { return Kept::Nothing };
            let new = Sampled { value, at, source: SourceKind::Prometheus };
            let known = values.entry(owner).or_insert_with(|| new.clone());
            if new.value > known.value {
                *known = new;
            }
            Kept::Number
        },
    )
}

/// The series of each owner on a grid, likewise. Owners without one number are left out.
pub fn lines(streams: Vec<Stream>, by: &OwnerLabels, grid: Grid) -> Owned<Series> {
    let mut owned = Owned::gather(
        streams,
        by,
        |stream| &stream.metric,
        |values: &mut BTreeMap<Owner, Series>, owner, stream| {
            if stream.values.is_empty() {
                return if stream.histograms.is_some() { Kept::Histogram } else { Kept::Nothing };
            }
            let mut line = grid.gaps();
            for Point(at, value) in stream.values {
                if let Some(at) = instant(at) {
                    line.put(at, value);
                }
            }
            let merged = match values.remove(&owner) {
                Some(known) => larger(&known, &line),
                None => line,
            };
            values.insert(owner, merged);
            Kept::Number
        },
    );
    owned.values.retain(|_, line| line.last_known().is_some());
    owned
}

/// Point by point the larger of two series on the same grid.
fn larger(one: &Series, other: &Series) -> Series {
    let points = (0..one.len()).map(|index| match (one.get(index), other.get(index)) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    });
    Series::from_values(one.start(), one.step(), points)
}

fn owner_of(labels: &BTreeMap<String, String>, by: &OwnerLabels) -> Option<Owner> {
    let get =
        |label: &String| labels.get(label).filter(|name| !name.is_empty()).map(|name| sanitise(name).into_owned());
    Some(Owner { service: get(&by.service)?, cluster: by.cluster.as_ref().and_then(get) })
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and a time out of range is none")]
fn instant(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok()
}

/// A scrape target.
pub fn target(wire: ActiveTarget, by: &OwnerLabels) -> Target {
    let labels = foreign::labels(wire.labels);
    let instance = labels.get("instance").cloned().unwrap_or_default();
    let job =
        if wire.scrape_pool.is_empty() { labels.get("job").cloned().unwrap_or_default() } else { wire.scrape_pool };
    Target {
        job: foreign::text(job),
        instance,
        url: without_userinfo(&foreign::text(wire.scrape_url)),
        health: match wire.health.as_str() {
            "up" => TargetHealth::Up,
            "down" => TargetHealth::Down,
            _ => TargetHealth::Unknown,
        },
        last_error: foreign::text(wire.last_error),
        last_scrape: foreign::time(&wire.last_scrape),
        scrape_took: Duration::try_from_secs_f64(wire.last_scrape_duration).ok().filter(|took| !took.is_zero()),
        interval: parse_duration(&wire.scrape_interval).ok(),
        owner: by.owner(&labels),
        labels,
    }
}

/// A scrape URL may carry a password; a screen may not.
fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Alerts of a rule: pending and firing.
pub fn rule_alerts(rule: Rule, by: &OwnerLabels, url: Option<&str>) -> Vec<Alert> {
    let query = foreign::text(rule.query);
    let alerts = rule.alerts.unwrap_or_default().into_iter();
    alerts.filter_map(|wire| alert(wire, Some(&query), by, url)).collect()
}

/// An alert of a rule; nothing where it neither fires nor is about to.
pub fn alert(wire: RuleAlert, query: Option<&str>, by: &OwnerLabels, url: Option<&str>) -> Option<Alert> {
    let state = match wire.state.as_str() {
        "firing" => AlertState::Firing,
        "pending" => AlertState::Pending,
        _ => return None,
    };
    let labels: Labels = foreign::labels(wire.labels);
    Some(Alert {
        name: labels.get("alertname").cloned().unwrap_or_default(),
        severity: Severity::of(&labels),
        state,
        suppression: None,
        since: foreign::time(&wire.active_at),
        annotations: foreign::labels(wire.annotations),
        value: Some(foreign::text(wire.value)).filter(|value| !value.is_empty()),
        query: query.map(str::to_owned),
        url: url.map(str::to_owned),
        seen_in: vec![SourceKind::Prometheus],
        owner: by.owner_of_alert(&labels),
        service: None,
        labels,
    })
}

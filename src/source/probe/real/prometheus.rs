//! What Prometheus says of itself, of discovery, of exporters, and when it had samples.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::{
    Database, DiscoveryHealth, DroppedTarget, ExporterHealth, InstanceErrors, Stretch, rhythm,
};
use crate::domain::{Labels, Owner, ServiceId, Signal, SourceError};
use crate::net::http::{Call, Deadline};
use crate::source::foreign::{self, OwnerLabels};
use crate::source::probe::estate::{SampleAsk, Seen};
use crate::source::prometheus::client::{Api, Endpoint, Offer};
use crate::source::prometheus::grid::Grid;
use crate::source::prometheus::round::{WINDOW, split};
use crate::source::prometheus::wire;

/// The label by which the parts of one query are told apart.
const WHAT: &str = "rounds_what";

/// The label that tells the tasks of a service apart.
const INSTANCE: &str = "instance";

/// Samples of which more than this many are asked for on a grid instead of one by one.
const MOST_RAW: u64 = 300_000;

/// The most dropped targets that are read on.
const MOST_DROPPED: usize = 20_000;

/// Several expressions as one query: each result carries its name.
fn union<'a>(parts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let part = |(name, query): (&str, String)| format!("label_replace({query}, \"{WHAT}\", \"{name}\", \"\", \"\")");
    parts.into_iter().map(part).collect::<Vec<_>>().join(" or ")
}

/// The numbers of a union, each with its labels.
async fn numbers(api: &Api, query: &str, now: Timestamp, deadline: Deadline) -> Seen<Vec<(String, Labels, f64)>> {
    api.door.prepare(deadline).await?;
    let answer = api.instant(query, now, deadline).await?;
    let number = |sample: wire::Sample| {
        let mut labels = foreign::labels(sample.metric);
        let value = sample.value?.1;
        Some((labels.remove(WHAT)?, labels, value)).filter(|_| value.is_finite())
    };
    Ok(answer.series.into_iter().filter_map(number).collect())
}

/// Prometheus' own database.
pub(super) async fn database(api: &Api, now: Timestamp, deadline: Deadline) -> Seen<(Database, Vec<SourceError>)> {
    let metric = |name: &str| format!("max(prometheus_tsdb_{name})");
    let disk =
        |name: &str| format!("min(node_filesystem_{name}_bytes{{mountpoint=~\"(/var/lib)?/(prometheus|data).*\"}})");
    let query = union([
        ("blocks", metric("storage_blocks_bytes")),
        ("wal", metric("wal_storage_size_bytes")),
        ("limit", metric("retention_limit_bytes")),
        ("oldest", metric("lowest_timestamp_seconds")),
        ("growth", "max(deriv(prometheus_tsdb_storage_blocks_bytes[1d])) * 86400".to_owned()),
        ("corruptions", metric("wal_corruptions_total")),
        ("compactions", "max(increase(prometheus_tsdb_compactions_failed_total[1d]))".to_owned()),
        ("writes", "max(increase(prometheus_tsdb_wal_writes_failed_total[1h]))".to_owned()),
        ("left", disk("avail")),
        ("size", disk("size")),
    ]);
    let (numbers, info, tsdb) = tokio::join!(
        numbers(api, &query, now, deadline),
        api.optional::<wire::RuntimeInfo>(Endpoint::RuntimeInfo, now, deadline),
        api.optional::<wire::Tsdb>(Endpoint::Tsdb, now, deadline),
    );
    let mut database = Database::default();
    let mut problems = Vec::new();
    let numbers = numbers.map_err(|error| problems.push(error)).unwrap_or_default();
    let number = |name: &str| numbers.iter().find(|(what, ..)| what == name).map(|(.., value)| *value);
    database.bytes = number("blocks").map(|blocks| blocks + number("wal").unwrap_or_default());
    database.bytes_limit = number("limit").filter(|limit| *limit > 0.0);
    database.oldest = number("oldest").filter(|at| *at > 0.0).and_then(timestamp);
    database.growth = number("growth");
    database.corruptions = number("corruptions");
    database.failed_compactions = number("compactions");
    database.failed_writes = number("writes");
    database.disk = number("left").zip(number("size"));
    match info {
        Offer::Made(info) => {
            let (keeps, limit) = retention(&info.storage_retention);
            database.keeps = keeps;
            database.bytes_limit = database.bytes_limit.or(limit);
            let count = f64::from(i32::try_from(info.corruption_count).unwrap_or(i32::MAX));
            database.corruptions = database.corruptions.or(Some(count));
        }
        Offer::Failed(error) => problems.push(error),
        Offer::Absent(_) => {}
    }
    match tsdb {
        Offer::Made(tsdb) => database.head_series = tsdb.head_stats.map(|head| head.num_series),
        Offer::Failed(error) => problems.push(error),
        Offer::Absent(_) => {}
    }
    if database == Database::default()
        && let Some(error) = problems.first()
    {
        return Err(error.clone());
    }
    Ok((database, problems))
}

/// `15d`, `15d or 20GiB`, `20GB`.
fn retention(text: &str) -> (Option<Duration>, Option<f64>) {
    let parts: Vec<&str> = text.split(" or ").map(str::trim).collect();
    let time = parts.iter().find_map(|part| days(part));
    let size = parts.iter().find_map(|part| size(part));
    (time, size)
}

/// `15d`, `2w`, `1y`, `36h`: Prometheus' own way of writing durations, one or more of them.
fn days(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 7] =
        [("y", 31_536_000), ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("ms", 0), ("s", 1)];
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let unit = rest[digits..].len() - rest[digits..].trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == &rest[digits..digits + unit])?;
        total = total.checked_add(number.checked_mul(*seconds)?)?;
        rest = &rest[digits + unit..];
    }
    (total > 0).then(|| Duration::from_secs(total))
}

fn size(text: &str) -> Option<f64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let number: f64 = text.get(..digits)?.parse().ok()?;
    // Prometheus writes KB and means KiB.
    let power = match text[digits..].trim().to_ascii_uppercase().replace('I', "").as_str() {
        "B" => 0,
        "KB" => 1,
        "MB" => 2,
        "GB" => 3,
        "TB" => 4,
        "PB" => 5,
        _ => return None,
    };
    Some(number * 1024_f64.powi(power)).filter(|bytes| *bytes > 0.0)
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}

/// `CloudWatch` exporters: the one of Prometheus, and YACE.
pub(super) async fn exporters(api: &Api, now: Timestamp, deadline: Deadline) -> Seen<Vec<ExporterHealth>> {
    let by = |query: &str| format!("max by (instance) ({query})");
    let query = union([
        ("error", by("cloudwatch_exporter_scrape_error")),
        ("took", by("cloudwatch_exporter_scrape_duration_seconds")),
        ("errors", "sum by (instance) (increase(yace_cloudwatch_request_errors[10m]))".to_owned()),
    ]);
    let mut found: BTreeMap<String, ExporterHealth> = BTreeMap::new();
    for (what, labels, value) in numbers(api, &query, now, deadline).await? {
        let instance = labels.get("instance").cloned().unwrap_or_default();
        let health = found.entry(instance.clone()).or_insert_with(|| ExporterHealth { instance, ..Default::default() });
        match what.as_str() {
            "took" => health.took = Some(value),
            _ => health.errors = Some(health.errors.unwrap_or_default().max(value)),
        }
    }
    Ok(found.into_values().collect())
}

/// Service discovery's own failures.
pub(super) async fn discovery(api: &Api, now: Timestamp, deadline: Deadline) -> Seen<Vec<DiscoveryHealth>> {
    let rate = |name: &str| format!("sum(increase(prometheus_sd_{name}[10m]))");
    let query = union([
        ("refresh", "sum by (mechanism) (increase(prometheus_sd_refresh_failures_total[10m]))".to_owned()),
        ("dns", rate("dns_lookup_failures_total")),
        ("http", rate("http_failures_total")),
        ("file", rate("file_read_errors_total")),
        ("ec2", rate("ec2_refresh_failures_total")),
        ("configuration", "max(prometheus_sd_failed_configs)".to_owned()),
    ]);
    let found = numbers(api, &query, now, deadline).await?;
    let health = |(what, labels, value): (String, Labels, f64)| DiscoveryHealth {
        name: labels.get("mechanism").cloned().unwrap_or(what),
        failures: Some(value),
        why: None,
    };
    Ok(found.into_iter().map(health).collect())
}

/// What discovery found and relabelling dropped.
pub(super) async fn dropped(api: &Api, deadline: Deadline) -> Seen<Vec<DroppedTarget>> {
    api.door.prepare(deadline).await?;
    let answer: wire::Dropped = api.data(Call::get("/api/v1/targets", deadline).with("state", "dropped")).await?;
    let target = |target: wire::DroppedTarget| {
        let labels = foreign::labels(target.discovered_labels);
        let address = labels.get("__address__").cloned().unwrap_or_default();
        DroppedTarget { pool: target.scrape_pool.map(foreign::text), address, labels }
    };
    Ok(answer.dropped_targets.into_iter().take(MOST_DROPPED).map(target).collect())
}

/// The requests of each instance of a service and how many failed: the context's own queries of traffic and errors, asked
/// as one, by instance.
pub(super) async fn errors_by_instance(
    api: &Api,
    labels: &OwnerLabels,
    queries: &BTreeMap<Signal, String>,
    service: &ServiceId,
    now: Timestamp,
    deadline: Deadline,
) -> Seen<Vec<InstanceErrors>> {
    let split = |signal| split(queries.get(&signal)?, labels, &service.name, INSTANCE);
    let Some((traffic, errors)) = split(Signal::Traffic).zip(split(Signal::Errors)) else { return Ok(Vec::new()) };
    let query = union([("traffic", format!("({traffic})")), ("errors", format!("({errors})"))]);
    let mut found: BTreeMap<String, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for (what, series, value) in numbers(api, &query, now, deadline).await? {
        let is_other = |owner: &Owner| {
            owner.service != service.name || owner.cluster.as_ref().is_some_and(|cluster| *cluster != service.cluster)
        };
        if labels.owner(&series).is_none_or(|owner| is_other(&owner)) {
            continue;
        }
        let Some(instance) = series.get(INSTANCE) else { continue };
        let (traffic, errors) = found.entry(instance.clone()).or_default();
        *(if what == "traffic" { traffic } else { errors }) = Some(value);
    }
    let told = |(instance, (rate, percent)): (String, (Option<f64>, Option<f64>))| {
        Some(InstanceErrors { instance, requests: rate? * WINDOW.as_secs_f64(), percent: percent? })
    };
    Ok(found.into_iter().filter_map(told).collect())
}

/// When there were samples: one by one where that is not too much, else on a grid as fine as the scrapes.
pub(super) async fn samples(api: &Api, ask: &SampleAsk<'_>, deadline: Deadline) -> Seen<Vec<Stretch>> {
    api.door.prepare(deadline).await?;
    let span = u64::try_from(ask.to.as_second() - ask.from.as_second()).unwrap_or_default().max(1);
    let interval = ask.interval.as_secs().max(1);
    let wanted = u64::try_from(ask.series).unwrap_or(u64::MAX).max(1).saturating_mul(span / interval);
    if is_selector(ask.query) && wanted <= MOST_RAW {
        let answer = api.raw(ask.query, span, ask.to, deadline).await?;
        return Ok(grouped(answer.series, ask.by));
    }
    let step = interval.max(span.div_ceil(10_000));
    let by = ask.by.join(", ");
    let query = if is_selector(ask.query) {
        // A sample within one step and a half: not the five minutes for which an instant query remembers the last one.
        format!("count by ({by}) (present_over_time({}[{}s]))", ask.query, step + step / 2)
    } else {
        ask.query.to_owned()
    };
    let grid = Grid { start: ask.from.as_second(), step, points: span / step + 1 };
    let answer = api.range(&query, grid, deadline).await?;
    Ok(grouped(answer.series, ask.by))
}

/// Whether a query is a selector and nothing else: a name, a set of matchers, or both.
fn is_selector(query: &str) -> bool {
    let query = query.trim();
    let name = query.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    let is_named = name.len() < query.len() && !query.starts_with(|c: char| c.is_ascii_digit());
    match name {
        "" => is_named,
        matchers => matchers.starts_with('{') && matchers.find('}') == Some(matchers.len() - 1),
    }
}

fn grouped(series: Vec<wire::Stream>, by: &[String]) -> Vec<Stretch> {
    let mut groups: BTreeMap<Labels, (Vec<Timestamp>, Option<Duration>)> = BTreeMap::new();
    for stream in series {
        let mut labels = foreign::labels(stream.metric);
        labels.retain(|name, _| by.iter().any(|wanted| wanted == name));
        let times: Vec<Timestamp> = stream.values.iter().filter_map(|point| timestamp(point.0)).collect();
        let (samples, slowest) = groups.entry(labels).or_default();
        *slowest = (*slowest).max(rhythm(&times));
        samples.extend(times);
    }
    let stretch = |(labels, (mut samples, rhythm)): (Labels, (Vec<Timestamp>, _))| {
        samples.sort_unstable();
        samples.dedup();
        Stretch { labels, samples, rhythm }
    };
    groups.into_iter().map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retentions_are_read_as_prometheus_writes_them() {
        let day = Duration::from_hours(24);
        for (text, time, bytes) in [
            ("15d", Some(15 * day), None),
            ("1w3d", Some(10 * day), None),
            ("15d or 20GiB", Some(15 * day), Some(20.0 * 1024_f64.powi(3))),
            ("512MB", None, Some(512.0 * 1024.0 * 1024.0)),
            ("", None, None),
            ("for ever", None, None),
        ] {
            assert_eq!(retention(text), (time, bytes), "{text}");
        }
    }

    #[test]
    fn selectors_are_told_from_expressions() {
        for (query, is) in [
            ("up", true),
            ("up{job=\"a\"}", true),
            ("{job=\"a\"}", true),
            ("node:cpu:rate5m", true),
            ("rate(x[5m])", false),
            ("up == 0", false),
            ("sum(up)", false),
            ("1", false),
            ("", false),
            ("up{a=\"}\"} or up{b=\"}\"}", false),
        ] {
            assert_eq!(is_selector(query), is, "{query}");
        }
    }
}

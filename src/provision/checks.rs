//! Variables that Prometheus and its like would refuse, or read as something else, are refused here: by their names, and
//! before anything is written.

use serde_json::{Map, Value};

use super::Refusal;

/// Times: their paths. Of services there are more.
const TIMES: [&str; 7] = [
    "interval.scrape",
    "interval.scrape_timeout",
    "interval.evaluation",
    "interval.discovery",
    "interval.exporter",
    "interval.exporter_timeout",
    "loki.retention",
];

/// Timeouts and the intervals they must fit into.
const FITS: [(&str, &str); 2] =
    [("interval.scrape_timeout", "interval.scrape"), ("interval.exporter_timeout", "interval.exporter")];

/// Addresses, HOST:PORT.
const ADDRESSES: [&str; 4] = ["prometheus.self", "exporter.address", "grafana.address", "loki.address"];

/// The longest name of an environment, as the Terraform module has it.
const ENVIRONMENT: usize = 16;

/// Whether the files that come of them could be read.
///
/// # Errors
/// The first that could not, by its name.
pub(super) fn sound(variables: &Value) -> Result<(), Refusal> {
    environment(variables)?;
    for path in TIMES {
        if let Some(given) = find(variables, path).filter(|given| !given.is_empty()) {
            time(path, given)?;
        }
    }
    for (timeout, interval) in FITS {
        fits(
            (timeout, find(variables, timeout).unwrap_or_default()),
            (interval, find(variables, interval).unwrap_or_default()),
        )?;
    }
    for path in ADDRESSES {
        if let Some(given) = find(variables, path).filter(|given| !given.is_empty()) {
            address(path, given)?;
        }
    }
    for given in texts(variables.pointer("/alertmanager/addresses")) {
        address("alertmanager.addresses", given)?;
    }
    let services = variables.get("services").and_then(Value::as_object);
    for (name, fields) in services.into_iter().flatten().filter_map(|(name, one)| Some((name, one.as_object()?))) {
        service(&format!("services.{name}"), fields)?;
    }
    one_name_in_ecs(services)
}

/// A text by its path.
fn find<'v>(variables: &'v Value, path: &str) -> Option<&'v str> {
    path.split('.').try_fold(variables, |value, step| value.get(step)).and_then(Value::as_str)
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Part of names in AWS and of the compose project: what the Terraform module takes.
fn environment(variables: &Value) -> Result<(), Refusal> {
    let given = find(variables, "environment").unwrap_or_default();
    let is_plain = given.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let begins = given.starts_with(|first: char| first.is_ascii_lowercase());
    if is_plain && begins && !given.ends_with('-') && !given.contains("--") && (2..=ENVIRONMENT).contains(&given.len())
    {
        return Ok(());
    }
    let what = format!(
        "`environment` is `{given}`: expected 2 to {ENVIRONMENT} small letters, digits and single dashes, starting with a letter"
    );
    Err(Refusal::new(what))
}

fn service(path: &str, fields: &Map<String, Value>) -> Result<(), Refusal> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let at = |name: &str| format!("{path}.{name}");
    for name in ["scrape_interval", "scrape_timeout"] {
        time(&at(name), text(name))?;
    }
    fits((&at("scrape_timeout"), text("scrape_timeout")), (&at("scrape_interval"), text("scrape_interval")))?;
    if !["http", "https"].contains(&text("scheme")) {
        return Err(Refusal::new(format!("`{}` is `{}`: expected http or https", at("scheme"), text("scheme"))));
    }
    if !text("metrics_path").starts_with('/') {
        let given = text("metrics_path");
        return Err(Refusal::new(format!("`{}` is `{given}`: expected a path such as /metrics", at("metrics_path"))));
    }
    for given in texts(fields.get("targets")) {
        address(&at("targets"), given)?;
    }
    if let Some(given) = fields.get("min_request_rate").filter(|given| given.as_f64().is_none_or(|rate| rate < 0.0)) {
        let what = format!("`{}` is `{given}`: expected requests a second, such as 0.1", at("min_request_rate"));
        return Err(Refusal::new(what));
    }
    let url = fields.get("discovery_url").and_then(Value::as_str);
    if let Some(url) = url.filter(|url| !(url.starts_with("http://") || url.starts_with("https://"))) {
        return Err(Refusal::new(format!("`{}` is `{url}`: expected an http address", at("discovery_url"))));
    }
    Ok(())
}

/// What `CloudWatch` knows of an ECS service can go by one name only.
fn one_name_in_ecs(services: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let mut seen: Map<String, Value> = Map::new();
    for (name, service) in services.into_iter().flatten() {
        let other = service.get("ecs_service").and_then(Value::as_str).unwrap_or_default();
        if let Some(first) = seen.insert(other.to_owned(), Value::from(name.as_str())) {
            let first = first.as_str().unwrap_or_default();
            return Err(Refusal::new(format!("`services.{first}` and `services.{name}` are both `{other}` in ECS")));
        }
    }
    Ok(())
}

/// Milliseconds of a time as Prometheus writes it: `1h30m`, units from the largest to the smallest, each once.
fn milliseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, next) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let (_, worth) = units.find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(*worth)?)?;
        rest = next;
    }
    (sum > 0).then_some(sum)
}

fn time(path: &str, given: &str) -> Result<(), Refusal> {
    let wrong = || Refusal::new(format!("`{path}` is `{given}`: expected a time such as 15s"));
    milliseconds(given).map(drop).ok_or_else(wrong)
}

fn fits(timeout: (&str, &str), interval: (&str, &str)) -> Result<(), Refusal> {
    if milliseconds(timeout.1) <= milliseconds(interval.1) {
        return Ok(());
    }
    let what = format!("`{}` ({}) is longer than `{}` ({})", timeout.0, timeout.1, interval.0, interval.1);
    Err(Refusal { what, hint: Some("Prometheus refuses to start with that: give both".to_owned()) })
}

fn address(path: &str, given: &str) -> Result<(), Refusal> {
    let is_host = |host: &str| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
    };
    let port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if given.rsplit_once(':').is_some_and(|(host, end)| is_host(host) && port(end)) {
        return Ok(());
    }
    Err(Refusal::new(format!("`{path}` has `{given}`: expected HOST:PORT")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provision::Variables;

    #[test]
    fn times_are_read_as_prometheus_reads_them() {
        for (text, wanted) in [
            ("15s", Some(15_000)),
            ("1h30m", Some(5_400_000)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            ("15", None),
            ("", None),
            ("0s", None),
            ("s", None),
            ("1m1h", None),
            ("1s1s", None),
            ("1.5s", None),
            ("-1s", None),
            ("15 s", None),
            ("99999999999999999999s", None),
            ("18446744073709551615y", None),
        ] {
            assert_eq!(milliseconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_prometheus_would_refuse_is_refused_by_name() {
        for (others, what) in [
            (json!({ "interval": { "scrape": "15" } }), "`interval.scrape` is `15`: expected a time such as 15s"),
            (
                json!({ "interval": { "scrape": "5s" } }),
                "`interval.scrape_timeout` (10s) is longer than `interval.scrape` (5s)",
            ),
            (
                json!({ "services": { "a": { "port": 1, "scrape_interval": "5" } } }),
                "`services.a.scrape_interval` is `5`: expected a time such as 15s",
            ),
            (
                json!({ "services": { "a": { "port": 1, "scrape_interval": "5s" } } }),
                "`services.a.scrape_timeout` (10s) is longer than `services.a.scrape_interval` (5s)",
            ),
            (
                json!({ "services": { "a": { "port": 1, "targets": ["http://b:80/"] } } }),
                "`services.a.targets` has `http://b:80/`: expected HOST:PORT",
            ),
            (
                json!({ "services": { "a": { "port": 1, "targets": ["b"] } } }),
                "`services.a.targets` has `b`: expected HOST:PORT",
            ),
            (
                json!({ "services": { "a": { "port": 1, "scheme": "ftp" } } }),
                "`services.a.scheme` is `ftp`: expected http or https",
            ),
            (
                json!({ "services": { "a": { "port": 1, "metrics_path": "metrics" } } }),
                "`services.a.metrics_path` is `metrics`: expected a path such as /metrics",
            ),
            (
                json!({ "services": { "a": { "port": 1, "discovery_url": "b" } } }),
                "`services.a.discovery_url` is `b`: expected an http address",
            ),
            (
                json!({ "services": { "a": { "port": 1, "min_request_rate": -1 } } }),
                "`services.a.min_request_rate` is `-1`: expected requests a second, such as 0.1",
            ),
            (
                json!({ "services": { "a": { "port": 1 }, "b": { "port": 1, "ecs_service": "a" } } }),
                "`services.a` and `services.b` are both `a` in ECS",
            ),
            (
                json!({ "environment": "x: y" }),
                "`environment` is `x: y`: expected 2 to 16 small letters, digits and single dashes, starting with a letter",
            ),
            (json!({ "exporter": { "address": "http://e" } }), "`exporter.address` has `http://e`: expected HOST:PORT"),
            (
                json!({ "alertmanager": { "addresses": ["a:0"] } }),
                "`alertmanager.addresses` has `a:0`: expected HOST:PORT",
            ),
        ] {
            let refusal = Variables::example().unwrap().with(&others).unwrap_err();
            assert_eq!(refusal.what, what, "{others}");
        }
    }

    #[test]
    fn a_service_of_another_name_in_ecs_is_renamed() {
        let others = json!({ "services": { "a": { "port": 1, "ecs_service": "prod-a" }, "b": { "port": 1 } } });
        let variables = Variables::example().unwrap().with(&others).unwrap();
        assert!(variables.flag("renames") && variables.flag("services.a.renamed"));
        assert!(!variables.flag("services.b.renamed"));
        assert!(!Variables::example().unwrap().flag("renames"));
    }
}

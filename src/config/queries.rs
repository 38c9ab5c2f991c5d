//! The query of each signal, and the placeholders a query may use.
//!
//! | placeholder      | becomes                                                                        |
//! | ---------------- | ------------------------------------------------------------------------------ |
//! | `$service`       | a regular expression of service names; `.+` for all                              |
//! | `$label`         | the service label (`service`)                                                    |
//! | `$cluster_label` | the cluster label where the context names one, else the unused name `cluster`    |
//! | `$by`            | what to aggregate by: `$label`, and the cluster label where the context names one |
//! | `$window`        | the range of `rate()`, such as `5m`                                              |
//!
//! Each default is one `PromQL` expression (valid since Prometheus 2.42) that gives one series a service, so that the
//! number of requests does not depend on the number of services. Both sides of every `or` carry exactly the labels
//! `$by`: that is what makes the fallback work for each service by itself.

use std::borrow::Cow;
use std::time::Duration;

use crate::domain::Signal;

/// Every placeholder, without its `$`.
pub const PLACEHOLDERS: [&str; 5] = ["service", "label", "cluster_label", "by", "window"];

/// CPU in percent: the plan's own metric; where a service lacks it, that of `cloudwatch_exporter`, then that of YACE.
/// `>= 0` drops the NaN of an exporter that has no value: it would hide both, and one task's would spoil the average.
const CPU: &str = r#"
avg by ($by) (ecs_cpu_utilization{$label=~"$service"} >= 0)
or
max by ($by) (label_replace(label_replace(
  aws_ecs_cpuutilization_average{service_name=~"$service"},
  "$label", "$1", "service_name", "(.+)"), "$cluster_label", "$1", "cluster_name", "(.+)"))
or
max by ($by) (label_replace(label_replace(
  aws_ecs_cpuutilization_average{dimension_ServiceName=~"$service"},
  "$label", "$1", "dimension_ServiceName", "(.+)"), "$cluster_label", "$1", "dimension_ClusterName", "(.+)"))
"#;

/// Memory in percent, likewise.
const MEMORY: &str = r#"
avg by ($by) (ecs_memory_utilization{$label=~"$service"} >= 0)
or
max by ($by) (label_replace(label_replace(
  aws_ecs_memory_utilization_average{service_name=~"$service"},
  "$label", "$1", "service_name", "(.+)"), "$cluster_label", "$1", "cluster_name", "(.+)"))
or
max by ($by) (label_replace(label_replace(
  aws_ecs_memory_utilization_average{dimension_ServiceName=~"$service"},
  "$label", "$1", "dimension_ServiceName", "(.+)"), "$cluster_label", "$1", "dimension_ClusterName", "(.+)"))
"#;

/// Requests a second.
const TRAFFIC: &str = r#"sum by ($by) (rate(http_requests_total{$label=~"$service"}[$window]))"#;

/// Server errors in percent of all requests. A service without errors has 0; one without requests has no error rate.
const ERRORS: &str = r#"
100 * (
  sum by ($by) (
    rate(http_requests_total{$label=~"$service", code=~"5.."}[$window])
    or rate(http_requests_total{$label=~"$service", status=~"5.."}[$window])
    or rate(http_requests_total{$label=~"$service", status_code=~"5.."}[$window])
  )
  or 0 * sum by ($by) (rate(http_requests_total{$label=~"$service"}[$window]))
) / (sum by ($by) (rate(http_requests_total{$label=~"$service"}[$window])) > 0)
"#;

/// Latency in seconds. `>= 0` drops the NaN of a service without requests.
macro_rules! latency {
    ($quantile:literal) => {
        concat!(
            "histogram_quantile(",
            $quantile,
            ", sum by (le, $by) (rate(http_request_duration_seconds_bucket{$label=~\"$service\"}[$window]))) >= 0"
        )
    };
}

/// The query of a signal where the configuration gives none.
pub fn default(signal: Signal) -> &'static str {
    match signal {
        Signal::Cpu => CPU.trim_ascii(),
        Signal::Memory => MEMORY.trim_ascii(),
        Signal::Traffic => TRAFFIC,
        Signal::Errors => ERRORS.trim_ascii(),
        Signal::LatencyP50 => latency!("0.5"),
        Signal::LatencyP95 => latency!("0.95"),
        Signal::LatencyP99 => latency!("0.99"),
    }
}

/// What the placeholders of a query become.
#[derive(Debug, Clone, Copy)]
pub struct Render<'a> {
    /// The label that names a series' service.
    pub service_label: &'a str,
    /// The label that names its cluster, where the context has one.
    pub cluster_label: Option<&'a str>,
    /// The services asked for; every service when empty.
    pub services: &'a [&'a str],
    /// One label more to aggregate by: what the query is asked for by service can so be asked for by task.
    pub further: Option<&'a str>,
    /// The range of `rate()`; at least one second.
    pub window: Duration,
}

/// A query with its placeholders filled in. A `$name` that is no placeholder stays as it is (`"$1"` of `label_replace`).
pub fn render(template: &str, with: &Render<'_>) -> String {
    let mut query = String::with_capacity(template.len() * 2);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => query.push_str(text),
            Piece::Dollar(name) => match replacement(name, with) {
                Some(text) => query.push_str(&text),
                None => query.extend(["$", name]),
            },
        }
    }
    query
}

/// The names after a `$` in a query that are no placeholder: most likely typing errors.
pub fn unknown_placeholders(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Dollar(name) if !PLACEHOLDERS.contains(&name) => Some(name),
        _ => None,
    })
}

fn replacement<'a>(name: &str, with: &Render<'a>) -> Option<Cow<'a, str>> {
    Some(match name {
        "service" => services_regex(with.services).into(),
        "label" => with.service_label.into(),
        "cluster_label" => with.cluster_label.unwrap_or("cluster").into(),
        "by" => {
            let labels = [Some(with.service_label), with.cluster_label, with.further];
            labels.into_iter().flatten().collect::<Vec<_>>().join(", ").into()
        }
        "window" => window(with.window).into(),
        _ => return None,
    })
}

/// A regular expression that matches exactly these names, fit for any kind of `PromQL` string: it holds neither quotes
/// nor backslashes. The few characters that would need one match any character; the reader of the answer compares names anyway.
fn services_regex(services: &[&str]) -> String {
    if services.is_empty() {
        return ".+".to_owned();
    }
    let mut regex = String::new();
    for (position, name) in services.iter().enumerate() {
        if position > 0 {
            regex.push('|');
        }
        for c in name.chars() {
            match c {
                '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '$' => regex.extend(['[', c, ']']),
                '^' | '\\' | '"' | '\'' | '`' => regex.push('.'),
                c if c.is_control() => regex.push('.'),
                c => regex.push(c),
            }
        }
    }
    regex
}

/// A duration as `PromQL` writes it.
fn window(length: Duration) -> String {
    let seconds = length.as_secs().max(1);
    if seconds.is_multiple_of(60) { format!("{}m", seconds / 60) } else { format!("{seconds}s") }
}

/// A query taken apart at its `$name`s.
enum Piece<'t> {
    Text(&'t str),
    Dollar(&'t str),
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let name_len = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        if let Some(after) = rest.strip_prefix('$').filter(|after| after.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            let (name, tail) = after.split_at(name_len(after));
            rest = tail;
            return Some(Piece::Dollar(name));
        }
        let skip = usize::from(rest.starts_with('$'));
        let end = rest[skip..].find('$').map_or(rest.len(), |at| at + skip);
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Piece::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Render<'_> = Render {
        service_label: "service",
        cluster_label: None,
        services: &[],
        further: None,
        window: Duration::from_mins(5),
    };

    #[test]
    fn placeholders_become_what_they_stand_for() {
        let two = Render {
            service_label: "app",
            cluster_label: Some("ecs_cluster"),
            services: &["api", "v1.2"],
            further: None,
            window: Duration::from_secs(90),
        };
        for (template, with, query) in [
            ("sum by ($by) (x{$label=~\"$service\"}[$window])", &ALL, "sum by (service) (x{service=~\".+\"}[5m])"),
            (
                "sum by ($by) (x{$label=~\"$service\"}[$window])",
                &two,
                "sum by (app, ecs_cluster) (x{app=~\"api|v1[.]2\"}[90s])",
            ),
            (
                "sum by ($by) (x)",
                &Render { further: Some("instance"), ..two },
                "sum by (app, ecs_cluster, instance) (x)",
            ),
            ("sum by ($by) (x)", &Render { further: Some("instance"), ..ALL }, "sum by (service, instance) (x)"),
            ("$cluster_label", &two, "ecs_cluster"),
            ("$cluster_label", &ALL, "cluster"),
            ("\"$1\" \"a$\" $$by $", &ALL, "\"$1\" \"a$\" $service $"),
            ("$labels stays", &ALL, "$labels stays"),
        ] {
            assert_eq!(render(template, with), query);
        }
    }

    #[test]
    fn names_that_are_no_placeholder_are_told() {
        assert_eq!(unknown_placeholders("$service $servce \"$1\" $label").collect::<Vec<_>>(), ["servce"]);
    }

    #[test]
    fn the_defaults_use_placeholders_only_and_name_every_label_by_them() {
        for signal in Signal::ALL {
            let query = default(signal);
            assert_eq!(unknown_placeholders(query).count(), 0, "{query}");
            let elsewhere = Render { service_label: "app", cluster_label: Some("zone"), ..ALL };
            let rendered = render(query, &elsewhere);
            assert!(rendered.contains("app=~\".+\"") && rendered.contains("app, zone"), "{rendered}");
            assert!(!rendered.contains("by (service") && !rendered.contains("{service="), "{rendered}");
        }
    }

    proptest! {
        #[test]
        fn a_service_name_never_leaves_its_string(name in any::<String>()) {
            let regex = services_regex(&[&name]);
            prop_assert!(!regex.contains(['"', '\'', '`', '\\', '\n']));
        }

        #[test]
        fn text_without_placeholders_is_kept(text in "[^$]*(\\$[0-9 ]+)*") {
            prop_assert_eq!(render(&text, &ALL), text);
        }
    }
}

//! What stands in where no Grafana runs: the few metrics of its page that rules and dashboards read.

use super::super::clock::{Second, real};
use super::super::noise;
use super::page::{Family, Kind, counter, gauge};

/// Said at the top of the page.
pub const NOTE: &str = "# Simulated by rounds: no Grafana answers here.\n";

/// Requests a second that a handful of readers make.
const PACE: f64 = 1.4;

/// The metrics at a moment, of a server that has run since `origin`.
pub fn families(origin: Second, at: Second) -> Vec<Family> {
    let seconds = real((at - origin).max(0));
    let requests = (PACE * seconds).floor();
    let mut durations =
        Family::new("grafana_http_request_duration_seconds", Kind::Histogram, "How long requests took, in seconds.");
    for (bound, share) in [("0.025", 0.72), ("0.1", 0.93), ("0.5", 0.985), ("1", 0.996), ("5", 1.0), ("+Inf", 1.0)] {
        let labels = vec![
            ("handler", "/api/ds/query".to_owned()),
            ("method", "POST".to_owned()),
            ("status_code", "200".to_owned()),
            ("le", bound.to_owned()),
        ];
        durations.add("_bucket", labels, (requests * share).floor());
    }
    let labels = || {
        vec![("handler", "/api/ds/query".to_owned()), ("method", "POST".to_owned()), ("status_code", "200".to_owned())]
    };
    durations.add("_sum", labels(), requests * 0.041);
    durations.add("_count", labels(), requests);
    let readers = 3.0 + (2.0 * noise::wave(0x6f, at, 900)).round();
    vec![
        Family::new("grafana_build_info", Kind::Gauge, "The release that runs; always 1.")
            .with(vec![("version", "simulated".to_owned()), ("edition", "oss".to_owned())], 1.0),
        durations,
        gauge("grafana_stat_active_users", "People seen in the last 30 days.", 9.0),
        gauge("grafana_stat_totals_dashboard", "Dashboards there are.", 20.0),
        gauge("grafana_api_active_sessions", "Sessions that are open.", readers),
        counter("process_cpu_seconds_total", "CPU time spent, in seconds.", 0.03 * seconds),
        gauge("process_resident_memory_bytes", "Memory in use.", 214_000_000.0),
    ]
}

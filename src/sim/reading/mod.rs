//! The world as each backend shows it. Text made here is our own, so it needs no cleaning.

mod chart;
mod cloudwatch;
mod ecs;
mod events;
mod grafana;
mod metrics;

use std::sync::Arc;

use crate::domain::Signal;

/// What the default query of a signal asks Prometheus.
fn query(signal: Signal) -> Arc<str> {
    Arc::from(match signal {
        Signal::Cpu => r#"avg by (service) (ecs_cpu_utilization{service=~".+"})"#,
        Signal::Memory => r#"avg by (service) (ecs_memory_utilization{service=~".+"})"#,
        Signal::Traffic => r#"sum by (service) (rate(http_requests_total{service=~".+"}[5m]))"#,
        Signal::Errors => {
            r#"100 * (sum by (service) (rate(http_requests_total{service=~".+", code=~"5.."}[5m])) or 0 * sum by (service) (rate(http_requests_total{service=~".+"}[5m]))) / (sum by (service) (rate(http_requests_total{service=~".+"}[5m])) > 0)"#
        }
        Signal::LatencyP50 => {
            r#"histogram_quantile(0.5, sum by (le, service) (rate(http_request_duration_seconds_bucket{service=~".+"}[5m]))) >= 0"#
        }
        Signal::LatencyP95 => {
            r#"histogram_quantile(0.95, sum by (le, service) (rate(http_request_duration_seconds_bucket{service=~".+"}[5m]))) >= 0"#
        }
        Signal::LatencyP99 => {
            r#"histogram_quantile(0.99, sum by (le, service) (rate(http_request_duration_seconds_bucket{service=~".+"}[5m]))) >= 0"#
        }
    })
}

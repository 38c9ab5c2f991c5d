//! Backends that fail, and the tasks behind them.

use crate::domain::{ErrorClass, FindingKind, SourceError, SourceKind};

use super::super::clock::{Cycle, MINUTE};
use super::super::estate::GrafanaTrouble;
use super::super::incident::{CrashLoop, Outage, Scrape};
use super::super::life::Ending;

/// The task of Prometheus, which cannot lock the volume that another one still holds.
pub fn prometheus_crashes() -> CrashLoop {
    CrashLoop {
        cycle: Cycle::new(-12 * MINUTE, 60 * MINUTE),
        lasts: 31 * MINUTE,
        slots: vec![0],
        runs: 6,
        wait: 20,
        boot: 40,
        how: Ending::Exited(2, Some("opening storage failed: lock DB directory: resource temporarily unavailable")),
        sick: None,
        scrape: Scrape::Fails("connection refused"),
        planted: vec![FindingKind::CrashLoop],
    }
}

/// Prometheus, which accepts no connection meanwhile.
pub fn prometheus_down() -> Outage {
    let what = "POST http://prometheus.internal:9090/api/v1/query: connection refused";
    Outage {
        source: SourceKind::Prometheus,
        cycle: Cycle::new(-12 * MINUTE, 60 * MINUTE),
        lasts: 32 * MINUTE,
        error: SourceError::new(ErrorClass::Connect, what).with_hint("look at the tasks of service prometheus"),
        down: true,
        partial: false,
    }
}

/// The task of Grafana, which fails its health check and is replaced, again and again.
pub fn grafana_crashes() -> CrashLoop {
    CrashLoop {
        cycle: Cycle::new(-9 * MINUTE, 55 * MINUTE),
        lasts: 30 * MINUTE,
        slots: vec![0],
        runs: 95,
        wait: 5,
        boot: 40,
        how: Ending::FailedBalancerCheck,
        sick: Some(70),
        scrape: Scrape::Fails("connection refused"),
        planted: vec![FindingKind::CrashLoop],
    }
}

/// The way to Grafana, which is cut meanwhile, by one trouble or another.
pub fn grafana_down(trouble: GrafanaTrouble) -> Outage {
    let (class, why, hint) = match trouble {
        GrafanaTrouble::Unhealthy => (
            ErrorClass::Server,
            "503 Service Temporarily Unavailable (from the load balancer)",
            "no healthy target: look at the tasks of service grafana",
        ),
        GrafanaTrouble::NoRule => {
            (ErrorClass::Timeout, "no connection within 3s", "check the network, VPN and security groups on the way")
        }
        GrafanaTrouble::Expired => (
            ErrorClass::Tls,
            "the server's certificate has expired",
            "renew the server's certificate; if it is fine, check this machine's clock",
        ),
        GrafanaTrouble::StaleName => {
            (ErrorClass::Dns, "the host name does not resolve", "check the url's host name, the VPN and the resolver")
        }
    };
    Outage {
        source: SourceKind::Grafana,
        cycle: Cycle::new(-9 * MINUTE, 55 * MINUTE),
        lasts: 31 * MINUTE,
        error: SourceError::new(class, format!("GET https://grafana.example.com/api/health: {why}")).with_hint(hint),
        down: trouble == GrafanaTrouble::Unhealthy,
        partial: false,
    }
}

/// AWS, which refuses ECS wholly, then in part, then answers; and `CloudWatch` likewise.
pub fn throttling() -> [Outage; 3] {
    let outage = |source, first, lasts, call: &str, partial| Outage {
        source,
        cycle: Cycle::new(first, 100),
        lasts,
        error: SourceError::new(ErrorClass::Throttled, format!("{call}: ThrottlingException: Rate exceeded"))
            .with_hint("others use the same account's quota; asking less often"),
        down: false,
        partial,
    };
    [
        outage(SourceKind::Ecs, -600, 32, "DescribeServices", false),
        outage(SourceKind::Ecs, -568, 45, "DescribeTasks", true),
        outage(SourceKind::CloudWatch, -600, 70, "GetMetricData", false),
    ]
}

/// An AWS API whose session has expired; somebody signs in again after a while.
pub fn expired(source: SourceKind) -> Outage {
    let call = if source == SourceKind::Ecs { "ListClusters" } else { "GetMetricData" };
    let what = format!("{call}: ExpiredTokenException: the SSO session of profile prod has expired");
    Outage {
        source,
        cycle: Cycle::new(-31 * MINUTE, 90 * MINUTE),
        lasts: 36 * MINUTE,
        error: SourceError::new(ErrorClass::Credentials, what).with_hint("run: aws sso login --profile prod"),
        down: false,
        partial: false,
    }
}

/// A backend inside the network whose name does not resolve; the way in comes back after a while.
pub fn unresolved(source: SourceKind) -> Outage {
    let what = match source {
        SourceKind::Prometheus => {
            "POST http://prometheus.internal:9090/api/v1/query: prometheus.internal does not resolve"
        }
        _ => "GET http://alertmanager.internal:9093/api/v2/alerts: alertmanager.internal does not resolve",
    };
    Outage {
        source,
        cycle: Cycle::new(-4 * MINUTE, 45 * MINUTE),
        lasts: 10 * MINUTE,
        error: SourceError::new(ErrorClass::Dns, what).with_hint("is the VPN up?"),
        down: false,
        partial: false,
    }
}

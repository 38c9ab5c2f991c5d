//! What is planted: the causes a perfect check finds, by scenario and seed. Tests compare what was found with this.

use crate::domain::CheckKind;
use crate::sim::scenario::Scenario;

/// What ails the way to Grafana, by the world's seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrafanaTrouble {
    /// Its task fails its health checks, so that no target is healthy.
    Unhealthy,
    /// The security group no longer lets the office in.
    NoRule,
    /// The certificate has expired.
    Expired,
    /// The name leads to a load balancer that is gone.
    StaleName,
}

impl GrafanaTrouble {
    /// The trouble of a seed.
    pub const fn of(seed: u64) -> Self {
        match seed % 4 {
            2 => Self::NoRule,
            3 => Self::Expired,
            0 => Self::StaleName,
            _ => Self::Unhealthy,
        }
    }

    /// Which check finds it, and by which name.
    const fn cause(self) -> (CheckKind, &'static str) {
        match self {
            Self::Unhealthy => (CheckKind::Alb, "target-unhealthy"),
            Self::NoRule => (CheckKind::SecurityGroup, "no-ingress-rule"),
            Self::Expired => (CheckKind::Tls, "certificate-expired"),
            Self::StaleName => (CheckKind::Dns, "record-stale"),
        }
    }
}

/// One thing that is the matter at [`super::super::EPOCH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlantedCause {
    /// The check that finds it.
    pub kind: CheckKind,
    /// The service it is to be asked about, where it is to be asked about one.
    pub service: Option<&'static str>,
    /// The name it is found by.
    pub cause: &'static str,
}

const fn planted(kind: CheckKind, service: Option<&'static str>, cause: &'static str) -> PlantedCause {
    PlantedCause { kind, service, cause }
}

/// What is planted in a scenario's incident; nothing where nothing is wrong.
pub fn planted_causes(scenario: Scenario, seed: u64) -> Vec<PlantedCause> {
    use CheckKind as K;
    match scenario {
        Scenario::PrometheusDown => vec![
            planted(K::Tasks, Some("prometheus"), "lock-held"),
            planted(K::Tasks, Some("prometheus"), "crash-loop"),
            planted(K::Logs, Some("prometheus"), "lock-held"),
            planted(K::Storage, None, "lock-held"),
        ],
        Scenario::GrafanaUnreachable => {
            let (kind, cause) = GrafanaTrouble::of(seed).cause();
            vec![planted(kind, None, cause)]
        }
        Scenario::MetricsStopped => vec![
            planted(K::Discovery, None, "discovery-failing"),
            planted(K::Discovery, None, "tasks-unscraped"),
            planted(K::Targets, None, "scrape-timeout"),
            planted(K::Tcp, None, "connect-timeout"),
            planted(K::Iam, Some("prometheus"), "denied"),
            planted(K::Logs, Some("prometheus"), "denied"),
            planted(K::Exporter, None, "exporter-errors"),
            planted(K::Continuity, None, "metrics-stopped"),
        ],
        Scenario::AlertStorm => {
            vec![
                planted(K::Targets, None, "one-zone"),
                planted(K::Alerts, None, "storm"),
                planted(K::Alerts, None, "one-zone"),
            ]
        }
        Scenario::HotCpu => {
            vec![planted(K::Signal, Some("api-2"), "past-threshold"), planted(K::Signal, Some("api-2"), "more-traffic")]
        }
        Scenario::MemoryLeak => {
            vec![planted(K::Tasks, Some("api-2"), "out-of-memory"), planted(K::Signal, Some("api-2"), "climbing")]
        }
        Scenario::BadDeploy => vec![
            planted(K::Tasks, Some("api-2"), "health-check-failed"),
            planted(K::Deployment, Some("api-2"), "rollout-failing"),
            planted(K::Deployment, Some("api-2"), "changed-before"),
        ],
        Scenario::StuckDeploy => {
            vec![planted(K::Tasks, Some("web"), "image-pull"), planted(K::Deployment, Some("web"), "rollout-stuck")]
        }
        Scenario::CrashLoop => {
            vec![planted(K::Tasks, Some("worker"), "crash-loop"), planted(K::Logs, Some("worker"), "error-lines")]
        }
        Scenario::Flapping => vec![planted(K::Signal, Some("api-2"), "flapping")],
        Scenario::WedgedTask => vec![planted(K::Tasks, Some("api-2"), "odd-task")],
        _ => Vec::new(),
    }
}

//! The incidents that can be simulated, by name.

use std::fmt;
use std::str::FromStr;

/// One simulated day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// Nothing is wrong.
    Healthy,
    /// Much at once.
    #[default]
    MixedBadDay,
    /// A service runs hot.
    HotCpu,
    /// A service leaks until it is killed.
    MemoryLeak,
    /// A release fails its health checks and is rolled back.
    BadDeploy,
    /// A release hangs.
    StuckDeploy,
    /// Tasks crash as soon as they run.
    CrashLoop,
    /// Prometheus is down.
    PrometheusDown,
    /// Grafana is down.
    GrafanaUnreachable,
    /// Metrics no longer arrive.
    MetricsStopped,
    /// An availability zone fails, and everything alerts.
    AlertStorm,
    /// An error rate around its threshold.
    Flapping,
    /// AWS throttles.
    Throttled,
    /// AWS credentials have expired.
    SsoExpired,
    /// Internal names do not resolve.
    VpnDown,
    /// One release after another.
    ReleaseDay,
    /// A task hangs and must be restarted.
    WedgedTask,
}

impl Scenario {
    /// Every scenario, in the order they are listed.
    pub const ALL: [Self; 17] = [
        Self::Healthy,
        Self::MixedBadDay,
        Self::HotCpu,
        Self::MemoryLeak,
        Self::BadDeploy,
        Self::StuckDeploy,
        Self::CrashLoop,
        Self::PrometheusDown,
        Self::GrafanaUnreachable,
        Self::MetricsStopped,
        Self::AlertStorm,
        Self::Flapping,
        Self::Throttled,
        Self::SsoExpired,
        Self::VpnDown,
        Self::ReleaseDay,
        Self::WedgedTask,
    ];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::MixedBadDay => "mixed-bad-day",
            Self::HotCpu => "hot-cpu",
            Self::MemoryLeak => "memory-leak",
            Self::BadDeploy => "bad-deploy",
            Self::StuckDeploy => "stuck-deploy",
            Self::CrashLoop => "crash-loop",
            Self::PrometheusDown => "prometheus-down",
            Self::GrafanaUnreachable => "grafana-unreachable",
            Self::MetricsStopped => "metrics-stopped",
            Self::AlertStorm => "alert-storm",
            Self::Flapping => "flapping",
            Self::Throttled => "throttled",
            Self::SsoExpired => "sso-expired",
            Self::VpnDown => "vpn-down",
            Self::ReleaseDay => "release-day",
            Self::WedgedTask => "wedged-task",
        }
    }

    /// What happens, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Healthy => "nothing is wrong; a release rolls through now and then",
            Self::MixedBadDay => "api-2 errs, dies and rolls at once, worker is short of memory, one alert is silenced",
            Self::HotCpu => "twice the usual traffic drives api-2 past 90 % CPU",
            Self::MemoryLeak => "api-2 leaks until each task is killed for its memory, again and again",
            Self::BadDeploy => "a release of api-2 fails its health checks until the circuit breaker rolls it back",
            Self::StuckDeploy => "a release of web hangs: its first task never gets its image",
            Self::CrashLoop => "two of four worker tasks exit as soon as they run",
            Self::PrometheusDown => "Prometheus cannot lock its volume; CPU and memory come from CloudWatch",
            Self::GrafanaUnreachable => "Grafana's task fails its health checks and its load balancer answers 503",
            Self::MetricsStopped => "service discovery fails: targets vanish or time out and series stop",
            Self::AlertStorm => "zone c cannot be reached: targets, errors and latency alert all at once",
            Self::Flapping => "api-2's error rate swings around its threshold",
            Self::Throttled => "AWS throttles: ECS answers in part, or not at all",
            Self::SsoExpired => "the AWS session has expired; everything else still answers",
            Self::VpnDown => "internal names do not resolve: no Prometheus, no Alertmanager",
            Self::ReleaseDay => "one good release after another",
            Self::WedgedTask => "one task of api-2 takes requests and answers none, until somebody restarts it",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no scenario has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no scenario is called `{given}`{}", nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
pub struct UnknownScenario {
    /// What was asked for.
    pub given: String,
    /// The scenario with the most similar name, if any is similar.
    pub nearest: Option<Scenario>,
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(given: &str) -> Result<Self, UnknownScenario> {
        let likeness = |scenario: Self| strsim::jaro_winkler(&given.to_ascii_lowercase(), scenario.name());
        Self::ALL.into_iter().find(|scenario| scenario.name() == given).ok_or_else(|| UnknownScenario {
            given: given.to_owned(),
            nearest: Self::ALL
                .into_iter()
                .max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)))
                .filter(|scenario| likeness(*scenario) >= 0.8),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(scenario));
            assert!(scenario.about().len() <= 100 && !scenario.about().is_empty(), "{scenario}");
        }
    }

    #[test]
    fn a_typo_is_answered_with_the_nearest_name() {
        for (given, nearest) in [
            ("hot-cpuu", Some(Scenario::HotCpu)),
            ("memory_leak", Some(Scenario::MemoryLeak)),
            ("Healthy", Some(Scenario::Healthy)),
            ("prometheus", Some(Scenario::PrometheusDown)),
            ("xyzzy", None),
        ] {
            assert_eq!(given.parse::<Scenario>().unwrap_err().nearest, nearest, "{given}");
        }
        let text = "hot-cpuu".parse::<Scenario>().unwrap_err().to_string();
        assert_eq!(text, "no scenario is called `hot-cpuu`; did you mean `hot-cpu`?");
    }
}

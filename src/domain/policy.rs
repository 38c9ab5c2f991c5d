//! What counts as too much, for how long.

use std::time::Duration;

use super::Signal;

/// Two thresholds of one signal, in the signal's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// From here on it is a warning.
    pub warning: f64,
    /// From here on it is critical.
    pub critical: f64,
    /// Whether the threshold itself already counts (`>=`) or only what is above it (`>`).
    pub inclusive: bool,
}

impl Limit {
    /// Whether `value` is past `threshold` by this limit's rule.
    pub fn is_past(&self, value: f64, threshold: f64) -> bool {
        if self.inclusive { value >= threshold } else { value > threshold }
    }

    /// `>=` or `>`.
    pub const fn sign(&self) -> &'static str {
        if self.inclusive { ">=" } else { ">" }
    }
}

/// Every judgement's numbers, of one context.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// CPU in percent.
    pub cpu: Limit,
    /// Memory in percent.
    pub memory: Limit,
    /// Error rate in percent.
    pub errors: Limit,
    /// Latency p95 in seconds; no judgement unless configured.
    pub latency: Option<Limit>,
    /// Requests a second below which error rate and latency are not judged: of two requests at night one is half.
    pub min_request_rate: f64,
    /// How long a threshold must be passed before it is a finding. Where less is known than that, all that is known counts.
    pub hold: Duration,
    /// How far below its threshold a value must fall before the finding ends, in percent of the threshold.
    pub hysteresis: f64,
    /// A task that starts for longer than this is stuck.
    pub pending_limit: Duration,
    /// A deployment that rolls for longer than this is stuck.
    pub rollout_limit: Duration,
    /// Crashes within `crash_window` that make a crash loop.
    pub crash_count: usize,
    /// The window crashes and out-of-memory kills are counted in.
    pub crash_window: Duration,
    /// A target must be down for longer than this (two scrapes' grace).
    pub target_grace: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let limit = |warning, critical, inclusive| Limit { warning, critical, inclusive };
        Self {
            cpu: limit(80.0, 95.0, false),
            memory: limit(85.0, 95.0, false),
            errors: limit(1.0, 5.0, true),
            latency: None,
            min_request_rate: 0.1,
            hold: Duration::from_mins(1),
            hysteresis: 5.0,
            pending_limit: Duration::from_mins(5),
            rollout_limit: Duration::from_mins(15),
            crash_count: 3,
            crash_window: Duration::from_mins(30),
            target_grace: Duration::from_secs(90),
        }
    }
}

impl Policy {
    /// The thresholds of a signal, where it has any.
    pub const fn limit(&self, signal: Signal) -> Option<Limit> {
        match signal {
            Signal::Cpu => Some(self.cpu),
            Signal::Memory => Some(self.memory),
            Signal::Errors => Some(self.errors),
            Signal::LatencyP95 => self.latency,
            Signal::Traffic | Signal::LatencyP50 | Signal::LatencyP99 => None,
        }
    }

    /// Whether a signal is a ratio or quantile of so few requests that it says nothing, given how many there are a
    /// second; as the alerts have it. Where nobody counts them it is judged.
    pub fn has_too_few_requests(&self, signal: Signal, traffic: Option<f64>) -> bool {
        matches!(signal, Signal::Errors | Signal::LatencyP95)
            && traffic.is_some_and(|requests| requests < self.min_request_rate)
    }
}

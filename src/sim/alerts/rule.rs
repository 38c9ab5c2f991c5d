//! Rules over the signals of every service, and since when their conditions hold.

use crate::domain::{Alert, AlertState, Policy, Severity, Signal, SourceKind};
use crate::format;

use super::super::clock::{DAY, MINUTE, Second};
use super::super::scene::Scene;
use super::{alert, labels};

/// Seconds between two evaluations of the rules.
pub const EVALUATION: Second = 30;

/// A rule over one signal of every service.
#[derive(Debug)]
pub struct Rule {
    /// The alert's name.
    pub name: &'static str,
    /// Over which signal.
    pub signal: Signal,
    /// From which value on.
    pub threshold: f64,
    /// Whether the threshold itself counts.
    pub inclusive: bool,
    /// For how many seconds before it fires.
    pub hold: Second,
    /// How bad.
    pub severity: Severity,
    /// The expression.
    pub expr: &'static str,
}

/// The plan's rules over signals.
pub const RULES: [Rule; 5] = [
    Rule {
        name: "HighCPUUsage",
        signal: Signal::Cpu,
        threshold: 80.0,
        inclusive: false,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "avg by (service) (ecs_cpu_utilization) > 80",
    },
    Rule {
        name: "HighMemoryUsage",
        signal: Signal::Memory,
        threshold: 85.0,
        inclusive: false,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "avg by (service) (ecs_memory_utilization) > 85",
    },
    Rule {
        name: "HighErrorRate",
        signal: Signal::Errors,
        threshold: 1.0,
        inclusive: true,
        hold: 5 * MINUTE,
        severity: Severity::Warning,
        expr: "service:http_errors:percent5m >= 1",
    },
    Rule {
        name: "HighErrorRate",
        signal: Signal::Errors,
        threshold: 5.0,
        inclusive: true,
        hold: 2 * MINUTE,
        severity: Severity::Critical,
        expr: "service:http_errors:percent5m >= 5",
    },
    Rule {
        name: "HighLatency",
        signal: Signal::LatencyP95,
        threshold: 1.0,
        inclusive: false,
        hold: 2 * MINUTE,
        severity: Severity::Warning,
        expr: "service:http_latency:p95_5m > 1",
    },
];

/// The rule that Grafana itself manages.
pub const BUDGET: Rule = Rule {
    name: "ErrorBudgetBurn",
    signal: Signal::Errors,
    threshold: 2.0,
    inclusive: true,
    hold: 10 * MINUTE,
    severity: Severity::Critical,
    expr: "service:http_errors:percent5m >= 2",
};

impl Rule {
    fn is_past(&self, value: f64) -> bool {
        if self.inclusive { value >= self.threshold } else { value > self.threshold }
    }

    /// The rule's alert for one service at an evaluation, if there is one.
    pub fn evaluate(&self, scene: &Scene<'_>, at: Second) -> Option<Alert> {
        // As the shipped rules: of too few requests a ratio says nothing.
        let judged = |at| {
            let traffic = scene.measured(SourceKind::Prometheus, Signal::Traffic, at);
            !Policy::default().has_too_few_requests(self.signal, traffic)
        };
        let value_at = |at| scene.measured(SourceKind::Prometheus, self.signal, at).filter(|_| judged(at));
        let value = value_at(at).filter(|value| self.is_past(*value))?;
        let active = held_since(at, |at| value_at(at).is_some_and(|value| self.is_past(value)));
        let service = &scene.service.id.name;
        let (word, unit) = (self.signal.word(), self.signal.unit());
        let summary = format!(
            "{word} of {service} is {}, {} {}",
            format::measure(value, unit),
            if self.inclusive { "at or above" } else { "above" },
            format::measure(self.threshold, unit),
        );
        let labels = labels(&[("alertname", self.name), ("service", service), ("severity", self.severity.word())]);
        Some(alert(labels, summary, self.expr, value, since(at, active, self.hold)))
    }
}

/// The first of the unbroken run of evaluations up to `at` that `holds` is true for; a day back at most.
pub fn held_since(at: Second, holds: impl Fn(Second) -> bool) -> Second {
    let mut first = at;
    while first - EVALUATION >= at - DAY && holds(first - EVALUATION) {
        first -= EVALUATION;
    }
    first
}

/// Pending or firing, and since when.
pub const fn since(at: Second, active: Second, hold: Second) -> (AlertState, Second) {
    if at - active >= hold { (AlertState::Firing, active + hold) } else { (AlertState::Pending, active) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_followed_back_to_its_first_evaluation() {
        assert_eq!(held_since(600, |at| at > 300), 330);
        assert_eq!(held_since(600, |_| false), 600);
        assert_eq!(since(600, 330, 300), (AlertState::Pending, 330));
        assert_eq!(since(630, 330, 300), (AlertState::Firing, 630));
    }
}

//! Alerts, whoever raised them, and the silences over them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Labels, Owner, ServiceId, SourceKind, Verdict};

/// How bad an alert says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information; never a problem of its own (Watchdog, `severity="none"`).
    Info,
    /// Needs attention today. Also what an alert without a severity counts as.
    Warning,
    /// Needs attention now.
    Critical,
}

impl Severity {
    /// Reads the `severity` label. Words the field uses are mapped; an unknown word counts as a warning.
    pub fn of(labels: &Labels) -> Self {
        let severity = labels.get("severity").or_else(|| labels.get("priority")).map(|word| word.to_ascii_lowercase());
        match severity.as_deref() {
            Some("critical" | "crit" | "page" | "emergency" | "fatal" | "error" | "high" | "p1") => Self::Critical,
            Some("info" | "informational" | "none" | "notice" | "debug" | "low") => Self::Info,
            _ if labels.get("alertname").is_some_and(|name| name == "Watchdog") => Self::Info,
            _ => Self::Warning,
        }
    }

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// What a firing alert of this severity means for the thing it is about.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Info => Verdict::Ok,
            Self::Warning => Verdict::Warning,
            Self::Critical => Verdict::Critical,
        }
    }
}

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The condition holds, not yet for long enough.
    Pending,
    /// It fires.
    Firing,
}

/// Why a firing alert notifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Suppression {
    /// By silences, each with its id.
    Silenced(Vec<String>),
    /// By other alerts, each with its fingerprint.
    Inhibited(Vec<String>),
    /// By time intervals, each with its name.
    Muted(Vec<String>),
}

impl Suppression {
    /// By what: ids of silences, fingerprints of alerts, names of intervals.
    pub fn ids(&self) -> &[String] {
        match self {
            Self::Silenced(by) | Self::Inhibited(by) | Self::Muted(by) => by,
        }
    }

    /// The word shown.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Silenced(_) => "silenced",
            Self::Inhibited(_) => "inhibited",
            Self::Muted(_) => "muted",
        }
    }
}

/// One alert, joined from wherever it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The `alertname` label.
    pub name: String,
    /// How bad it says it is.
    pub severity: Severity,
    /// Pending or firing.
    pub state: AlertState,
    /// Whether and why it notifies nobody.
    pub suppression: Option<Suppression>,
    /// When its condition began (pending) or it began to fire.
    pub since: Option<Timestamp>,
    /// All its labels.
    pub labels: Labels,
    /// Its annotations: summary, description, `runbook_url` ...
    pub annotations: Labels,
    /// The value of its expression, as the server prints it, where known.
    pub value: Option<String>,
    /// The rule's expression, where known.
    pub query: Option<String>,
    /// Where the alert can be looked at.
    pub url: Option<String>,
    /// Every source that reported it.
    pub seen_in: Vec<SourceKind>,
    /// Whose it is, by the context's service label.
    pub owner: Option<Owner>,
    /// The service it was matched to; filled in by the assessment.
    pub service: Option<ServiceId>,
}

impl Alert {
    /// Whether it is firing and somebody would be notified.
    pub const fn is_active(&self) -> bool {
        matches!(self.state, AlertState::Firing) && self.suppression.is_none()
    }

    /// Whether it is active and tells of something wrong: one that always fires (Watchdog) does not.
    pub fn is_problem(&self) -> bool {
        self.is_active() && self.severity != Severity::Info
    }

    /// Whether that it began is news: it fires, tells of something wrong, and no other alert says the same already.
    pub fn is_news(&self) -> bool {
        let is_inhibited = matches!(self.suppression, Some(Suppression::Inhibited(_)));
        self.state == AlertState::Firing && self.severity != Severity::Info && !is_inhibited
    }

    /// The one-line reason: summary, else description, else nothing.
    pub fn summary(&self) -> Option<&str> {
        ["summary", "message", "description"]
            .iter()
            .find_map(|key| self.annotations.get(*key))
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }
}

/// One silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its id.
    pub id: String,
    /// Its matchers as text (`service="web"`, `severity=~"warn.*"`).
    pub matchers: Vec<String>,
    /// When it begins.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Where it lives.
    pub source: SourceKind,
}

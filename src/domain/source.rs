//! The backends of a context and the state each is in.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// The ECS API: services, tasks, deployments.
    Ecs,
    /// A Prometheus-compatible query API, reached directly or through Grafana.
    Prometheus,
    /// Alertmanager's v2 API.
    Alertmanager,
    /// Grafana's HTTP API.
    Grafana,
    /// CloudWatch metrics, the fallback for CPU and memory.
    CloudWatch,
}

impl SourceKind {
    /// Every source, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Ecs, Self::Prometheus, Self::Alertmanager, Self::Grafana, Self::CloudWatch];

    /// Whether a source of this kind can tell of alerts.
    pub const fn has_alerts(self) -> bool {
        matches!(self, Self::Prometheus | Self::Alertmanager | Self::Grafana)
    }

    /// The name shown and used in configuration and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::CloudWatch => "cloudwatch",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What kind of failure it was; decides back-off and the hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The name does not resolve.
    Dns,
    /// Nothing accepts the connection, or it broke.
    Connect,
    /// TLS could not be agreed on or the certificate is not trusted.
    Tls,
    /// No answer in the time allowed.
    Timeout,
    /// The credentials are missing, expired or refused (HTTP 401, `ExpiredToken`, SSO).
    Credentials,
    /// The credentials are good and not allowed to do this (HTTP 403, `AccessDenied`).
    Forbidden,
    /// The address answers, but not with this API (404, 405, 501).
    Unsupported,
    /// Too many requests (429, `ThrottlingException`).
    Throttled,
    /// The server failed (5xx).
    Server,
    /// The server refused the request itself (400, 422): a query that does not parse.
    Rejected,
    /// The answer is not what the API promises.
    Garbage,
    /// A file, environment variable or command that the configuration names could not be used.
    Local,
}

/// Why a source could not be read. Every text in it is sanitised and free of secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SourceError {
    /// What kind of failure it was.
    pub class: ErrorClass,
    /// One line: what failed and why, naming the URL or call (`POST http://p:9090/api/v1/query: connection refused`).
    pub what: String,
    /// The next step, where there is one (`run: aws sso login --profile prod`).
    pub hint: Option<String>,
}

impl SourceError {
    /// An error without a hint.
    pub fn new(class: ErrorClass, what: impl Into<String>) -> Self {
        Self { class, what: what.into(), hint: None }
    }

    /// The same error with the next step to take.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same for where a text may be cut at its end: the reason first, the URL or call last
    /// (`connection refused (POST http://p:9090/api/v1/query)`).
    pub fn reason_first(&self) -> String {
        self.told("")
    }

    /// The reason first, then the next step where there is one, the URL or call last.
    pub fn reason_and_step(&self) -> String {
        self.told(&self.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())
    }

    fn told(&self, step: &str) -> String {
        let mut rest = self.what.as_str();
        while let Some((head, tail)) = rest.split_once(": ") {
            if is_call(head) {
                let about = &self.what[..self.what.len() - rest.len()];
                return format!("{about}{tail}{step} ({head})");
            }
            rest = tail;
        }
        format!("{}{step}", self.what)
    }
}

/// Whether a text names a request: `POST http://p:9090/api/v1/query`, `ecs:ListClusters in eu-west-1`.
fn is_call(text: &str) -> bool {
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default();
    let is_http =
        first.bytes().all(|byte| byte.is_ascii_uppercase()) && words.next().is_some_and(|url| url.contains("://"));
    let is_aws = first.split_once(':').is_some_and(|(service, action)| {
        service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && action.starts_with(|first: char| first.is_ascii_uppercase())
    });
    is_http || is_aws
}

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// Configured and not asked yet, or asked and not needed (CloudWatch while Prometheus has everything).
    Standby,
    /// Asked for the first time; no answer yet.
    Waiting,
    /// Answered at the last attempt.
    Fresh {
        /// When that answer was complete.
        at: Timestamp,
    },
    /// Answered once, and is overdue: the last attempt is still hanging.
    Stale {
        /// When the last good answer was complete.
        at: Timestamp,
    },
    /// The last attempt failed.
    Failing {
        /// The last good answer, if there ever was one.
        last_good: Option<Timestamp>,
        /// When it first failed after that.
        since: Timestamp,
        /// Why.
        error: SourceError,
    },
}

/// A source as the Sources screen and the header show it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceStatus {
    /// Which one.
    pub kind: SourceKind,
    /// Where it is, without secrets: a URL, or region and clusters.
    pub place: String,
    /// How it is doing.
    pub state: SourceState,
    /// Product and version as the server names itself (`2.42.0`), where it does.
    pub version: Option<String>,
    /// How long the last good round of requests took.
    pub latency: Option<Duration>,
    /// Requests sent since the program started.
    pub requests: u64,
    /// Requests of the last complete round.
    pub requests_last_round: u64,
    /// Parts that could not be read while the rest could (an endpoint that answers 404, one query that fails).
    pub problems: Vec<SourceError>,
    /// What the source itself says of its health and size (`ready`, `head series 5120`), as pairs of name and text.
    pub facts: Vec<(String, String)>,
    /// Whether it is asked for alerts. A Grafana whose own alerts are switched off (`alerts = false`) is not, and whatever
    /// else goes wrong with it leaves the alerts known.
    pub owes_alerts: bool,
    /// Whether its last good answer told of alerts. A Grafana whose own alerts are switched off, or not to be read,
    /// answers and tells of none.
    pub tells_alerts: bool,
}

impl SourceStatus {
    /// Why the alerts it ought to tell of are not known right now, where it ought to and they are not.
    pub fn blind_to_alerts(&self) -> Option<String> {
        if !self.owes_alerts {
            return None;
        }
        match &self.state {
            SourceState::Failing { error, .. } => Some(error.what.clone()),
            SourceState::Waiting => Some(format!("{} has not answered yet", self.kind)),
            SourceState::Stale { .. } => Some(format!("{} is overdue", self.kind)),
            SourceState::Fresh { .. } if !self.tells_alerts => {
                let is_about = |problem: &&SourceError| problem.what.starts_with("alerts");
                let problem = self.problems.iter().find(is_about).or(self.problems.first());
                problem.map(|problem| problem.what.clone())
            }
            SourceState::Fresh { .. } | SourceState::Standby => None,
        }
    }

    /// Whether it tells of alerts right now.
    pub const fn sees_alerts(&self) -> bool {
        self.tells_alerts && matches!(self.state, SourceState::Fresh { .. })
    }

    /// When its last good answer was complete.
    pub const fn last_good(&self) -> Option<Timestamp> {
        match &self.state {
            SourceState::Standby | SourceState::Waiting => None,
            SourceState::Fresh { at } | SourceState::Stale { at } => Some(*at),
            SourceState::Failing { last_good, .. } => *last_good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_cut_begins_with_the_reason() {
        for (what, hint, first) in [
            ("connection refused", None, "connection refused"),
            (
                "POST http://p:9090/api/v1/query: connection refused",
                Some("start prometheus"),
                "connection refused; start prometheus (POST http://p:9090/api/v1/query)",
            ),
            (
                "cpu: history: POST https://p/q: 422: bad: query",
                None,
                "cpu: history: 422: bad: query (POST https://p/q)",
            ),
            (
                "ecs:ListClusters in eu-west-1: the SSO session has expired",
                Some("run: aws sso login --profile prod"),
                "the SSO session has expired; run: aws sso login --profile prod (ecs:ListClusters in eu-west-1)",
            ),
            ("cannot use ca /etc/ca.pem: no such file", None, "cannot use ca /etc/ca.pem: no such file"),
        ] {
            let mut error = SourceError::new(ErrorClass::Connect, what);
            error.hint = hint.map(str::to_owned);
            assert_eq!(error.reason_and_step(), first);
            assert!(hint.is_none_or(|hint| !error.reason_first().contains(hint)), "{}", error.reason_first());
        }
    }
}

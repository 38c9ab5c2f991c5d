//! What one round of requests to one source brought back. Text in it is sanitised by the source that read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Alert, Cluster, EcsService, Owner, Sampled, Series, ServiceId, Signal, Silence};
use super::{SourceError, SourceKind, Target, TaskDefinition};

/// One source's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// From the ECS API.
    Ecs(EcsReading),
    /// From a Prometheus-compatible API.
    Prometheus(PrometheusReading),
    /// From Alertmanager.
    Alertmanager(AlertmanagerReading),
    /// From Grafana.
    Grafana(GrafanaReading),
    /// From CloudWatch.
    CloudWatch(CloudWatchReading),
}

impl Reading {
    /// Which source it is from.
    pub const fn kind(&self) -> SourceKind {
        match self {
            Self::Ecs(_) => SourceKind::Ecs,
            Self::Prometheus(_) => SourceKind::Prometheus,
            Self::Alertmanager(_) => SourceKind::Alertmanager,
            Self::Grafana(_) => SourceKind::Grafana,
            Self::CloudWatch(_) => SourceKind::CloudWatch,
        }
    }

    /// Parts that could not be read while the rest could.
    pub fn problems(&self) -> &[SourceError] {
        match self {
            Self::Ecs(reading) => &reading.problems,
            Self::Prometheus(reading) => &reading.problems,
            Self::Alertmanager(reading) => &reading.problems,
            Self::Grafana(reading) => &reading.problems,
            Self::CloudWatch(reading) => &reading.problems,
        }
    }

    /// Product version as the server names itself.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Prometheus(reading) => reading.version.as_deref(),
            Self::Alertmanager(reading) => reading.version.as_deref(),
            Self::Grafana(reading) => reading.version.as_deref(),
            Self::Ecs(_) | Self::CloudWatch(_) => None,
        }
    }
}

/// A part that a verdict rests on and that could not be read, though the source offers it: what it would have shown is
/// unknown, not absent. (A part of which nothing but a remark is lost is among a reading's `problems` only.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The part, as in `scrape targets`.
    pub what: &'static str,
    /// Why, in one line.
    pub why: String,
}

impl Unseen {
    /// This part, for the reason of that failure.
    pub fn new(what: &'static str, error: &SourceError) -> Self {
        Self { what, why: error.reason_first() }
    }
}

/// Clusters, services and their tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EcsReading {
    /// Twelve digits, where the caller's identity could be read.
    pub account: Option<String>,
    /// Who we are to AWS.
    pub caller_arn: Option<String>,
    /// The region asked.
    pub region: String,
    /// The clusters looked at.
    pub clusters: Vec<Cluster>,
    /// Every service of them.
    pub services: Vec<EcsService>,
    /// Definitions in force, by family and revision.
    pub definitions: Vec<TaskDefinition>,
    /// Parts a verdict rests on that could not be read.
    pub unseen: Vec<Unseen>,
    /// Services that were not described again in this round, and when they last were.
    pub described_before: BTreeMap<ServiceId, Timestamp>,
    /// What could not be described: `failures` of the API and parts that failed.
    pub problems: Vec<SourceError>,
}

/// One signal of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalReading {
    /// Whose.
    pub owner: Owner,
    /// Which signal.
    pub signal: Signal,
    /// The value now. `None` when only the past is known: the signal stopped.
    pub now: Option<Sampled<f64>>,
    /// The last hour or so, where read.
    pub series: Option<Arc<Series>>,
    /// The query or call that gave it.
    pub query: Arc<str>,
}

/// Signals, targets and alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrometheusReading {
    /// Version as `/api/v1/status/buildinfo` names it.
    pub version: Option<String>,
    /// Every signal of every owner that has one.
    pub signals: Vec<SignalReading>,
    /// Signals whose query failed, and why; their absence above says nothing.
    pub failed_signals: Vec<(Signal, Arc<str>)>,
    /// Active targets; `None` where the server does not have the endpoint or it failed.
    pub targets: Option<Vec<Target>>,
    /// Alerts of its rules, pending ones included; `None` as above.
    pub alerts: Option<Vec<Alert>>,
    /// Parts a verdict rests on that could not be read.
    pub unseen: Vec<Unseen>,
    /// Readiness, head series, retention ... as name and text.
    pub facts: Vec<(String, String)>,
    /// Parts that could not be read.
    pub problems: Vec<SourceError>,
}

/// Alerts and silences.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertmanagerReading {
    /// Version as `/api/v2/status` names it.
    pub version: Option<String>,
    /// Alerts it holds; all of them fire.
    pub alerts: Vec<Alert>,
    /// Silences that are active or pending.
    pub silences: Vec<Silence>,
    /// Cluster state, uptime ... as name and text.
    pub facts: Vec<(String, String)>,
    /// Parts that could not be read.
    pub problems: Vec<SourceError>,
}

/// A dashboard's name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Its uid.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// Its full URL.
    pub url: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Health, dashboards and Grafana-managed alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GrafanaReading {
    /// Version as `/api/health` names it.
    pub version: Option<String>,
    /// Whether its database answers, as it says itself.
    pub database_ok: Option<bool>,
    /// Alerts of Grafana-managed rules; `None` where the token may not read them.
    pub alerts: Option<Vec<Alert>>,
    /// Silences of Grafana's own alertmanager.
    pub silences: Vec<Silence>,
    /// Parts a verdict rests on that could not be read.
    pub unseen: Vec<Unseen>,
    /// What the token may see.
    pub dashboards: Vec<Dashboard>,
    /// Parts that could not be read.
    pub problems: Vec<SourceError>,
}

/// CPU and memory of the services that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloudWatchReading {
    /// CPU and memory only.
    pub signals: Vec<SignalReading>,
    /// Metrics asked for in this round; what AWS bills.
    pub metrics_requested: u64,
    /// The moment of the newest datapoint.
    pub newest: Option<Timestamp>,
    /// Parts that could not be read.
    pub problems: Vec<SourceError>,
}

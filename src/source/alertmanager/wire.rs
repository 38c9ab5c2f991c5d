//! Alertmanager's v2 JSON, as it and Grafana's own alertmanager send it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An alert of `GET alerts`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GettableAlert {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub starts_at: String,
    pub ends_at: String,
    #[serde(rename = "generatorURL")]
    pub generator_url: Option<String>,
    pub status: AlertStatus,
}

/// Whether it notifies, and why not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlertStatus {
    pub state: String,
    pub silenced_by: Option<Vec<String>>,
    pub inhibited_by: Option<Vec<String>>,
    /// Since 0.28.
    pub muted_by: Option<Vec<String>>,
}

/// A silence of `GET silences`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GettableSilence {
    pub id: String,
    pub matchers: Vec<Matcher>,
    pub starts_at: String,
    pub ends_at: String,
    pub created_by: String,
    pub comment: String,
    pub status: SilenceStatus,
}

/// One condition of a silence.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Matcher {
    pub name: String,
    pub value: String,
    pub is_regex: bool,
    /// Absent means true: it came with 0.22.
    pub is_equal: Option<bool>,
}

/// Whether the silence is in force.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SilenceStatus {
    pub state: String,
}

/// `GET status`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    pub cluster: Option<ClusterStatus>,
    pub version_info: Option<VersionInfo>,
    pub uptime: String,
}

/// How it is with its peers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClusterStatus {
    pub status: String,
    pub peers: Option<Vec<serde::de::IgnoredAny>>,
}

/// What runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VersionInfo {
    pub version: String,
}

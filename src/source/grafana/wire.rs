//! Grafana's JSON, of versions 9 to 13. Fields nobody uses are not named; every field may be absent
//! but those without which an answer would read as an empty one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::source::foreign::list;

/// `GET /api/health`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Hidden from anonymous callers where so configured.
    pub version: Option<String>,
    /// `ok` or `failing`.
    pub database: Option<String>,
}

/// An entry of `GET /api/search`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Found {
    pub uid: String,
    pub title: String,
    pub url: String,
    pub tags: Option<Vec<String>>,
}

/// `GET /api/prometheus/grafana/api/v1/rules`.
#[derive(Debug, Deserialize)]
pub struct RulesAnswer {
    pub data: Rules,
}

/// Rules by folder and group.
#[derive(Debug, Deserialize)]
pub struct Rules {
    #[serde(deserialize_with = "list")]
    pub groups: Vec<RuleGroup>,
}

/// Rules evaluated together.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleGroup {
    pub rules: Option<Vec<Rule>>,
}

/// One rule and its alerts.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// Since version 10 or so.
    pub uid: Option<String>,
    pub name: String,
    pub query: String,
    pub health: String,
    pub last_error: String,
    pub alerts: Option<Vec<RuleAlert>>,
}

/// An alert of a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleAlert {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub state: String,
    pub active_at: Option<String>,
    pub value: Option<String>,
}

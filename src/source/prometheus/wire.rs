//! The query API's JSON, as Prometheus and its look-alikes send it. Fields nobody uses are not named; fields a server
//! may lack have defaults.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, Visitor};
use serde::{Deserialize, de};

use crate::source::foreign::list;

/// What every answer is wrapped in.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object with `status` and `data`")]
pub struct Envelope<T> {
    /// `success` or `error`.
    #[serde(default)]
    pub status: String,
    /// The answer itself.
    pub data: Option<T>,
    /// `bad_data`, `timeout` ...
    #[serde(rename = "errorType", default)]
    pub error_type: String,
    /// The reason in words.
    #[serde(default)]
    pub error: String,
    /// Storage that could not be read, truncation, and (before 2.54) remarks on the query.
    pub warnings: Option<Vec<String>>,
}

/// The result of a query.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum Outcome {
    /// One sample a series.
    Vector(Option<Vec<Sample>>),
    /// Samples over time.
    Matrix(Option<Vec<Stream>>),
    /// One number without labels.
    Scalar(IgnoredAny),
    /// A text.
    String(IgnoredAny),
}

/// One series at one instant.
#[derive(Debug, Deserialize)]
pub struct Sample {
    /// Its labels.
    #[serde(default)]
    pub metric: BTreeMap<String, String>,
    /// Its number; absent where it is a native histogram.
    pub value: Option<Point>,
}

/// One series over time.
#[derive(Debug, Deserialize)]
pub struct Stream {
    /// Its labels.
    #[serde(default)]
    pub metric: BTreeMap<String, String>,
    /// Its numbers in the order of time.
    #[serde(default)]
    pub values: Vec<Point>,
    /// Its native histograms.
    pub histograms: Option<IgnoredAny>,
}

/// Seconds since 1970 and a number.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Point(pub f64, #[serde(deserialize_with = "number")] pub f64);

/// A number as text: `"1e+00"`, `"NaN"`, `"+Inf"`.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct Number;

    impl Visitor<'_> for Number {
        type Value = f64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number as a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(Number)
}

/// `status/buildinfo`.
#[derive(Debug, Default, Deserialize)]
pub struct BuildInfo {
    /// Empty where a look-alike has none.
    #[serde(default)]
    pub version: String,
}

/// `status/runtimeinfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuntimeInfo {
    pub start_time: String,
    pub storage_retention: String,
    pub reload_config_success: Option<bool>,
    pub last_config_time: String,
    pub corruption_count: i64,
}

/// `status/tsdb`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tsdb {
    pub head_stats: Option<HeadStats>,
}

/// The part of the database that is in memory.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeadStats {
    pub num_series: u64,
}

/// `targets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    #[serde(deserialize_with = "list")]
    pub active_targets: Vec<ActiveTarget>,
}

/// One scraped address.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActiveTarget {
    pub labels: BTreeMap<String, String>,
    pub scrape_pool: String,
    pub scrape_url: String,
    pub last_error: String,
    pub last_scrape: String,
    pub last_scrape_duration: f64,
    pub health: String,
    pub scrape_interval: String,
}

/// `targets?state=dropped`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dropped {
    #[serde(deserialize_with = "list")]
    pub dropped_targets: Vec<DroppedTarget>,
}

/// An address that relabelling took away.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DroppedTarget {
    pub discovered_labels: BTreeMap<String, String>,
    pub scrape_pool: Option<String>,
}

/// `rules?type=alert`.
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

/// One rule.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    pub name: String,
    pub query: String,
    pub health: String,
    pub last_error: String,
    pub alerts: Option<Vec<RuleAlert>>,
}

/// `alerts`.
#[derive(Debug, Deserialize)]
pub struct Alerts {
    #[serde(deserialize_with = "list")]
    pub alerts: Vec<RuleAlert>,
}

/// An alert of a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleAlert {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub state: String,
    pub active_at: String,
    pub value: String,
}

//! What Prometheus says of its own work.

use jiff::Timestamp;

use crate::domain::Labels;

/// What a `CloudWatch` exporter says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExporterHealth {
    /// Whose numbers these are (`instance`).
    pub instance: String,
    /// Whether its last scrape of `CloudWatch` failed (the CloudWatch exporter), or how many calls failed in the last ten
    /// minutes (YACE).
    pub errors: Option<f64>,
    /// How long its last scrape took, in seconds.
    pub took: Option<f64>,
}

/// How one way of service discovery is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiscoveryHealth {
    /// Which (`ecs`, `dns`, `file`), or the scrape pool's name.
    pub name: String,
    /// Refreshes or lookups that failed in the last ten minutes.
    pub failures: Option<f64>,
    /// Why, where that is told.
    pub why: Option<String>,
}

/// A target that discovery found and relabelling dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DroppedTarget {
    /// Of which scrape pool, where the server says so.
    pub pool: Option<String>,
    /// Its address.
    pub address: String,
    /// What discovery knew of it.
    pub labels: Labels,
}

/// When a group of series had samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// What the series have in common.
    pub labels: Labels,
    /// The times of samples, oldest first, of any of the series.
    pub samples: Vec<Timestamp>,
}
